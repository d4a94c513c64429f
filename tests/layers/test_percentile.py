"""Percentiles of the last minute."""

import random

import pytest

from gateway.layers.percentile import BOUNDS, Latencies, bucket
from tests.support.latency import percentile

SEED = 20261121


def recorded(latencies, values, *, start=0.0, over=1.0):
    for i, value in enumerate(values):
        latencies.record(start + i * over / len(values), value)
    return latencies


@pytest.mark.parametrize("seconds", [0.000123, 0.001, 0.0199, 0.02, 0.5, 0.9999, 1.0, 30.0])
def test_bound_of_a_bucket_is_at_most_a_sixteenth_above_what_falls_into_it(seconds):
    assert seconds <= BOUNDS[bucket(seconds)] <= seconds * (1 + 1 / 16) + 1e-12


def test_bounds_only_grow_and_each_falls_into_the_next_bucket():
    assert list(BOUNDS) == sorted(set(BOUNDS))
    assert [bucket(bound) for bound in BOUNDS[:-1]] == list(range(1, len(BOUNDS)))


def test_outermost_buckets_take_what_lies_outside():
    assert (bucket(0.0), bucket(1e-9)) == (0, 0)
    assert bucket(1e6) == len(BOUNDS) - 1


@pytest.mark.parametrize("share", [0.5, 0.9, 0.95, 0.99])
def test_percentile_is_the_true_one_rounded_up_to_its_bucket(share):
    chance = random.Random(SEED)
    values = [chance.lognormvariate(-4.0, 0.7) for _ in range(5000)]

    found = recorded(Latencies(), values).quantile(share)

    assert found == BOUNDS[bucket(percentile(values, share))]


def test_never_more_calls_lie_above_a_percentile_than_it_says():
    chance = random.Random(SEED)
    for count in range(1, 200):
        values = [chance.uniform(0.001, 0.1) for _ in range(count)]
        found = recorded(Latencies(), values).quantile(0.95)
        assert sum(value > found for value in values) <= 0.05 * count


def test_nothing_recorded_is_no_time_at_all():
    assert Latencies().quantile(0.95) == 0.0


def test_single_latency_is_every_percentile():
    latencies = recorded(Latencies(), [0.02])

    assert latencies.quantile(0.01) == latencies.quantile(1.0) == BOUNDS[bucket(0.02)]


def test_latencies_older_than_the_window_do_not_count():
    latencies = recorded(Latencies(), [1.0] * 100)
    recorded(latencies, [0.01] * 10, start=62.0)

    assert latencies.total == 10
    assert latencies.quantile(0.95) < 0.011


def test_window_reaches_back_eleven_twelfths_of_its_length_at_least():
    latencies = recorded(Latencies(), [1.0])

    latencies.roll(54.9)
    assert latencies.total == 1

    latencies.roll(60.0)
    assert latencies.total == 0


def test_clock_that_stood_still_and_jumps_leaves_no_negative_counts():
    latencies = recorded(Latencies(), [0.02] * 50, over=60.0)

    latencies.roll(1e6)
    latencies.record(5.0, 0.02)

    assert latencies.total == 1
    assert min(latencies._sums) == 0


def test_latencies_describe_themselves():
    assert repr(recorded(Latencies(), [0.02] * 3)) == "<Latencies of 3 calls, p95 20.5 ms>"

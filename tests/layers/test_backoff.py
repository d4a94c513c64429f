"""How long retries wait."""

import random
import statistics

import pytest

from gateway.layers.backoff import Backoff

SEED = 20261121


def drawn(attempt, retry_after=0.0, count=10_000):
    backoff = Backoff(0.05, 0.5, random.Random(SEED).random)
    return [backoff.delay(attempt, retry_after) for _ in range(count)]


def distance_from_uniform(values, longest):
    """The Kolmogorov-Smirnov distance between *values* and U(0, longest)."""
    ordered = [value / longest for value in sorted(values)]
    count = len(ordered)
    return max(max((i + 1) / count - x, x - i / count) for i, x in enumerate(ordered))


def test_r8_first_delay_is_uniform_between_nothing_and_the_backoff():
    delays = drawn(1)

    assert min(delays) >= 0.0
    assert max(delays) < 0.05
    assert statistics.mean(delays) == pytest.approx(0.025, abs=0.001)
    assert distance_from_uniform(delays, 0.05) < 1.63 / 100  # p > 0.01 for 10,000 values


def test_r8_second_delay_is_uniform_up_to_twice_the_backoff():
    delays = drawn(2)

    assert 0.05 < max(delays) < 0.1
    assert distance_from_uniform(delays, 0.1) < 1.63 / 100


@pytest.mark.parametrize(("attempt", "ceiling"), [(1, 0.05), (2, 0.1), (4, 0.4), (5, 0.5), (5000, 0.5)])
def test_ceiling_doubles_up_to_the_longest(attempt, ceiling):
    assert Backoff(0.05, 0.5, lambda: 0.999999).delay(attempt) == pytest.approx(ceiling, rel=1e-4)


def test_longest_below_the_first_means_the_first():
    assert Backoff(0.5, 0.1, lambda: 0.5).delay(3) == 0.25


def test_retry_after_is_a_lower_bound_and_jitter_only_adds_to_it():
    delays = drawn(1, 1.0)

    assert all(1.0 <= delay <= 1.2 for delay in delays)
    assert max(delays) - min(delays) > 0.19


def test_short_retry_after_does_not_shorten_the_own_pause():
    assert Backoff(0.05, 0.5, lambda: 0.9).delay(1, 0.001) == pytest.approx(0.045)


def test_n6_five_hundred_callers_told_the_same_retry_after_come_back_spread():
    delays = drawn(1, 5.0, count=500)

    assert min(delays) >= 5.0
    assert max(delays) - min(delays) >= 0.5
    assert statistics.stdev(delays) > 0.2


def test_backoff_describes_itself():
    assert repr(Backoff(0.05, 0.5, random.random)) == "<Backoff up to 0.05 s, doubling to 0.5 s>"

"""How long a circuit stays open."""

import random
import statistics

import pytest

from gateway.layers.open_time import OpenTime


def steady(first=5.0, longest=60.0):
    return OpenTime(first, longest, 0.0, lambda: 0.5)


def test_open_time_doubles_up_to_the_longest():
    times = steady()

    assert [times.draw() for _ in range(6)] == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]


def test_healthy_windows_shorten_the_next_time_again():
    times = steady()
    for _ in range(3):
        times.draw()

    times.forgive(2)

    assert times.draw() == 10.0


def test_long_outage_is_forgiven_as_fast_as_a_short_one():
    times = steady()
    for _ in range(10_000):
        times.draw()

    times.forgive(4)

    assert times.draw() == 5.0


def test_forgiving_never_goes_below_the_first_time():
    times = steady()

    times.forgive(1_000_000)

    assert times.draw() == 5.0


def test_reset_begins_again():
    times = steady()
    times.draw()
    times.draw()

    times.reset()

    assert times.draw() == 5.0


def test_b9_jitter_spreads_open_times_evenly_around_the_mean():
    drawn = [OpenTime(5.0, 60.0, 0.2, random.Random(seed).random).draw() for seed in range(1000)]

    assert all(4.0 <= seconds <= 6.0 for seconds in drawn)
    assert statistics.mean(drawn) == pytest.approx(5.0, abs=0.1)


def test_n2_fifty_circuits_that_opened_together_probe_at_different_times():
    chance = random.Random(7)
    drawn = [OpenTime(5.0, 60.0, 0.2, chance.random).draw() for _ in range(50)]

    assert statistics.stdev(drawn) >= 0.5


def test_b10_retry_after_is_a_lower_bound_and_jitter_only_adds_to_it():
    drawn = [OpenTime(5.0, 60.0, 0.2, random.Random(seed).random).draw(17.0) for seed in range(500)]

    assert all(17.0 <= seconds <= 20.4 for seconds in drawn)
    assert max(drawn) - min(drawn) > 2.0


def test_b10_retry_after_is_capped_by_the_longest_time():
    drawn = [OpenTime(5.0, 60.0, 0.2, random.Random(seed).random).draw(86_400.0) for seed in range(500)]

    assert all(60.0 <= seconds <= 72.0 for seconds in drawn)


def test_short_retry_after_does_not_shorten_the_own_time():
    assert steady().draw(1.0) == 5.0


def test_longest_below_the_first_means_the_first():
    assert [OpenTime(5.0, 1.0, 0.0, random.random).draw() for _ in range(2)] == [5.0, 5.0]


def test_open_time_describes_itself():
    assert repr(OpenTime(5.0, 60.0, 0.2, random.random)) == "<OpenTime next 5 s ± 20%>"

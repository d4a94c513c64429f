"""Meters only count; what a second, ten seconds or a minute brought is the difference of two looks."""

import pytest

from gateway.dashboard.series import Series, percentile
from gateway.outcome import Success
from gateway.telemetry.histogram import BOUNDS, Histogram
from gateway.telemetry.meters import CallMeter

LIVE = ("live", "none")


class Counted:
    """A meter and its series; ``second(n)`` lets n calls end in the next second, then looks."""

    def __init__(self):
        self.meter = CallMeter()
        self.series = Series(self.meter.seconds, self.meter.counts)
        self.now = 100.0
        self.series.look(self.now)

    def second(self, calls, took=0.004):
        for _ in range(calls):
            self.meter.record(Success(b"1"), took)
        self.now += 1.0
        self.series.look(self.now)


def test_last_change_is_what_came_since_the_look_before():
    counted = Counted()
    counted.second(7)
    counted.second(3)

    change = counted.series.last()

    assert (change.seconds, change.counts, sum(change.buckets)) == (1.0, {LIVE: 3}, 3)


def test_first_look_alone_is_no_change():
    change = Counted().series.last()

    assert (change.seconds, change.total, change.rate(0)) == (0.0, 0, 0.0)


def test_window_is_as_long_as_was_asked_for():
    counted = Counted()
    for second in range(30):
        counted.second(second)

    change = counted.series.within(10.0)

    assert (change.seconds, change.total) == (10.0, sum(range(20, 30)))
    assert change.rate(change.total) == 24.5


def test_window_begins_with_the_first_look_if_that_was_later():
    counted = Counted()
    counted.second(4)

    assert counted.series.within(10.0).seconds == 1.0


def test_looks_older_than_a_minute_are_forgotten():
    counted = Counted()
    for _ in range(200):
        counted.second(1)

    minute = counted.series.minute()

    assert (minute.seconds, minute.total) == (60.0, 60)
    assert len(counted.series._looks) == 61


def test_meter_that_did_not_move_is_not_asked_for_its_counts():
    asked = []
    histogram = Histogram()
    series = Series(histogram, lambda: asked.append(1) or {})
    for now in range(20):
        series.look(float(now))

    assert len(asked) == 1
    assert series.within(10.0).total == 0


def test_percentile_lies_within_the_bucket_that_has_it():
    buckets = [0] * (len(BOUNDS) + 1)
    buckets[3] = 100  # above 5 up to 10 ms

    assert percentile(buckets, 0.5) == pytest.approx(0.0075)
    assert percentile(buckets, 0.99) == pytest.approx(0.00995)


def test_percentile_counts_the_buckets_below():
    buckets = [90, 0, 0, 0, 0, 0, 10] + [0] * (len(BOUNDS) - 6)

    assert percentile(buckets, 0.5) == pytest.approx(0.001 * 50 / 90)
    assert 0.05 < percentile(buckets, 0.99) <= 0.1


def test_percentile_above_the_last_bound_is_that_bound():
    assert percentile([0] * len(BOUNDS) + [5], 0.5) == BOUNDS[-1]


def test_nothing_has_no_percentile():
    assert percentile([0] * (len(BOUNDS) + 1), 0.5) is None

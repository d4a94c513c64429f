"""A duration is counted in the first bucket whose bound it does not pass."""

from gateway.telemetry.histogram import BOUNDS, Histogram


def test_bounds_are_inclusive():
    histogram = Histogram()
    histogram.observe(BOUNDS[2])

    assert histogram.buckets[2] == 1


def test_what_is_above_the_last_bound_is_counted():
    histogram = Histogram()
    histogram.observe(1000.0)

    assert histogram.buckets[-1] == 1
    assert histogram.total == 1000.0


def test_cumulated_counts_end_with_all():
    histogram = Histogram()
    for seconds in (0.0, 0.003, 0.003, 7.0, 99.0):
        histogram.observe(seconds)
    pairs = dict(histogram.cumulated())

    assert (pairs[0.001], pairs[0.005], pairs[10.0], pairs[float("inf")]) == (1, 3, 4, 5)

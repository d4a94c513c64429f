"""A duration is counted in the first bucket whose bound it does not pass."""

from gateway.telemetry.histogram import BOUNDS, Example, Histogram


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
    counts = dict(zip((*BOUNDS, "all"), histogram.cumulated(), strict=True))

    assert (counts[0.001], counts[0.005], counts[10.0], counts["all"]) == (1, 3, 4, 5)


def test_last_example_of_a_bucket_stands_for_it():
    histogram = Histogram()
    examples = [
        Example("a" * 32, f"{n:016x}", seconds, 0.0) for n, seconds in enumerate((0.003, 0.005, 99.0))
    ]
    for example in examples:
        histogram.exemplify(example)

    assert histogram.exemplars == {2: examples[1], len(BOUNDS): examples[2]}
    assert sum(histogram.buckets) == 0


def test_histogram_without_examples_holds_no_place_for_them():
    assert Histogram().exemplars is None

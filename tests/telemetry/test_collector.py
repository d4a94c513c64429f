"""Our numbers become families of the metrics library."""

from gateway.telemetry.collector import family, for_library, histogram_family
from gateway.telemetry.histogram import Example, Histogram
from gateway.telemetry.names import Kind, Name

COUNTER = Name("gateway_x", Kind.COUNTER, "X.", ("a",))
GAUGE = Name("gateway_y", Kind.GAUGE, "Y.")
HISTOGRAM = Name("gateway_z_seconds", Kind.HISTOGRAM, "Z.", ("a",))


def samples(made):
    [metric] = for_library([made])
    return [(s.name, s.labels, s.value) for s in metric.samples]


def test_counter_has_one_sample_per_combination_of_labels():
    assert samples(family(COUNTER, [(("1",), 5), (("2",), 7)])) == [
        ("gateway_x_total", {"a": "1"}, 5),
        ("gateway_x_total", {"a": "2"}, 7),
    ]


def test_gauge_may_have_no_labels():
    assert samples(family(GAUGE, [((), 3)])) == [("gateway_y", {}, 3)]


def test_histogram_has_cumulated_buckets_count_and_sum():
    histogram = Histogram()
    histogram.observe(0.003)
    histogram.observe(20.0)
    found = {
        (name, labels.get("le")): value
        for name, labels, value in samples(histogram_family(HISTOGRAM, [(("1",), histogram)]))
    }

    assert found["gateway_z_seconds_bucket", "0.0025"] == 0
    assert found["gateway_z_seconds_bucket", "0.005"] == 1
    assert found["gateway_z_seconds_bucket", "+Inf"] == 2
    assert found["gateway_z_seconds_count", None] == 2
    assert found["gateway_z_seconds_sum", None] == 20.003


def test_examples_stand_at_their_buckets():
    histogram = Histogram()
    histogram.observe(0.003)
    histogram.exemplify(Example("a" * 32, "b" * 16, 0.003, 1_700_000_000.5))
    [metric] = for_library([histogram_family(HISTOGRAM, [(("1",), histogram)])])
    [sample] = [sample for sample in metric.samples if sample.exemplar is not None]

    assert sample.labels["le"] == "0.005"
    assert sample.exemplar.labels == {"trace_id": "a" * 32, "span_id": "b" * 16}
    assert (sample.exemplar.value, sample.exemplar.timestamp) == (0.003, 1_700_000_000.5)

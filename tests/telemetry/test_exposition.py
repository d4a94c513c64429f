"""Both text formats say what the families say, to parsers that are not ours."""

import math

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_prometheus

from gateway.telemetry.collector import family, histogram_family
from gateway.telemetry.exposition import OPENMETRICS, PROMETHEUS, negotiated, written
from gateway.telemetry.histogram import Example, Histogram
from gateway.telemetry.names import Kind, Name

COUNTER = Name("gateway_x", Kind.COUNTER, "What x is.", ("a", "b"))
GAUGE = Name("gateway_y", Kind.GAUGE, "What y is.")
HISTOGRAM = Name("gateway_z_seconds", Kind.HISTOGRAM, "What z is.", ("a",))
BARE = Name("gateway_bare_seconds", Kind.HISTOGRAM, "What bare is.")
BOTH = pytest.mark.parametrize(
    ("content_type", "read"),
    [
        (PROMETHEUS, read_prometheus),
        (OPENMETRICS, lambda text: read_openmetrics(text + "# EOF\n")),
    ],
    ids=["prometheus", "openmetrics"],
)

OF_PROMETHEUS = (  # what 2.42, 2.53 with native histograms, and 3.0 send
    (
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
        "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    ),
    (
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.5,"
        "application/openmetrics-text;version=1.0.0;q=0.4,application/openmetrics-text;version=0.0.1;q=0.3,"
        "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
    ),
    (
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
        "application/openmetrics-text;version=0.0.1;q=0.4,"
        "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,/;q=0.1"
    ),
)


def histogram(*durations):
    made = Histogram()
    for seconds in durations:
        made.observe(seconds)
    return made


def text_of(families, content_type):
    return b"".join(written(families, content_type)).decode()


def parsed(families, content_type, read):
    return {each.name: each for each in read(text_of(families, content_type))}


def values(metric):
    return {(each.name, *each.labels.values()): each.value for each in metric.samples}


@BOTH
def test_counters_and_gauges_arrive(content_type, read):
    found = parsed(
        [family(COUNTER, [(("1", "2"), 5), (("3", "4"), 2**60)]), family(GAUGE, [((), 0.25)])],
        content_type, read,
    )  # fmt: skip

    assert values(found["gateway_x"]) == {
        ("gateway_x_total", "1", "2"): 5,
        ("gateway_x_total", "3", "4"): 2**60,
    }
    assert found["gateway_x"].type == "counter"
    assert found["gateway_x"].documentation == "What x is."
    assert values(found["gateway_y"]) == {("gateway_y",): 0.25}


@BOTH
def test_histograms_arrive(content_type, read):
    families = [
        histogram_family(HISTOGRAM, [(("1",), histogram(0.003, 0.003, 99.0))]),
        histogram_family(BARE, [((), histogram(0.5))]),
    ]
    found = parsed(families, content_type, read)

    seen = values(found["gateway_z_seconds"])
    assert seen["gateway_z_seconds_bucket", "1", "0.0025"] == 0
    assert seen["gateway_z_seconds_bucket", "1", "10.0"] == 2
    assert seen["gateway_z_seconds_bucket", "1", "+Inf"] == 3
    assert seen["gateway_z_seconds_count", "1"] == 3
    assert seen["gateway_z_seconds_sum", "1"] == 99.006
    assert values(found["gateway_bare_seconds"])["gateway_bare_seconds_sum",] == 0.5


@BOTH
@pytest.mark.parametrize("value", ["GET /a/{rest:path}", 'say "x"', "back\\slash", "two\nlines", "ü{}=,", ""])
def test_any_label_arrives_as_it_is(content_type, read, value):
    found = parsed([family(COUNTER, [((value, "2"), 1)])], content_type, read)

    assert values(found["gateway_x"]) == {("gateway_x_total", value, "2"): 1}


@BOTH
@pytest.mark.parametrize("value", [0, True, 1e-9, 1.5e300, math.inf, -math.inf])
def test_any_number_arrives_as_it_is(content_type, read, value):
    found = parsed([family(GAUGE, [((), value)])], content_type, read)

    assert values(found["gateway_y"])["gateway_y",] == value


@BOTH
def test_what_is_no_number_arrives_as_such(content_type, read):
    found = parsed([family(GAUGE, [((), math.nan)])], content_type, read)

    assert math.isnan(values(found["gateway_y"])["gateway_y",])


def test_examples_are_told_in_openmetrics_only():
    made = histogram(0.003)
    made.exemplify(Example("a" * 32, "b" * 16, 0.003, 1_700_000_000.5))
    families = [histogram_family(HISTOGRAM, [(("1",), made)])]
    found = parsed(families, OPENMETRICS, lambda text: read_openmetrics(text + "# EOF\n"))
    [sample] = [each for each in found["gateway_z_seconds"].samples if each.exemplar is not None]

    assert sample.labels["le"] == "0.005"
    assert sample.exemplar.labels == {"trace_id": "a" * 32, "span_id": "b" * 16}
    assert (sample.exemplar.value, float(sample.exemplar.timestamp)) == (0.003, 1_700_000_000.5)
    assert "trace_id" not in text_of(families, PROMETHEUS)


def test_much_is_written_in_many_pieces():
    many = [((str(n),), Histogram()) for n in range(1000)]
    pieces = list(written([histogram_family(HISTOGRAM, many)], PROMETHEUS))

    assert len(pieces) == 11
    assert b"".join(pieces).count(b"_count{") == 1000


def test_piece_is_made_when_it_is_asked_for():
    made = histogram()
    pieces = written([histogram_family(HISTOGRAM, [((str(n),), made) for n in range(250)])], PROMETHEUS)
    first = next(pieces)
    made.observe(1.0)

    assert b'_count{a="0"} 0\n' in first
    assert b'_count{a="249"} 1\n' in b"".join(pieces)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", PROMETHEUS),
        ("*/*", PROMETHEUS),
        ("text/html,application/xhtml+xml,*/*;q=0.8", PROMETHEUS),
        ("text/plain;version=0.0.4", PROMETHEUS),
        ("application/openmetrics-text", OPENMETRICS),
        ('Application/OpenMetrics-Text; Version="1.0.0"; charset=utf-8', OPENMETRICS),
        ("application/openmetrics-text; version=0.0.1", PROMETHEUS),
        ("application/openmetrics-text;q=0", PROMETHEUS),
        ("application/openmetrics-text;q=0.5, text/plain;q=0.9", PROMETHEUS),
        ("text/plain;q=0.5, application/openmetrics-text;q=0.5", OPENMETRICS),
        *((accept, OPENMETRICS) for accept in OF_PROMETHEUS),
    ],
)  # fmt: skip
def test_format_is_the_one_that_is_accepted_best(accept, expected):
    assert negotiated(accept) == expected


@pytest.mark.parametrize(
    "accept", [";", ",,;=", "application/openmetrics-text;version=abc", "application/openmetrics-text;q=x",
               "application/openmetrics-text;q=nan", "application/openmetrics-text;q=-1", "a/b;q=", "\xff"],
)  # fmt: skip
def test_accept_without_sense_gets_text(accept):
    assert negotiated(accept) == PROMETHEUS

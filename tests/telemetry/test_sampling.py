"""Which requests are traced."""

import pytest

from gateway.telemetry.sampling import Sampling, disabled, sampling_of


def at(number):
    return lambda: number


@pytest.mark.parametrize(
    ("ratio", "number", "sampled"),
    [(0.0, 0.0, False), (0.1, 0.0999, True), (0.1, 0.1, False), (1.0, 0.999999, True)],
)
def test_ratio_decides_where_no_trusted_client_does(ratio, number, sampled):
    assert Sampling(ratio).sampled(at(number), None) is sampled


@pytest.mark.parametrize("parent", [True, False])
@pytest.mark.parametrize("ratio", [0.0, 1.0])
def test_trusted_client_that_continues_a_trace_decides_unless_the_sampler_is_no_parents(parent, ratio):
    assert Sampling(ratio).sampled(at(0.5), parent) is parent
    assert Sampling(ratio, parent_based=False).sampled(at(0.5), parent) is bool(ratio)


@pytest.mark.parametrize(
    ("sampler", "argument", "expected"),
    [
        ("always_on", "", Sampling(1.0, parent_based=False)),
        ("always_off", "", Sampling(0.0, parent_based=False)),
        ("traceidratio", "0.25", Sampling(0.25, parent_based=False)),
        ("parentbased_always_on", "0.25", Sampling(1.0)),
        ("parentbased_always_off", "", Sampling(0.0)),
        ("parentbased_traceidratio", "0.25", Sampling(0.25)),
        ("parentbased_traceidratio", "", Sampling(1.0)),
        ("", "0.25", None),
    ],
)
def test_samplers_have_opentelemetrys_names(sampler, argument, expected):
    environ = {"OTEL_TRACES_SAMPLER": sampler, "OTEL_TRACES_SAMPLER_ARG": argument}

    assert sampling_of(environ) == expected


def test_without_a_word_nothing_is_said():
    assert sampling_of({}) is None


@pytest.mark.parametrize(
    ("sampler", "argument", "expected"),
    [
        ("jaeger_remote", "", None),
        ("traceidratio", "10%", Sampling(1.0, parent_based=False)),
        ("traceidratio", "7", Sampling(1.0, parent_based=False)),
    ],
)
def test_what_is_not_known_is_warned_of_and_ignored(sampler, argument, expected, caplog):
    environ = {"OTEL_TRACES_SAMPLER": sampler, "OTEL_TRACES_SAMPLER_ARG": argument}

    assert sampling_of(environ) == expected
    assert "is ignored" in caplog.text


@pytest.mark.parametrize(
    ("environ", "off"),
    [
        ({}, False),
        ({"OTEL_SDK_DISABLED": "TRUE"}, True),
        ({"OTEL_SDK_DISABLED": "false"}, False),
        ({"OTEL_TRACES_EXPORTER": "none"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, False),
    ],
)
def test_tracing_can_be_switched_off_from_outside(environ, off):
    assert disabled(environ) is off

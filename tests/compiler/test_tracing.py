"""From the file and the environment to what is traced and debugged."""

import time

import pytest

from gateway.compiler.tracing import intake_of, tracing_of
from gateway.config import load_text
from gateway.telemetry.sampling import Sampling

REST = """
upstreams: { users: { url: http://127.0.0.1:9101 } }
routes: { GET /x: { steps: { a: { get: users } } } }
"""
SECRET = "telemetry: { debug: { secret: 0123456789abcdef } }"


def config(settings=""):
    return load_text(settings + REST, {}).config


def traced(settings="", **environ):
    return tracing_of(config(settings), environ, time.monotonic, print)


def test_without_a_word_nothing_is_traced_and_nothing_asked():
    tracing = traced()

    assert not tracing.on
    assert intake_of(config(), tracing)._recorder is None


@pytest.mark.parametrize(
    ("settings", "environ", "sampling"),
    [
        ("telemetry: { traces: { ratio: 10% } }", {}, Sampling(0.1)),
        ("telemetry: { traces: on }", {}, Sampling(0.0)),
        (
            "telemetry: { traces: on }",
            {"OTEL_TRACES_SAMPLER": "always_on"},
            Sampling(1.0, parent_based=False),
        ),
        ("telemetry: { traces: { ratio: 0.5 } }", {"OTEL_TRACES_SAMPLER": "always_on"}, Sampling(0.5)),
        ("", {"OTEL_TRACES_SAMPLER": "parentbased_always_off"}, Sampling(0.0)),
    ],
)
def test_file_goes_before_the_environment(settings, environ, sampling):
    tracing = traced(settings, **environ)

    assert (tracing.on, tracing.sampling) == (True, sampling)


@pytest.mark.parametrize(
    ("settings", "environ"),
    [
        ("telemetry: { traces: off }", {"OTEL_TRACES_SAMPLER": "always_on"}),
        ("telemetry: { traces: { ratio: 1 } }", {"OTEL_SDK_DISABLED": "true"}),
        ("telemetry: { traces: { ratio: 1 } }", {"OTEL_TRACES_EXPORTER": "none"}),
        ("", {"OTEL_TRACES_SAMPLER": "always_off"}),
        ("", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}),
    ],
)
def test_tracing_is_off_where_somebody_says_so_or_nobody_says_anything(settings, environ):
    assert not traced(settings, **environ).on


def test_kinds_to_keep_are_kept():
    assert traced("telemetry: { traces: { keep: [failed, slow] } }").keep == {"failed", "slow"}


def test_requests_can_be_debugged_without_tracing():
    intake = intake_of(config(SECRET), traced(SECRET))

    assert intake._recorder is not None
    assert intake._debug is not None


def test_debugging_that_nobody_may_do_is_off():
    assert intake_of(config("telemetry: { debug: on }"), traced())._recorder is None

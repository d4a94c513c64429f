import pytest

from gateway.config import ABSENT, load_text
from tests.config.sample import UPSTREAMS, faults_of


def telemetry(settings=""):
    text = f"{settings}\n{UPSTREAMS}routes: {{ GET /x: {{ steps: {{ a: {{ get: users }} }} }} }}\n"
    return load_text(text, {}).config.telemetry


def test_look_of_log_lines_is_left_to_where_they_go():
    assert telemetry().logs is None


@pytest.mark.parametrize("style", ["json", "text"])
def test_look_of_log_lines_can_be_chosen(style):
    assert telemetry(f"telemetry: {{ logs: {style} }}").logs == style


def test_other_looks_are_a_fault():
    [fault] = faults_of(telemetry, "telemetry: { logs: xml }")

    assert fault.startswith(("telemetry.logs: ", "logs: "))


def test_which_requests_are_traced_is_left_to_the_environment():
    assert telemetry().traces is ABSENT
    assert telemetry("telemetry: { traces: off }").traces is None
    assert telemetry("telemetry: { traces: on }").traces.ratio is None


def test_ratio_and_what_is_kept_can_be_written():
    traces = telemetry("telemetry: { traces: { ratio: 10%, keep: [degraded, failed, slow] } }").traces

    assert (traces.ratio, traces.keep) == (0.1, {"degraded", "failed", "slow"})
    assert telemetry("telemetry: { traces: { keep: off } }").traces.keep == frozenset()


@pytest.mark.parametrize(
    "traces",
    ["{ ratio: 2 }", "{ ratio: }", "{ keep: [broken] }", "{ endpoint: http://x }", "{ keep: failed }"],
)
def test_other_settings_of_traces_are_faults(traces):
    assert faults_of(telemetry, f"telemetry: {{ traces: {traces} }}")


def test_nobody_may_debug_unless_it_is_written():
    assert telemetry().debug is None
    debug = telemetry("telemetry: { debug: { secret: 0123456789abcdef, loopback: on } }").debug
    assert (debug.secret, debug.loopback) == ("0123456789abcdef", True)


def test_secret_that_can_be_guessed_is_a_fault():
    [fault] = faults_of(telemetry, "telemetry: { debug: { secret: hunter2 } }")

    assert "too short" in fault
    assert "hunter2" not in fault

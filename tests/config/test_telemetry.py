import pytest

from gateway.config import load_text
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

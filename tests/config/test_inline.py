"""Steps that need no upstream."""

import pytest

from gateway.config.kinds import ABSENT
from tests.config.sample import faults_of, with_step


def test_a_value_can_be_null_and_is_absent_otherwise():
    assert with_step("{ value: null }").value is None
    assert with_step("{ value: null }").inline == "value"
    assert with_step("{ get: users }").value is ABSENT
    assert with_step("{ get: users }").inline is None


def test_the_path_of_a_file_may_come_from_the_environment():
    step = with_step('{ file: "${FOLDER}/a.json" }', FOLDER="/etc/x")

    assert (step.file, step.inline) == ("/etc/x/a.json", "file")


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ('"{a}.json"', "file: the path of a file is never a template"),
        ('""', "file: there is no path"),
        ("5", "file: `5` is not text"),
        ("null", "file: there is no value"),
    ],
)
def test_what_is_no_path_is_a_fault(written, message):
    assert faults_of(with_step, f"{{ file: {written} }}") == [message]

import pytest

from gateway.config.kinds import ABSENT
from tests.config.sample import faults_of, with_step


def test_not_written_is_neither_on_nor_off():
    assert with_step("{ get: users }").retry is ABSENT
    assert with_step("{ get: users, retry: off }").retry is None
    assert with_step("{ get: users, retry: on }").retry.attempts == 2


@pytest.mark.parametrize("value", ["of", "5", "false", "[]", ""])
def test_settings_that_somebody_else_may_say_take_nothing_else(value):
    assert len(faults_of(with_step, f"{{ get: users, retry: {value} }}")) == 1

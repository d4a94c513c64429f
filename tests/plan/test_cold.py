"""Direct attempts at an upstream with cold starts: warm ones are counted, cold ones take the plain form."""

import pytest

from gateway.layers.warmth import Warmth
from gateway.outcome import Cause, Failure, Success
from gateway.plan.cold import ColdWire
from tests.support.calls import make_call


class Wire:
    """Begins everything, ends it with what the test gives."""

    def __init__(self):
        self.begun = 0
        self.ready = True

    def begin(self, call, now, waiter):
        self.begun += self.ready
        return "held" if self.ready else None

    def end(self, held, result, call):
        assert held == "held"
        if isinstance(result, Exception):
            raise result
        return result

    async def anew(self, call):
        return Success(b"anew")


def made(warm):
    warmth, wire = Warmth(300.0), Wire()
    if warm:
        warmth.show(warm, 0.0)
    return ColdWire(wire, warmth, lambda: 1.0), wire, warmth


def test_a_cold_call_is_not_direct():
    cold, wire, warmth = made(0)

    assert cold.begin(make_call(), 1.0, None) is None
    assert (wire.begun, warmth.in_flight) == (0, 0)


def test_as_many_as_there_are_environments_are_direct():
    cold, wire, warmth = made(2)

    held = [cold.begin(make_call(), 1.0, None) for _ in range(3)]

    assert held[2] is None
    assert (wire.begun, warmth.in_flight) == (2, 2)


def test_a_call_that_would_have_to_wait_is_not_counted():
    cold, wire, warmth = made(2)
    wire.ready = False

    assert cold.begin(make_call(), 1.0, None) is None
    assert warmth.in_flight == 0


@pytest.mark.parametrize("result", [Success(b"1"), Failure(Cause.TIMEOUT), RuntimeError()])
def test_whatever_ends_it_is_counted_out(result):
    cold, _, warmth = made(1)
    held = cold.begin(make_call(), 1.0, None)

    if isinstance(result, Exception):
        with pytest.raises(RuntimeError):
            cold.end(held, result, make_call())
    else:
        assert cold.end(held, result, make_call()) is result

    assert warmth.in_flight == 0


def test_an_answer_keeps_its_environment_warm():
    cold, _, warmth = made(1)

    cold.end(cold.begin(make_call(), 1.0, None), Success(b"1"), make_call())

    assert warmth.warm(300.5) == 1


async def test_an_attempt_that_begins_anew_is_the_one_that_was_counted():
    cold, _, warmth = made(2)
    call = make_call()
    held = cold.begin(call, 1.0, None)
    other = cold.begin(make_call(), 1.0, None)

    assert cold.end(held, None, call) is None
    assert warmth.in_flight == 2
    cold.end(other, Failure(Cause.TIMEOUT), make_call())
    assert isinstance(await cold.anew(call), Success)

    assert warmth.in_flight == 0
    assert warmth._seen == [1.0, 0.0]  # the first of two was shown anew, the second was not

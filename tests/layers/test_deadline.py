"""Nothing starts that cannot end in time."""

import asyncio

import pytest

from gateway.layers.deadline import within_deadline
from gateway.outcome import Cause, Success
from tests.support.calls import make_call
from tests.support.sources import ScriptedSource


async def call_with(left, floor=0.02):
    clock = asyncio.get_running_loop().time
    source = ScriptedSource()
    outcome = await within_deadline(clock)(source)(make_call(deadline=clock() + left, floor=floor))
    return outcome, len(source.calls)


@pytest.mark.parametrize("left", [0.019, 0.0, -5.0])
async def test_d6_nothing_starts_with_less_than_the_floor_left(left):
    outcome, attempts = await call_with(left)

    assert (outcome.cause, attempts) == (Cause.OUT_OF_TIME, 0)


async def test_d3_deadline_that_has_passed_reaches_no_upstream():
    outcome, attempts = await call_with(0.0, floor=0.0001)

    assert (outcome.cause, attempts) == (Cause.OUT_OF_TIME, 0)


async def test_call_with_enough_time_left_starts():
    outcome, attempts = await call_with(0.021)

    assert (type(outcome), attempts) == (Success, 1)


async def test_call_with_exactly_the_floor_left_starts():
    source = ScriptedSource()

    await within_deadline(lambda: 10.0)(source)(make_call(deadline=10.5, floor=0.5))

    assert len(source.calls) == 1


async def test_refusal_says_how_much_was_left():
    outcome, _ = await call_with(0.012)

    assert outcome.detail == "not begun with 12 ms left"

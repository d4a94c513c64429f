"""The rungs of a step, always in this order: live, stale, fallback, nothing (docs/contract.md section 2)."""

import asyncio

import pytest

from gateway.call import stack
from gateway.layers.fallback import standing_in
from gateway.layers.stand_ins import switched
from gateway.outcome import Cause, Failure, Freshness, Success
from tests.support.cached import CachedStep
from tests.support.calls import make_call
from tests.support.sources import Hang

DOWN = Failure(Cause.UNREACHABLE)
GONE = Failure(Cause.REJECTED, status=404)


class Ladder:
    """A step with a cache and, if asked for, a fallback; its first answer is kept."""

    def __init__(self, *, fallback=True):
        self.step = CachedStep(Success(b'"live"'))
        layers = self.step.layers
        if fallback:
            stand_in = switched(
                lambda f, _: Success(b'"fallback"', Freshness.FALLBACK, f.cause), self.step.stand_ins
            )
            layers = [standing_in(stand_in), *layers]
        self.source = stack(self.step.wire, layers)

    async def rung(self, outcome=None, after=0.0, left=2.0):
        """What is served, and for which cause, when so much later the upstream says *outcome*."""
        await asyncio.sleep(after)
        if outcome is not None:
            self.step.wire.will(outcome)
        call = make_call(identity=b"i", deadline=self.step.clock() + left)
        self.step.loop.call_at(call.deadline, call.cut, Failure(Cause.OUT_OF_TIME))
        served = await self.source(call)
        if isinstance(served, Failure):
            return "nothing", served.cause
        return str(served.freshness), served.cause


async def test_every_rung_is_reached_in_its_order():
    ladder = Ladder()

    assert await ladder.rung() == ("live", None)
    assert await ladder.rung(DOWN, after=1.0) == ("cached", None)
    assert await ladder.rung(DOWN, after=100.0) == ("stale", Cause.UNREACHABLE)
    assert await ladder.rung(DOWN, after=300.0) == ("fallback", Cause.UNREACHABLE)


async def test_nothing_is_the_last_rung_of_a_step_without_fallback():
    ladder = Ladder(fallback=False)
    await ladder.rung()

    assert await ladder.rung(DOWN, after=100.0) == ("stale", Cause.UNREACHABLE)
    assert await ladder.rung(DOWN, after=300.0) == ("nothing", Cause.UNREACHABLE)


async def test_cause_that_no_stale_copy_may_stand_in_for_leads_to_the_fallback():
    ladder = Ladder()
    await ladder.rung()

    assert await ladder.rung(GONE, after=100.0) == ("fallback", Cause.REJECTED)


@pytest.mark.parametrize("left", [0.5, 0.001])
async def test_deadline_leads_to_the_stale_copy_too(left):
    ladder = Ladder()
    await ladder.rung()

    assert await ladder.rung(Hang(), after=100.0, left=left) == ("stale", Cause.OUT_OF_TIME)


async def test_what_stood_in_is_never_kept_and_a_live_answer_is_at_once():
    ladder = Ladder()
    await ladder.rung()
    await ladder.rung(DOWN, after=400.0)
    assert await ladder.rung(DOWN) == ("fallback", Cause.UNREACHABLE)

    assert await ladder.rung(Success(b"2")) == ("live", None)
    assert await ladder.rung(DOWN) == ("cached", None)


async def test_f10_without_stand_ins_there_are_live_answers_and_failures():
    ladder = Ladder()
    await ladder.rung()
    ladder.step.stand_ins.allowed = False

    assert await ladder.rung(DOWN, after=1.0) == ("cached", None)
    assert await ladder.rung(DOWN, after=100.0) == ("nothing", Cause.UNREACHABLE)

"""A step's own layers over an upstream's, in the order of compiler/stacks.py."""

import asyncio

import pytest

from gateway.call import stack
from gateway.layers.breaker import Breaker, breaking, refusing_while_open
from gateway.layers.bulkhead import Bulkhead, limiting
from gateway.layers.deadline import within_deadline
from gateway.layers.fallback import standing_in
from gateway.layers.nothing import answering_nothing
from gateway.layers.observe import observing_attempts, observing_calls
from gateway.layers.timeout import timing_out
from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.timers import Timers
from tests.support.calls import make_call
from tests.support.circuits import RC
from tests.support.meters import RecordingMeter
from tests.support.sources import Hang, ScriptedSource


class Step:
    """A whole stack, with ``[]`` as fallback and 404 as "there is none"."""

    def __init__(self, *script) -> None:
        loop = asyncio.get_running_loop()
        self.clock = clock = loop.time
        timers = Timers(loop)
        self.calls, self.attempts = RecordingMeter(), RecordingMeter()
        self.breaker = Breaker(name="users", rules=RC, clock=clock, random=lambda: 0.5)
        self.wire = ScriptedSource().will(*script)
        self.source = stack(
            self.wire,
            [
                observing_calls(self.calls, clock),
                standing_in(lambda f, i: Success(b"[]", Freshness.FALLBACK, f.cause)),
                within_deadline(clock),
                answering_nothing(frozenset({404})),
                observing_attempts(self.attempts, clock),
                refusing_while_open(self.breaker, clock),
                limiting(Bulkhead(1, 0, 0.1), timers),
                breaking(self.breaker, clock),
                timing_out(timers),
            ],
        )

    async def answer(self, left=2.0, cut_after=None):
        call = make_call(deadline=self.clock() + left)
        if cut_after is not None:
            asyncio.get_running_loop().call_later(cut_after, call.cut, Failure(Cause.OUT_OF_TIME))
        return await self.source(call)


@pytest.mark.parametrize(
    ("script", "left", "cut_after", "cause"),
    [
        (Failure(Cause.FAILED, status=500), 2.0, None, Cause.FAILED),
        (Hang(), 2.0, None, Cause.TIMEOUT),
        (Hang(sent=False), 2.0, None, Cause.UNREACHABLE),
        (Hang(), 2.0, 0.1, Cause.OUT_OF_TIME),
        (Hang(), 0.01, None, Cause.OUT_OF_TIME),
    ],
)
async def test_fallback_sees_every_kind_of_failure_from_below(script, left, cut_after, cause):
    outcome = await Step(script).answer(left, cut_after)

    assert (outcome.body, outcome.freshness, outcome.cause) == (b"[]", Freshness.FALLBACK, cause)


async def test_fallback_sees_our_own_refusals():
    step = Step(Hang())
    holder = asyncio.ensure_future(step.answer())
    await asyncio.sleep(0)
    assert (await step.answer()).cause is Cause.BULKHEAD_FULL
    await holder

    step.breaker.circuit.force(step.breaker.circuit.state.FORCED_OPEN, step.clock())
    assert (await step.answer()).cause is Cause.CIRCUIT_OPEN


async def test_fallback_is_never_counted_as_health():
    step = Step(Failure(Cause.FAILED))

    for _ in range(20):
        await step.answer()

    assert step.breaker.circuit.state == "open"


async def test_there_is_none_is_null_for_the_client_and_a_sign_of_life_for_the_breaker():
    step = Step(Failure(Cause.REJECTED, status=404))

    outcome = await step.answer()

    assert (outcome.body, outcome.freshness, outcome.cause) == (b"null", Freshness.LIVE, None)
    assert (step.breaker.snapshot().total, step.breaker.snapshot().failed) == (1, 0)


async def test_d6_call_without_time_left_takes_no_slot_and_no_permit_and_is_no_attempt():
    step = Step(Success(b"1"))

    await step.answer(left=0.019)

    assert (step.wire.calls, step.attempts.records) == ([], [])
    assert step.calls.records == [("out_of_time", 0.0)]


async def test_o4_refusals_are_recorded_by_cause_as_attempts_and_as_calls():
    step = Step(Success(b"1"))
    step.breaker.circuit.force(step.breaker.circuit.state.FORCED_OPEN, step.clock())

    await step.answer()

    assert step.attempts.records == [("circuit_open", 0.0)]
    assert step.calls.records == [("circuit_open", 0.0)]


async def test_time_of_a_call_is_that_of_its_attempt():
    step = Step(Hang())

    await step.answer()

    assert step.attempts.records == [("timeout", 0.5)]
    assert step.calls.records == [("timeout", 0.5)]

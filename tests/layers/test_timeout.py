"""The attempt timeout."""

import asyncio

import pytest

from gateway.layers.timeout import timing_out
from gateway.outcome import Cause, Failure, Success
from gateway.timers import Timers
from tests.support.calls import make_call
from tests.support.sources import After, Hang, ScriptedSource


def timed(*script):
    loop = asyncio.get_running_loop()
    timers = Timers(loop)
    source = ScriptedSource().will(*script)
    return timing_out(timers)(source), timers


async def test_t2_sent_call_without_an_answer_ends_at_its_timeout():
    guarded, _ = timed(Hang())
    loop = asyncio.get_running_loop()
    started = loop.time()

    outcome = await guarded(make_call(timeout=0.5))

    assert outcome.cause is Cause.TIMEOUT
    assert loop.time() - started == pytest.approx(0.5)


async def test_t1_call_that_was_never_sent_is_unreachable():
    guarded, _ = timed(Hang(sent=False))

    outcome = await guarded(make_call(timeout=0.5))

    assert outcome.cause is Cause.UNREACHABLE


async def test_answer_in_time_passes_and_leaves_no_timer():
    guarded, timers = timed(After(0.49, Success(b"1")))

    outcome = await guarded(make_call(timeout=0.5))

    assert outcome.body == b"1"
    assert len(timers.of(0.5)) == 0


async def test_t3_cut_from_outside_comes_first_and_keeps_its_own_cause():
    guarded, timers = timed(Hang())
    call = make_call(timeout=0.5)
    asyncio.get_running_loop().call_later(0.2, call.cut, Failure(Cause.OUT_OF_TIME))

    outcome = await guarded(call)

    assert outcome.cause is Cause.OUT_OF_TIME
    assert call.ended is outcome
    assert len(timers.of(0.5)) == 0


async def test_next_attempt_of_a_timed_out_call_has_its_whole_time():
    guarded, _ = timed(Hang(), After(0.4, Success(b"2")))
    call = make_call(timeout=0.5)

    assert (await guarded(call)).cause is Cause.TIMEOUT
    assert (await guarded(call)).body == b"2"


async def test_t4_timeout_error_of_a_library_is_not_taken_for_ours():
    guarded, timers = timed(After(0.01, TimeoutError("theirs")))

    with pytest.raises(TimeoutError, match="theirs"):
        await guarded(make_call(timeout=0.5))
    assert len(timers.of(0.5)) == 0


async def test_cancelled_attempt_leaves_no_timer():
    guarded, timers = timed(Hang())
    task = asyncio.ensure_future(guarded(make_call(timeout=0.5)))
    await asyncio.sleep(0.1)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert len(timers.of(0.5)) == 0

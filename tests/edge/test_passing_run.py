import asyncio

from gateway.buffered import Buffered
from gateway.call import Call
from gateway.edge.body import Refusal
from gateway.edge.passing_run import PassingRun
from gateway.outcome import Cause, Success
from gateway.plan.background import Background
from gateway.plan.engine import Engine
from gateway.plan.model import Plan, Step
from gateway.timers import Timers
from tests.support.calls import TRACE
from tests.support.sources import After, Hang, ScriptedSource


def running(entry, limit=0.2):
    loop = asyncio.get_running_loop()
    engine = Engine(Timers(loop), Buffered(10), Background(), loop.time)
    step = Step("proxy", 0, ScriptedSource().will(entry), prepare=lambda scope: None, required=True)
    run = PassingRun(Plan("GET /x", (step,), limit, lambda scope: b""), engine, (), TRACE, limit)
    return run, Call("proxy", None, run.deadline, 1.0, TRACE, repeatable=False)


async def test_outcome_is_there_at_the_head():
    run, call = running(Success(b""))

    await run.run(call, body=False)

    assert run.failure is None
    assert run.calls == [call]


async def test_time_limit_ends_the_call_whatever_its_method():
    run, call = running(Hang())

    await run.run(call, body=False)

    assert run.failure[1].cause is Cause.OUT_OF_TIME


async def test_time_limit_begins_when_the_body_was_sent():
    run, call = running(After(0.5))
    ended = asyncio.ensure_future(run.run(call, body=True))
    await asyncio.sleep(0.4)  # longer than the limit
    run.uploaded(None)

    await ended

    assert run.failure is None


async def test_body_that_does_not_come_ends_the_call_and_is_nobodys_failure():
    for refusal, cause in (
        (Refusal.GONE, Cause.SKIPPED),
        (Refusal.STALLED, Cause.SKIPPED),
        (Refusal.TOO_LARGE, Cause.TOO_LARGE),
    ):
        run, call = running(Hang())
        asyncio.get_running_loop().call_later(0.01, run.uploaded, refusal)

        await run.run(call, body=True)

        assert run.failure[1].cause is cause
        assert run.refusal is refusal


async def test_client_that_leaves_ends_the_call():
    run, call = running(Hang())
    asyncio.get_running_loop().call_later(0.01, run.abandon)

    await run.run(call, body=False)

    assert run.abandoned

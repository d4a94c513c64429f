import asyncio

from gateway.outcome import Cause, Failure
from gateway.timers import Timers
from gateway.transport.line import Line
from tests.support.transports import a_call


def a_line(max_wait=0.5, returned=None) -> Line[str]:
    back = returned if returned is not None else []
    return Line(Timers(asyncio.get_running_loop()), max_wait, back.append)


async def waiting(line, *calls):
    tasks = [asyncio.create_task(line.wait(call)) for call in calls]
    await asyncio.sleep(0)
    assert len(line) == len(calls)
    return tasks


async def test_first_come_first_served():
    line = a_line()
    tasks = await waiting(line, a_call(), a_call(), a_call())
    for item in ("a", "b", "c"):
        assert line.serve(item)
    assert not line.serve("d")
    assert [await task for task in tasks] == ["a", "b", "c"]


async def test_nobody_waits_longer_than_agreed():
    line = a_line(max_wait=0.01)
    failure = await line.wait(a_call())
    assert (failure.cause, "10 ms" in failure.detail) == (Cause.BULKHEAD_FULL, True)
    assert len(line) == 0


async def test_cut_call_leaves_the_line():
    line = a_line()
    first, second = a_call(), a_call()
    tasks = await waiting(line, first, second)
    first.cut(Failure(Cause.OUT_OF_TIME))
    assert line.serve("a")
    assert (await tasks[0]).cause is Cause.OUT_OF_TIME
    assert await tasks[1] == "a"


async def test_ended_call_does_not_join():
    line = a_line()
    call = a_call()
    call.cut(Failure(Cause.OUT_OF_TIME))
    assert await line.wait(call) is call.ended


async def test_cancelled_call_leaves_the_line():
    line = a_line()
    tasks = await waiting(line, a_call(), a_call())
    tasks[0].cancel()
    await asyncio.wait([tasks[0]])
    assert len(line) == 1
    assert line.serve("a")
    assert await tasks[1] == "a"


async def test_what_a_cancelled_call_was_handed_goes_back():
    returned = []
    line = a_line(returned=returned)
    [task] = await waiting(line, a_call())
    line.serve("a")
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert returned == ["a"]

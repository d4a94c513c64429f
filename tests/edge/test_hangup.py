"""A client that leaves is noticed, at no cost for requests that are done quickly."""

import asyncio

from gateway.edge.hangup import ARMED_AFTER, HangUp
from gateway.timers import Timers
from tests.support.virtual_time import VirtualTimeLoop


class FakeRun:
    abandoned_at = None

    def abandon(self):
        self.abandoned_at = asyncio.get_running_loop().time()


def client(*, leaves_after):
    """A receive() like uvicorn's: one body message, then the disconnect when it happens."""
    first = [True]
    asked = []

    async def receive():
        asked.append(1)
        if first:
            first.clear()
            return {"type": "http.request", "body": b"", "more_body": False}
        await asyncio.sleep(leaves_after)
        return {"type": "http.disconnect"}

    receive.asked = asked
    return receive


def on_virtual_time(scenario):
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(scenario())


def test_client_that_leaves_is_noticed_within_a_tenth_of_a_second():
    async def scenario():
        loop, run = asyncio.get_running_loop(), FakeRun()
        begun = loop.time()
        watch = HangUp(run, client(leaves_after=0.0), Timers(loop))
        watch.arm()
        await asyncio.sleep(1)
        watch.disarm()
        return run.abandoned_at - begun

    assert on_virtual_time(scenario) <= 0.1


def test_request_done_before_the_watch_begins_never_asks():
    async def scenario():
        loop, run, receive = asyncio.get_running_loop(), FakeRun(), client(leaves_after=0.0)
        watch = HangUp(run, receive, Timers(loop))
        watch.arm()
        await asyncio.sleep(ARMED_AFTER / 2)
        watch.disarm()
        await asyncio.sleep(1)
        return receive.asked, run.abandoned_at, len(asyncio.all_tasks())

    assert on_virtual_time(scenario) == ([], None, 1)


def test_disarmed_watch_leaves_no_task_behind():
    async def scenario():
        loop, run = asyncio.get_running_loop(), FakeRun()
        watch = HangUp(run, client(leaves_after=60), Timers(loop))
        watch.arm()
        await asyncio.sleep(0.2)
        watch.disarm()
        await asyncio.sleep(0)
        return run.abandoned_at, len(asyncio.all_tasks())

    assert on_virtual_time(scenario) == (None, 1)

"""An attempt without a coroutine gives back what it holds, however it ends."""

import asyncio
import gc

from gateway.outcome import Cause, Failure, Success
from gateway.plan.execute import Run
from tests.support.scenes import TRACE, Request, Scene, World
from tests.support.virtual_time import run_virtually
from tests.support.wires import STALE, Entry


def test_direct_call_that_is_cancelled_gives_everything_back():
    async def play():
        world = World(Scene((Request(0.0, (Entry(Success(b"1"), 0.1),)),), repeatable=False), direct=True)
        run = Run(world.plan(0, 1), world.engine, [], TRACE, 0.05)
        await run.run()  # out of time: the sent call goes on in the background
        assert (len(world.background), world.wire.in_use, world.bulkhead.in_use) == (1, 1, 1)
        world.background.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return len(world.background), world.wire.in_use, world.bulkhead.in_use, world.attempts.records

    assert run_virtually(play) == (0, 0, 0, [("out_of_time", 0.05)])


def test_direct_calls_leave_no_reference_cycle():
    async def play():
        entries = (Entry(Success(b"1"), 0.1), Entry(STALE, 0.1), Entry(Failure(Cause.FAILED), 0.1))
        world = World(Scene((Request(0.0, entries),)), direct=True)
        plan = world.plan(0, 3)
        gc.collect()
        gc.disable()
        try:
            run = Run(plan, world.engine, [], TRACE, 0.5)
            await run.run()
            run.release()
            del run
            return gc.collect()
        finally:
            gc.enable()

    assert run_virtually(play) == 0

"""A bug in what sends a direct call is its step's own failure, as in the plain form, and no other's."""

import logging

from gateway.outcome import Cause, Success
from gateway.plan.execute import Run
from tests.support.scenes import LIMIT, TRACE, Request, Scene, World
from tests.support.virtual_time import run_virtually
from tests.support.wires import BUG, Entry


def test_bug_before_a_direct_call_is_sent_is_its_steps_failure(caplog):
    caplog.set_level(logging.CRITICAL)

    async def play():
        entries = (Entry(BUG, 0.1), Entry(Success(b"1"), 0.1))
        world = World(Scene((Request(0.0, entries),)), direct=True)
        begin = world.wire.begin

        def broken(call, now, waiter):
            if call.payload == (0, 0):
                raise RuntimeError("a bug before anything was sent")
            return begin(call, now, waiter)

        world.wire.begin = broken
        run = Run(world.plan(0, 2), world.engine, [], TRACE, LIMIT)
        await run.run()
        run.release()
        return [run.outcomes[0].cause, run.outcomes[1].body], world.bulkhead.in_use, world.wire.in_use

    assert run_virtually(play) == ([Cause.INTERNAL, b"1"], 0, 0)

"""A required step whose circuit is open fails its request before the calls of later steps are sent.

They once were, because direct calls did not ask whether they had been cut already.
"""

import asyncio

from gateway.outcome import Cause, Failure, Success
from gateway.plan.execute import Run
from gateway.plan.model import Plan, Step
from tests.support.scenes import LIMIT, TRACE, Request, Scene, World
from tests.support.virtual_time import run_virtually
from tests.support.wires import Entry


async def refused(_call):
    return Failure(Cause.CIRCUIT_OPEN)


def test_no_call_is_sent_once_a_required_step_was_refused():
    async def play():
        world = World(Scene((Request(0.0, (Entry(Success(b"1"), 0.1),)),)), direct=True)
        (other,) = world.plan(0, 1).steps
        required = Step("required", 0, refused, lambda _: None, required=True)
        later = Step("later", 1, other.source, other.prepare, direct=other.direct)
        run = Run(Plan("GET /x", (required, later), LIMIT, merge=None), world.engine, [], TRACE, LIMIT)
        await run.run()
        await asyncio.sleep(1.0)
        return world.wire.sent, run.failure[1].cause, world.bulkhead.in_use

    assert run_virtually(play) == ([], Cause.CIRCUIT_OPEN, 0)

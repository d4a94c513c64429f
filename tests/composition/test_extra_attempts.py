"""Retries and hedges inside whole requests: a plan that ends takes every attempt with it."""

import asyncio

import pytest

from gateway.outcome import Cause, Failure, Success
from gateway.plan.background import Background
from gateway.plan.engine import Engine
from gateway.plan.execute import Run
from gateway.plan.flight import Flight
from gateway.plan.model import Plan, Step
from tests.support.calls import TRACE
from tests.support.hedged import Hedged
from tests.support.sources import After, Hang
from tests.support.upstreams import causes

DOWN = Failure(Cause.FAILED, "HTTP 503", 503)


class Request:
    """A route with one step per upstream, each hedged after 30 ms and retried once; the first is required."""

    def __init__(self, *upstreams, spawn=Flight, time_limit=1.0, timeout=0.5) -> None:
        loop = asyncio.get_running_loop()
        shared = upstreams[0].upstream.timers
        self.buffered = upstreams[0].buffered
        engine = Engine(shared, self.buffered, Background(), loop.time, spawn)
        steps = [
            Step(f"step {i}", i, each.source, lambda scope: None, required=not i, timeout=timeout)
            for i, each in enumerate(upstreams)
        ]
        plan = Plan("GET /agg", tuple(steps), time_limit, merge=lambda scope: b"{}")
        self.run = Run(plan, engine, [], TRACE, time_limit)
        self.loop, self.started = loop, loop.time()
        self.upstreams = upstreams

    async def answered(self):
        """How its steps ended, and after how long; nothing is left of it."""
        await self.run.run()
        elapsed = round(self.loop.time() - self.started, 6)
        self.run.release()
        for each in self.upstreams:
            await each.assert_idle()
        return causes(self.run.outcomes), elapsed


def upstream(*script, buffered=None):
    return Hedged(*script, attempts=2, buffered=buffered)


def both(first, second):
    """Two upstreams with one count of bytes."""
    one = upstream(*first)
    return one, upstream(*second, buffered=one.buffered)


either = pytest.mark.parametrize("spawn", [Flight, lambda c: asyncio.get_running_loop().create_task(c)])


@either
async def test_slow_step_is_answered_by_its_hedge(spawn):
    request = Request(*both([Hang(), Success(b"1")], [Hang(), Success(b"2")]), spawn=spawn)

    assert await request.answered() == (["None", "None"], 0.03)


@either
async def test_failed_required_step_ends_both_attempts_of_another(spawn):
    request = Request(*both([After(0.05, Failure(Cause.REJECTED))], [Hang()]), spawn=spawn)

    assert await request.answered() == (["rejected", "out_of_time"], 0.05)
    assert len(request.upstreams[1].wire.calls) == 2


@either
async def test_failed_required_step_ends_the_pause_of_another(spawn):
    slow_down = Failure(Cause.FAILED, "", 503, 0.5)
    request = Request(*both([After(0.02, Failure(Cause.REJECTED))], [slow_down]), spawn=spawn)

    assert await request.answered() == (["rejected", "failed"], 0.02)
    assert len(request.upstreams[1].wire.calls) == 1


@either
async def test_d5_second_attempt_ends_with_the_requests_time(spawn):
    one = upstream(Failure(Cause.FAILED, "", 503, 0.5), Hang())
    request = Request(one, spawn=spawn, time_limit=0.7)

    assert await request.answered() == (["failed"], 0.7)
    assert len(one.wire.calls) == 2


@either
async def test_client_that_leaves_takes_both_attempts_along(spawn):
    request = Request(upstream(Hang()), spawn=spawn)
    request.loop.call_later(0.04, request.run.abandon)

    assert await request.answered() == (["out_of_time"], 0.04)

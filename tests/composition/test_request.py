"""Whole requests over whole stacks: what one upstream's trouble does to the answer, and to nobody else."""

import asyncio

import pytest

from gateway.buffered import Buffered
from gateway.call import stack
from gateway.layers.deadline import within_deadline
from gateway.layers.fallback import standing_in
from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.plan.background import Background
from gateway.plan.engine import Engine
from gateway.plan.execute import Run
from gateway.plan.model import Plan, Step
from tests.support.calls import TRACE
from tests.support.sources import After, Hang
from tests.support.upstreams import Upstream, causes


def default_list(failure, inputs):
    return Success(b"[]", Freshness.FALLBACK, failure.cause)


class Gateway:
    """Upstreams A (required), B and C (with a fallback), and the route that asks all three.

    ``chained``: B needs A, and C needs B.
    """

    def __init__(self, *, chained=False, time_limit=2.0, **upstream) -> None:
        self.a, self.b, self.c = (Upstream(**upstream) for _ in range(3))
        self.loop, self.time_limit = self.a.loop, time_limit
        self.engine = Engine(self.a.timers, Buffered(1 << 20), Background(), self.a.timers.loop.time)
        steps = [
            self.step(0, self.a, required=True),
            self.step(1, self.b, needs=(0,) if chained else ()),
            self.step(2, self.c, needs=(1,) if chained else (), stand_in=default_list),
        ]
        self.plan = Plan("GET /agg", tuple(steps), time_limit, merge=lambda scope: b"{}")

    def step(self, index, upstream, *, stand_in=None, **more):
        layers = [within_deadline(self.loop.time)]
        if stand_in is not None:
            layers.insert(0, standing_in(stand_in))
        source = stack(upstream.source, layers)
        return Step("ABC"[index], index, source, lambda scope: None, stand_in=stand_in, timeout=0.5, **more)

    def request(self, limit=None):
        return Run(self.plan, self.engine, [], TRACE, limit or self.time_limit)

    async def answer(self, limit=None):
        run = self.request(limit)
        await run.run()
        return run

    def assert_idle(self):
        for upstream in (self.a, self.b, self.c):
            upstream.assert_idle()


async def test_p1_failed_optional_part_leaves_the_others_whole():
    gateway = Gateway()
    gateway.b.wire.will(Failure(Cause.FAILED, status=503))

    run = await gateway.answer()

    assert (causes(run.outcomes), run.failure) == (["None", "failed", "None"], None)


async def test_p2_failed_required_part_fails_the_request():
    gateway = Gateway()
    gateway.a.wire.will(Failure(Cause.FAILED, status=503))

    run = await gateway.answer()

    assert (run.failure[0].name, run.failure[1].cause) == ("A", Cause.FAILED)
    gateway.assert_idle()


async def test_p3_two_failed_optional_parts_are_still_an_answer():
    gateway = Gateway()
    gateway.b.wire.will(Failure(Cause.FAILED))
    gateway.c.wire.will(Hang())

    run = await gateway.answer()

    assert (causes(run.outcomes), run.failure) == (["None", "failed", "timeout"], None)
    assert run.outcomes[2].freshness is Freshness.FALLBACK


async def test_p4_slow_part_does_not_hold_the_others_beyond_the_time_limit():
    gateway = Gateway(time_limit=0.4)
    gateway.b.wire.will(After(3.0))
    started = gateway.loop.time()

    run = await gateway.answer()

    assert gateway.loop.time() - started <= 0.45
    assert (causes(run.outcomes), run.failure) == (["None", "out_of_time", "None"], None)
    gateway.assert_idle()


async def test_p5_bug_in_one_part_is_no_failure_of_its_upstream():
    gateway = Gateway()
    gateway.b.wire.will(KeyError("mapping"))

    runs = [await gateway.answer() for _ in range(30)]

    assert {tuple(causes(run.outcomes)) for run in runs} == {("None", "internal", "None")}
    assert (gateway.b.state, gateway.b.counts) == ("closed", (0, 0))


async def test_d1_client_that_shortens_its_time_is_answered_in_it():
    gateway = Gateway()
    gateway.a.wire.will(After(1.0))
    started = gateway.loop.time()

    run = await gateway.answer(limit=0.3)

    assert gateway.loop.time() - started <= 0.33
    assert run.failure[1].cause is Cause.OUT_OF_TIME


async def test_d4_step_gets_only_what_its_need_left_over():
    gateway = Gateway(chained=True, time_limit=0.5)
    gateway.a.wire.will(After(0.4))
    gateway.b.wire.will(Hang())
    started = gateway.loop.time()

    run = await gateway.answer()

    assert gateway.loop.time() - started <= 0.55
    assert causes(run.outcomes)[:2] == ["None", "out_of_time"]
    assert gateway.b.counts == (0, 0)


async def test_d6_step_with_less_than_the_floor_left_is_not_begun():
    gateway = Gateway(chained=True, time_limit=0.5)
    gateway.a.wire.will(After(0.49))

    run = await gateway.answer()

    assert causes(run.outcomes) == ["None", "out_of_time", "skipped"]
    assert not gateway.b.wire.calls
    assert run.outcomes[2].freshness is Freshness.FALLBACK


async def test_d8_bug_while_a_part_is_being_cut_does_not_outlive_the_deadline():
    gateway = Gateway(time_limit=0.3)
    reached = gateway.b.source

    async def raising_when_cut(call):
        await reached(call)
        raise RuntimeError("bug in a clean-up")

    gateway.b.wire.will(Hang())
    step = Step("B", 0, raising_when_cut, lambda scope: None, timeout=0.5)
    gateway.plan = Plan("GET /agg", (step,), 0.3, merge=lambda scope: b"{}")
    started = gateway.loop.time()

    run = await gateway.answer()

    assert gateway.loop.time() - started <= 0.35
    assert causes(run.outcomes) == ["internal"]


async def test_c1_clients_that_leave_end_their_calls_and_are_no_evidence():
    gateway = Gateway(slots=100)
    for upstream in (gateway.a, gateway.b, gateway.c):
        upstream.wire.will(Hang())
    runs = [gateway.request() for _ in range(100)]
    tasks = [asyncio.ensure_future(run.run()) for run in runs]
    await asyncio.sleep(0.05)
    left = gateway.loop.time()

    for run in runs:
        run.abandon()
    await asyncio.gather(*tasks)

    assert gateway.loop.time() - left <= 0.1
    assert {upstream.counts for upstream in (gateway.a, gateway.b, gateway.c)} == {(0, 0)}
    assert gateway.b.wire.in_flight == 0
    gateway.assert_idle()


async def test_c3_client_that_leaves_while_its_call_is_queued_reaches_nothing():
    gateway = Gateway(slots=1, waiting=5, max_wait=1.0)
    gateway.a.wire.will(Hang())
    holder, queued = gateway.request(), gateway.request()
    tasks = [asyncio.ensure_future(holder.run()), asyncio.ensure_future(queued.run())]
    await asyncio.sleep(0.05)
    assert gateway.a.bulkhead.snapshot().waiting == 1

    queued.abandon()
    await tasks[1]

    assert len(gateway.a.wire.calls) == 1
    holder.abandon()
    await tasks[0]
    gateway.assert_idle()


async def test_i1_upstream_that_hangs_costs_the_others_nothing():
    gateway = Gateway(slots=5, waiting=5)
    gateway.b.wire.will(Hang())
    only_a = Plan("GET /solo/A", gateway.plan.steps[:1], 2.0, merge=lambda scope: b"{}")
    stuck = [asyncio.ensure_future(gateway.answer()) for _ in range(200)]
    await asyncio.sleep(0.01)
    started = gateway.loop.time()

    run = Run(only_a, gateway.engine, [], TRACE, 2.0)
    await run.run()

    assert (gateway.loop.time(), causes(run.outcomes)) == (started, ["None"])
    assert gateway.b.wire.peak == 5
    await asyncio.gather(*stuck)
    gateway.assert_idle()


@pytest.mark.parametrize("failing", [0, 20])
async def test_open_circuit_of_one_part_is_a_quick_and_named_gap(failing):
    gateway = Gateway()
    gateway.b.wire.will(Failure(Cause.FAILED))
    for _ in range(failing):
        await gateway.answer()

    run = await gateway.answer()

    assert causes(run.outcomes)[1] == ("circuit_open" if failing else "failed")
    assert run.failure is None

"""A run takes every step as far as it can get, within its time, and never hurts one step by another."""

import asyncio
import contextvars
import gc
import itertools
import json
import logging

import pytest

from gateway.buffered import Buffered
from gateway.call import Trace
from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.plan.background import Background
from gateway.plan.engine import Engine
from gateway.plan.execute import Run
from gateway.plan.flight import Flight
from gateway.plan.model import Plan, Step
from gateway.timers import Timers
from tests.support.virtual_time import VirtualTimeLoop

TRACE = Trace("0" * 32, "00", "req-1")


def task(coroutine):
    """The plain form of a flight: what flights must behave like."""
    return asyncio.get_running_loop().create_task(coroutine)


FORM = contextvars.ContextVar("FORM", default=Flight)


def virtually(scenario):
    """Run an async test on virtual time, once with flights and once with plain tasks."""

    @pytest.mark.parametrize("form", [Flight, task], ids=["flights", "tasks"])
    def test(form):
        FORM.set(form)
        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            runner.run(scenario())

    test.__name__, test.__doc__ = scenario.__name__, scenario.__doc__
    return test


def make_engine(background=None):
    timers = Timers(asyncio.get_running_loop())
    background = Background() if background is None else background
    return Engine(timers, Buffered(1 << 20), background, timers.loop.time, FORM.get())


class Upstream:
    """Answers each call after ``delay`` seconds with what it is told; ends at once when cut."""

    def __init__(self, delay=0.0, outcome=None, held=0):
        self.delay, self.outcome, self.held = delay, outcome, held
        self.started, self.ended, self.calls = [], [], []

    async def __call__(self, call):
        loop = asyncio.get_running_loop()
        self.started.append(loop.time())
        self.calls.append(call)
        call.held += self.held
        call.sent = True
        if self.delay:
            future = loop.create_future()
            handle = loop.call_later(self.delay, lambda: future.done() or future.set_result(None))
            cut = await call.wait(future)
            handle.cancel()
            if cut is not None:
                self.ended.append("cut")
                return cut
        self.ended.append("answered")
        return self.outcome if self.outcome is not None else Success(b'{"name": "x"}')


def make_plan(*steps, time_limit=2.0):
    return Plan("GET /x", tuple(steps), time_limit, merge=lambda scope: b"{}")


def make_step(index, source, prepare=lambda scope: None, **more):
    return Step(f"s{index}", index, source, prepare, **more)


async def run_plan(plan, engine=None, limit=None):
    run = Run(plan, engine or make_engine(), [], TRACE, limit if limit is not None else plan.time_limit)
    await run.run()
    return run


@virtually
async def test_independent_steps_run_at_the_same_time():
    slow = [Upstream(0.3) for _ in range(3)]
    begun = asyncio.get_running_loop().time()

    run = await run_plan(make_plan(*(make_step(i, s) for i, s in enumerate(slow))))

    assert asyncio.get_running_loop().time() - begun == pytest.approx(0.3)
    assert all(isinstance(outcome, Success) for outcome in run.outcomes)
    assert run.failure is None


@virtually
async def test_step_starts_as_soon_as_its_own_need_has_ended():
    quick, slow, dependent = Upstream(0.1), Upstream(1.0), Upstream(0.1)
    plan = make_plan(make_step(0, quick), make_step(1, slow), make_step(2, dependent, needs=(0,)))
    begun = asyncio.get_running_loop().time()

    await run_plan(plan)

    assert dependent.started[0] - begun == pytest.approx(0.1)


@virtually
async def test_dependent_step_reads_what_its_need_answered():
    seen = []
    user = Upstream(outcome=Success(b'{"segment": "gold"}'))
    plan = make_plan(
        make_step(0, user),
        make_step(1, Upstream(), prepare=lambda s: seen.append(s.outcomes[0].data), needs=(0,)),
    )

    await run_plan(plan)

    assert seen == [{"segment": "gold"}]


@virtually
async def test_step_whose_need_failed_is_skipped_and_never_called():
    dead, dependent = Upstream(outcome=Failure(Cause.FAILED, status=500)), Upstream()
    other = Upstream()
    plan = make_plan(make_step(0, dead), make_step(1, dependent, needs=(0,)), make_step(2, other))

    run = await run_plan(plan)

    assert dependent.calls == []
    assert run.outcomes[1].cause is Cause.SKIPPED
    assert run.outcomes[1].root.cause is Cause.FAILED
    assert run.failure is None


@virtually
async def test_soft_edge_waits_for_the_end_but_not_for_an_answer():
    dead, dependent = Upstream(0.2, Failure(Cause.TIMEOUT)), Upstream()
    begun = asyncio.get_running_loop().time()

    run = await run_plan(make_plan(make_step(0, dead), make_step(1, dependent, awaits=(0,))))

    assert dependent.started[0] - begun == pytest.approx(0.2)
    assert isinstance(run.outcomes[1], Success)


@virtually
async def test_step_that_cannot_be_prepared_is_skipped():
    missing = Failure(Cause.SKIPPED, "basic_info.segment is missing")
    plan = make_plan(make_step(0, Upstream()), make_step(1, Upstream(), lambda s: missing, needs=(0,)))

    run = await run_plan(plan)

    assert run.outcomes[1] is missing


@virtually
async def test_skipped_step_gets_its_fallback():
    def stand_in(failure, inputs):
        return Success(b"[]", Freshness.FALLBACK, failure.cause)

    dead = Upstream(outcome=Failure(Cause.TIMEOUT))
    plan = make_plan(
        make_step(0, dead), make_step(1, Upstream(), needs=(0,), stand_in=stand_in, required=True)
    )

    run = await run_plan(plan)

    assert run.outcomes[1].freshness is Freshness.FALLBACK
    assert run.failure is None


@virtually
async def test_failed_required_step_fails_the_request_at_once_and_cuts_the_others():
    dead, slow = Upstream(0.1, Failure(Cause.FAILED, status=500)), Upstream(1.0)
    begun = asyncio.get_running_loop().time()

    run = await run_plan(make_plan(make_step(0, slow), make_step(1, dead, required=True)))

    assert asyncio.get_running_loop().time() - begun == pytest.approx(0.1)
    await asyncio.sleep(0)
    assert slow.ended == ["cut"]
    step, failure = run.failure
    assert step.name == "s1"
    assert failure.cause is Cause.FAILED


@virtually
async def test_several_failed_required_steps_report_the_first_in_plan_order():
    dead = Upstream(outcome=Failure(Cause.FAILED))
    late = Upstream(outcome=Failure(Cause.REJECTED, status=404))
    plan = make_plan(
        make_step(0, late, needs=(1,), required=True),
        make_step(1, Upstream()),
        make_step(2, dead, needs=(1,), required=True),
    )

    run = await run_plan(plan)
    first = "s0" if FORM.get() is Flight else "s2"  # a task begins after the step that its maker goes on with
    assert run.failure[0].name == first


@virtually
async def test_required_step_cut_because_another_one_failed_is_not_the_reason():
    dead = Upstream(0.1, Failure(Cause.FAILED, status=500))
    plan = make_plan(
        make_step(0, Upstream(1.0), required=True),
        make_step(1, dead, required=True),
        make_step(2, Upstream(1.0)),
    )

    run = await run_plan(plan)

    assert run.failure[0].name == "s1"
    assert run.failure[1].cause is Cause.FAILED


@virtually
async def test_request_fails_when_no_step_answers():
    plan = make_plan(*(make_step(i, Upstream(outcome=Failure(c))) for i, c in enumerate(list(Cause)[:3])))

    run = await run_plan(plan)

    assert run.failure == (plan.steps[0], run.outcomes[0])


@virtually
async def test_null_is_an_answer():
    plan = make_plan(make_step(0, Upstream(outcome=Success(b"null"))), make_step(1, Upstream()))

    assert (await run_plan(plan)).failure is None


@virtually
async def test_time_limit_ends_the_wait_and_the_rest_is_served():
    quick, hanging = Upstream(0.1), Upstream(60)
    begun = asyncio.get_running_loop().time()

    run = await run_plan(make_plan(make_step(0, hanging), make_step(1, quick), time_limit=0.5))

    assert asyncio.get_running_loop().time() - begun == pytest.approx(0.5, abs=0.01)
    assert run.outcomes[0].cause is Cause.OUT_OF_TIME
    assert isinstance(run.outcomes[1], Success)
    assert hanging.ended == ["cut"]


@virtually
async def test_client_may_shorten_the_time_limit():
    begun = asyncio.get_running_loop().time()

    await run_plan(make_plan(make_step(0, Upstream(60)), time_limit=2.0), limit=0.3)

    assert asyncio.get_running_loop().time() - begun == pytest.approx(0.3, abs=0.01)


@virtually
async def test_step_that_becomes_ready_after_the_time_limit_is_not_called():
    first, second = Upstream(0.5), Upstream()

    run = await run_plan(make_plan(make_step(0, first), make_step(1, second, needs=(0,)), time_limit=0.4))

    assert second.calls == []
    assert run.outcomes[1].cause is Cause.SKIPPED
    assert run.outcomes[1].root.cause is Cause.OUT_OF_TIME


@virtually
async def test_source_that_ignores_its_cut_cannot_hold_the_answer():
    async def stubborn(call):
        await asyncio.sleep(5)
        return Success(b"late")

    begun = asyncio.get_running_loop().time()
    plan = make_plan(make_step(0, stubborn, repeatable=False), make_step(1, Upstream()), time_limit=0.5)

    run = await run_plan(plan)

    assert asyncio.get_running_loop().time() - begun <= 0.55
    assert run.outcomes[0].cause is Cause.OUT_OF_TIME


@virtually
async def test_abandoned_run_cuts_its_calls_and_starts_none():
    slow, never = Upstream(1.0), Upstream()
    engine = make_engine()
    plan = make_plan(make_step(0, slow), make_step(1, never, needs=(0,)))
    run = Run(plan, engine, [], TRACE, 2.0)
    asyncio.get_running_loop().call_later(0.1, run.abandon)
    begun = asyncio.get_running_loop().time()

    await run.run()

    assert asyncio.get_running_loop().time() - begun == pytest.approx(0.1)
    assert slow.ended == ["cut"]
    assert never.calls == []
    assert run.abandoned


@virtually
async def test_sent_unrepeatable_call_runs_on_when_the_client_leaves():
    payment = Upstream(1.0)
    background = Background()
    plan = make_plan(make_step(0, payment, repeatable=False), make_step(1, Upstream(2.0)))
    run = Run(plan, make_engine(background), [], TRACE, 3.0)
    asyncio.get_running_loop().call_later(0.1, run.abandon)

    await run.run()

    assert payment.ended == []
    assert len(background) == 1
    await background.drain(5)
    assert payment.ended == ["answered"]
    assert len(background) == 0


@virtually
async def test_sent_unrepeatable_call_does_not_hold_the_answer_at_the_deadline():
    payment = Upstream(1.0)
    background = Background()
    begun = asyncio.get_running_loop().time()
    plan = make_plan(make_step(0, payment, repeatable=False), make_step(1, Upstream()), time_limit=0.5)

    run = await run_plan(plan, make_engine(background))

    assert asyncio.get_running_loop().time() - begun == pytest.approx(0.5, abs=0.01)
    assert run.outcomes[0].cause is Cause.OUT_OF_TIME
    await background.drain(5)
    assert payment.ended == ["answered"]


@virtually
async def test_unsent_unrepeatable_call_is_cut():
    async def connecting(call):
        return await call.wait(asyncio.get_running_loop().create_future())

    plan = make_plan(make_step(0, connecting, repeatable=False), make_step(1, Upstream()), time_limit=0.2)
    background = Background()

    run = await run_plan(plan, make_engine(background))

    assert run.outcomes[0].cause is Cause.OUT_OF_TIME
    assert len(background) == 0


@virtually
async def test_full_background_cuts_after_all():
    payment = Upstream(1.0)
    background = Background(limit=0)
    plan = make_plan(make_step(0, payment, repeatable=False), make_step(1, Upstream()), time_limit=0.2)

    await run_plan(plan, make_engine(background))

    assert payment.ended == ["cut"]


@virtually
async def test_cancelled_run_cuts_its_calls():
    slow, other = Upstream(5.0), Upstream(5.0)
    plan = make_plan(make_step(0, slow), make_step(1, other))
    task = asyncio.ensure_future(Run(plan, make_engine(), [], TRACE, 9.0).run())
    await asyncio.sleep(0.1)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0)
    assert slow.ended == ["cut"]


def test_bug_in_a_step_is_its_own_failure_and_is_logged_once(caplog):
    async def buggy(call):
        raise KeyError("oops")

    async def scenario():
        return await run_plan(make_plan(make_step(0, buggy), make_step(1, Upstream())))

    with caplog.at_level(logging.ERROR), asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        run = runner.run(scenario())

    assert run.outcomes[0].cause is Cause.INTERNAL
    assert isinstance(run.outcomes[1], Success)
    assert len(caplog.records) == 1
    assert "req-1" in caplog.text


def test_bug_in_a_template_is_its_own_failure(caplog):
    def broken(scope):
        raise ZeroDivisionError

    async def scenario():
        return await run_plan(make_plan(make_step(0, Upstream(), broken), make_step(1, Upstream())))

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        run = runner.run(scenario())

    assert run.outcomes[0].cause is Cause.INTERNAL
    assert "ZeroDivisionError" in caplog.text


@virtually
async def test_held_bytes_are_given_back_when_the_answer_is_out():
    engine = make_engine()
    for _ in range(2):
        engine.buffered.take(100)
    plan = make_plan(*(make_step(i, Upstream(held=100)) for i in range(2)))

    run = await run_plan(plan, engine)
    assert engine.buffered.used == 200
    run.release()

    assert engine.buffered.used == 0


@virtually
async def test_bytes_of_a_detached_call_are_given_back_at_its_own_end():
    engine = make_engine()
    engine.buffered.take(100)
    payment = Upstream(1.0, held=100)
    plan = make_plan(make_step(0, payment, repeatable=False), make_step(1, Upstream()), time_limit=0.2)

    run = await run_plan(plan, engine)
    run.release()
    await engine.background.drain(5)

    assert engine.buffered.used == 0


def test_finished_runs_leave_nothing_for_the_collector():
    async def scenario():
        plan = make_plan(
            make_step(0, Upstream(0.01)), make_step(1, Upstream(0.02)), make_step(2, Upstream(), needs=(0,))
        )
        engine = make_engine()
        for upstream in (step.source for step in plan.steps):
            upstream.calls = upstream.started = upstream.ended = _Forgetful()
        await run_plan(plan, engine)
        gc.collect()
        gc.disable()
        try:
            for _ in range(100):
                run = await run_plan(plan, engine)
                run.release()
                del run
            return gc.collect()
        finally:
            gc.enable()

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        assert runner.run(scenario()) == 0


class _Forgetful:
    def append(self, item):
        pass


@virtually
async def test_any_graph_runs_each_step_once_and_after_its_needs():
    for width in itertools.product((0, 1), repeat=4):
        edges = [(), *(tuple(j for j in range(i) if width[(i + j) % 4]) for i in range(1, 6))]
        order = []

        def source(index, order=order):
            async def call_it(call):
                order.append(index)
                return Success(json.dumps(index).encode())

            return call_it

        plan = make_plan(*(make_step(i, source(i), needs=needs) for i, needs in enumerate(edges)))
        await run_plan(plan)

        assert sorted(order) == list(range(6))
        assert all(order.index(need) < order.index(i) for i, needs in enumerate(edges) for need in needs)


@virtually
async def test_floor_of_time_left_follows_a_limit_that_the_client_shortened():
    step = make_step(0, Upstream())

    shortened = await run_plan(make_plan(step, time_limit=2.0), limit=0.1)
    whole = await run_plan(make_plan(step, time_limit=2.0))

    assert shortened.calls[0].floor == pytest.approx(0.005)
    assert whole.calls[0].floor == pytest.approx(0.02)

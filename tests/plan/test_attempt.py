"""An attempt without a coroutine gives back what it holds, however it ends."""

import asyncio
import gc

from gateway.call import Call
from gateway.outcome import Cause, Failure, Success
from gateway.plan.each import Flights, Item, Rules, for_each
from gateway.plan.execute import Run
from gateway.plan.flight import Flight
from tests.support.calls import make_call
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


DOWN = Failure(Cause.FAILED)
SLOW_THEN_QUICK = Entry(Success(b"1"), 0.3, then=Entry(Success(b"2"), 0.02, held=10))
BOTH_FAIL = Entry(DOWN, 0.1, then=Entry(DOWN, 0.1))


def hedged(*entries, **rest):
    """A world whose calls are hedged after 30 ms, and their run."""
    world = World(Scene((Request(0.0, entries),), hedged=0.03, budget=3.0, **rest), direct=True)
    return world, Run(world.plan(0, len(entries)), world.engine, [], TRACE, 0.5)


def test_direct_call_that_is_not_slow_has_neither_task_nor_timer_left_of_its_hedge():
    async def play():
        world, run = hedged(Entry(Success(b"1"), 0.02))
        run.start(lambda: None)
        await asyncio.sleep(0.01)
        under_way = len(asyncio.all_tasks()), len(world.timers.of(0.03))
        await asyncio.sleep(0.01)
        return under_way, len(world.timers.of(0.03)), run.outcomes[0].body, len(world.wire.sent)

    assert run_virtually(play) == ((1, 1), 0, b"1", 1)


def test_direct_call_is_answered_by_its_hedge_and_keeps_only_the_hedges_bytes():
    async def play():
        world, run = hedged(SLOW_THEN_QUICK)
        started = asyncio.get_running_loop().time()
        await run.run()
        took = asyncio.get_running_loop().time() - started
        seen = run.outcomes[0].body, round(took, 3), run.calls[0].held, world.buffered.used
        run.release()
        return seen, world.budget.hedges.won, world.buffered.used, world.wire.in_use, world.bulkhead.in_use

    assert run_virtually(play) == ((b"2", 0.05, 10, 10), 1, 0, 0, 0)


def test_request_whose_hedge_won_does_not_go_on_in_the_task_of_the_hedge():
    async def play():
        _, run = hedged(SLOW_THEN_QUICK)
        seen = []
        run.start(lambda: seen.append(asyncio.current_task()))
        await asyncio.sleep(0.1)
        run.release()
        return seen

    assert run_virtually(play) == [None]


def test_direct_attempt_and_its_hedge_that_both_failed_are_two_of_three_tries():
    async def play():
        world, run = hedged(BOTH_FAIL, retried=True)
        await run.run()
        return run.calls[0].attempt, len(world.wire.sent)

    assert run_virtually(play) == (3, 3)


def test_hedged_direct_attempt_that_is_cancelled_ends_its_hedge_as_well():
    async def play():
        world, run = hedged(Entry(DOWN, 0.1, then=Entry(Success(b"2"), 0.4)))
        (step,) = run.plan.steps
        left = []
        for at in (0.01, 0.05, 0.12):  # alone; beside its hedge; when only that is left
            call = Call("s0", (0, 0), asyncio.get_running_loop().time() + 9.0, 0.2, TRACE)
            attempt = step.direct.begin(call, run, 0)
            await asyncio.sleep(at)
            attempt.cancel()
            for _ in range(4):
                await asyncio.sleep(0)
            left.append((world.wire.in_use, world.bulkhead.in_use, len(asyncio.all_tasks())))
        return left, len(world.wire.sent), [cause for cause, _ in world.calls.records]

    assert run_virtually(play) == ([(0, 0, 1)] * 3, 5, ["out_of_time"] * 3)


def test_items_of_a_list_that_are_made_directly_are_hedged_one_by_one():
    async def play():
        world, run = hedged(SLOW_THEN_QUICK, Entry(Success(b"3"), 0.01, held=1))
        flights = Flights(Flight, world.background, world.buffered)
        step = run.plan.steps[0]
        each = for_each(Rules(10), flights, step.direct)(step.source)
        call = make_call(timeout=0.2)
        call.payload = [Item((0, 0)), Item((0, 1))]
        outcome = await each(call)
        world.buffered.give(call.held)
        return outcome.body, call.held, world.buffered.used, len(world.wire.sent), world.budget.hedges.won

    assert run_virtually(play) == (b"[2,3]", 11, 0, 3, 1)


def test_direct_attempt_still_holds_its_slot_when_what_adapts_is_told_of_it():
    async def play():
        world = World(Scene((Request(0.0, (Entry(Success(b"1"), 0.1),)),), adaptive=True), direct=True)
        await Run(world.plan(0, 1), world.engine, [], TRACE, 0.5).run()
        return world.sites[0].gradient._window.peak, world.bulkhead.in_use

    assert run_virtually(play) == (1, 0)


def test_direct_calls_leave_no_reference_cycle():
    async def play():
        entries = (Entry(Success(b"1"), 0.1), Entry(STALE, 0.1), Entry(DOWN, 0.1))
        entries += (SLOW_THEN_QUICK, BOTH_FAIL)
        world = World(Scene((Request(0.0, entries),), slots=9, hedged=0.03, budget=9.0), direct=True)
        plan = world.plan(0, len(entries))
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

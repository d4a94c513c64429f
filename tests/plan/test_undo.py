"""What steps did is taken back when their request fails after all; and the client is told."""

import asyncio
import gc
import logging

import pytest

from gateway.buffered import Buffered
from gateway.call import Trace
from gateway.layers.fallback import standing_in
from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.plan.background import Background
from gateway.plan.engine import Engine
from gateway.plan.model import Plan, Step
from gateway.plan.undo import UndoingRun
from gateway.plan.undoable import Result, Undo
from gateway.timers import Timers
from tests.support.sources import After, Hang, ScriptedSource
from tests.support.virtual_time import run_virtually

TRACE = Trace("0" * 32, "00", "req-1")
DOWN = Failure(Cause.FAILED, status=500)
TIMEOUT = Failure(Cause.TIMEOUT)
DONE = Success(b'{"id": 7}')


def virtually(scenario):
    def test():
        run_virtually(scenario)

    test.__name__, test.__doc__ = scenario.__name__, scenario.__doc__
    return test


def now():
    return asyncio.get_running_loop().time()


class Saga:
    """Steps a, b and c, one after the other; a and b are undone by calls that are noted in ``undone``."""

    def __init__(
        self, *, limit=2.0, if_unknown=False, background=None, merge=lambda scope: b"{}", repeatable=False
    ):
        self.timers = Timers(asyncio.get_running_loop())
        self.background = Background() if background is None else background
        self.buffered = Buffered(1 << 20)
        self.engine = Engine(self.timers, self.buffered, self.background, now)
        self.wires = {name: ScriptedSource().will(DONE) for name in "abc"}
        self.undoing = {name: ScriptedSource() for name in "ab"}
        self.undone = []
        self.undos = [self.undo(1, "b", if_unknown=if_unknown), self.undo(0, "a", if_unknown=if_unknown)]
        layers = {undo.index: undo.layer for undo in self.undos}
        steps = []
        for index, name in enumerate("abc"):
            source = layers.get(index, lambda inner: inner)(self.wires[name])
            needs = (index - 1,) if index else ()
            options = {"required": True, "repeatable": repeatable, "needs": needs}
            steps.append(Step(name, index, source, lambda scope: None, **options))
        self.plan = Plan("POST /x", tuple(steps), limit, merge)

    def undo(self, index, name, **rest):
        def prepare(scope):
            outcome = scope.outcomes[index]
            return outcome.data if isinstance(outcome, Success) else "nothing"

        async def noted(call):
            self.undone.append((name, call.payload))
            return await self.undoing[name](call)

        step = Step(f"undo {name}", index, noted, prepare, timeout=0.5)
        return Undo(index, step, 1.0, **rest)

    def request(self):
        return UndoingRun(self.undos, self.plan, self.engine, [], TRACE, self.plan.time_limit)

    async def run(self):
        run = self.request()
        await run.run()
        return run

    async def idle(self):
        await asyncio.sleep(5.0)
        assert (len(self.background), len(self.timers.of(1.0))) == (0, 0)
        assert not any(undo.late for undo in self.undos)


@virtually
async def test_request_that_succeeds_undoes_nothing():
    saga = Saga()

    run = await saga.run()

    assert (saga.undone, run.undone, run.failure) == ([], {}, None)


@virtually
async def test_what_was_done_before_the_failure_is_undone_in_reverse_order():
    saga = Saga()
    saga.wires["c"].will(DOWN)

    run = await saga.run()

    assert saga.undone == [("b", {"id": 7}), ("a", {"id": 7})]
    assert run.undone == {"a": Result.DONE, "b": Result.DONE}
    assert run.failure[0].name == "c"
    await saga.idle()


@virtually
async def test_step_that_itself_failed_without_doing_anything_is_not_undone():
    saga = Saga()
    saga.wires["b"].will(Failure(Cause.REJECTED, status=409))

    run = await saga.run()

    assert (saga.undone, run.undone) == ([("a", {"id": 7})], {"a": Result.DONE})


@virtually
async def test_one_undo_step_begins_when_the_one_before_it_has_ended():
    saga = Saga()
    saga.wires["c"].will(DOWN)
    saga.undoing["b"].will(After(0.3))
    begun = now()

    await saga.run()

    assert now() - begun == pytest.approx(0.3)
    assert saga.undoing["a"].peak == saga.undoing["b"].peak == 1


@virtually
async def test_undo_step_that_fails_stops_no_other_and_is_told():
    saga = Saga()
    saga.wires["c"].will(DOWN)
    saga.undoing["b"].will(DOWN)

    run = await saga.run()

    assert run.undone == {"b": Result.FAILED, "a": Result.DONE}
    assert saga.undos[0].counts == {Result.FAILED: 1}


@virtually
async def test_bug_in_an_undo_step_stops_no_other():
    saga = Saga()
    saga.wires["c"].will(DOWN)
    saga.undoing["b"].will(KeyError("x"))

    run = await saga.run()

    assert run.undone == {"b": Result.FAILED, "a": Result.DONE}


@virtually
async def test_undo_step_whose_call_cannot_be_made_is_skipped():
    saga = Saga()
    saga.wires["c"].will(DOWN)
    undo = saga.undos[0]
    step = Step("undo b", 1, saga.undoing["b"], lambda scope: Failure(Cause.SKIPPED, "{b.x} is missing"))
    saga.undos[0] = Undo(1, step, undo.limit)

    run = await saga.run()

    assert run.undone == {"b": Result.SKIPPED, "a": Result.DONE}


@virtually
async def test_answer_waits_for_undo_steps_no_longer_than_the_requests_time():
    saga = Saga(limit=0.5)
    saga.wires["c"].will(DOWN)
    saga.undoing["b"].will(After(0.8))
    begun = now()

    run = await saga.run()

    assert now() - begun == pytest.approx(0.5)
    assert run.undone == {"b": Result.PENDING, "a": Result.PENDING}
    await saga.idle()
    assert run.undone == {"b": Result.DONE, "a": Result.DONE}


@virtually
async def test_undo_step_has_a_time_limit_of_its_own():
    saga = Saga(limit=0.5)
    saga.wires["c"].will(DOWN)
    saga.undoing["b"].will(Hang())
    begun = now()

    run = await saga.run()
    await saga.idle()

    assert run.undone == {"b": Result.FAILED, "a": Result.DONE}
    assert [call.deadline - begun for call in saga.undoing["b"].calls] == [pytest.approx(1.0)]


@virtually
async def test_client_that_leaves_is_not_waited_for_and_all_is_undone():
    saga = Saga()
    saga.wires["c"].will(Hang(sent=False))
    run = saga.request()
    task = asyncio.ensure_future(run.run())
    await asyncio.sleep(0.1)
    saga.undoing["b"].will(After(0.3))
    left = now()

    run.abandon()
    await task

    assert now() == left
    await saga.idle()
    assert run.undone == {"b": Result.DONE, "a": Result.DONE}


@virtually
async def test_client_that_leaves_while_undo_steps_run_is_not_waited_for():
    saga = Saga()
    saga.wires["c"].will(DOWN)
    saga.undoing["b"].will(After(0.8))
    run = saga.request()
    task = asyncio.ensure_future(run.run())
    await asyncio.sleep(0.1)
    assert not task.done()

    run.abandon()
    await task

    await saga.idle()
    assert run.undone == {"b": Result.DONE, "a": Result.DONE}


@virtually
async def test_step_that_is_still_under_way_is_waited_for_and_undone_with_its_own_answer():
    saga = Saga(limit=0.5)
    saga.wires["b"].will(After(0.8, Success(b'{"id": 9}')))

    run = await saga.run()

    assert run.undone == {"b": Result.PENDING, "a": Result.PENDING}
    await saga.idle()
    assert saga.undone == [("b", {"id": 9}), ("a", {"id": 7})]


@virtually
async def test_step_that_was_under_way_and_did_nothing_after_all_is_not_told():
    saga = Saga(limit=0.5)
    saga.wires["b"].will(After(0.8, Failure(Cause.REJECTED, status=409)))

    run = await saga.run()
    await saga.idle()

    assert (saga.undone, run.undone) == ([("a", {"id": 7})], {"a": Result.DONE})


@virtually
async def test_step_of_which_nobody_knows_what_it_did_is_left_and_told():
    saga = Saga()
    saga.wires["b"].will(After(0.1, TIMEOUT))

    run = await saga.run()

    assert saga.undone == [("a", {"id": 7})]
    assert run.undone == {"b": Result.UNKNOWN, "a": Result.DONE}


@virtually
async def test_step_of_which_nobody_knows_is_undone_if_it_says_so():
    saga = Saga(if_unknown=True)
    saga.wires["b"].will(After(0.1, TIMEOUT))

    run = await saga.run()

    assert saga.undone == [("b", "nothing"), ("a", {"id": 7})]
    assert run.undone == {"b": Result.DONE, "a": Result.DONE}


@virtually
async def test_repeatable_step_that_was_cut_after_it_was_sent_is_one_of_which_nobody_knows():
    saga = Saga(limit=0.5, repeatable=True)
    saga.wires["b"].will(Hang())

    run = await saga.run()
    await saga.idle()

    assert run.undone == {"b": Result.UNKNOWN, "a": Result.DONE}


@virtually
async def test_request_whose_answer_cannot_be_made_is_undone():
    saga = Saga(merge=lambda scope: Failure(Cause.UNREADABLE, "b is no object"))

    run = await saga.run()

    assert run.undone == {"b": Result.DONE, "a": Result.DONE}


@virtually
async def test_too_much_in_the_background_refuses_to_undo_and_says_so():
    saga = Saga(background=Background(limit=0))
    saga.wires["c"].will(DOWN)

    run = await saga.run()

    assert (saga.undone, run.undone) == ([], {"b": Result.REFUSED, "a": Result.REFUSED})


@virtually
async def test_closing_waits_for_undo_steps_and_what_is_cancelled_then_is_lost():
    saga = Saga()
    saga.wires["c"].will(DOWN)
    saga.undoing["b"].will(After(0.6))
    run = saga.request()
    task = asyncio.ensure_future(run.run())
    await asyncio.sleep(0.1)

    await saga.background.drain(0.2)
    await task

    assert run.undone == {"b": Result.LOST, "a": Result.LOST}


@virtually
async def test_bodies_are_held_until_no_undo_step_may_read_them():
    saga = Saga(limit=0.5)
    saga.wires["c"].will(DOWN)
    saga.undoing["b"].will(After(0.8))
    run = await saga.run()
    assert saga.buffered.take(100)
    run.calls[0].held = 100

    run.release()
    assert saga.buffered.used == 100

    await saga.idle()
    assert saga.buffered.used == 0


def test_what_could_not_be_undone_is_an_error_in_the_log(caplog):
    caplog.set_level(logging.INFO, "gateway.plan")

    async def scenario():
        saga = Saga()
        saga.wires["c"].will(DOWN)
        saga.undoing["b"].will(DOWN)
        await saga.run()

    run_virtually(scenario)

    lines = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert lines[0][0] == "ERROR"
    assert "b of POST /x is not undone: failed failed" in lines[0][1]
    assert (lines[1][0], "a of POST /x is undone" in lines[1][1]) == ("INFO", True)


def test_fallback_of_a_step_does_not_hide_what_it_did():
    async def scenario():
        saga = Saga()
        saga.wires["c"].will(DOWN)
        backed = standing_in(lambda failure, _: Success(b"0", Freshness.FALLBACK, failure.cause))
        saga.wires["b"].will(After(0.1, TIMEOUT))
        step = Step("b", 1, saga.undos[0].layer(backed(saga.wires["b"])), lambda scope: None, needs=(0,))
        saga.plan = Plan("POST /x", (saga.plan.steps[0], step, saga.plan.steps[2]), 2.0, saga.plan.merge)

        run = await saga.run()

        assert run.undone == {"b": Result.UNKNOWN, "a": Result.DONE}

    run_virtually(scenario)


@pytest.mark.parametrize("fails", [False, True])
def test_request_that_has_ended_is_freed_by_counting(fails):
    async def scenario():
        saga = Saga()
        if fails:
            saga.wires["c"].will(DOWN)
            saga.undoing["b"].will(After(0.1))
        gc.collect()
        gc.disable()
        try:
            for _ in range(50):
                run = await saga.run()
                run.release()
                del run
                for source in (*saga.wires.values(), *saga.undoing.values()):
                    source.calls.clear()
                await asyncio.sleep(0.1)
            return gc.collect()
        finally:
            gc.enable()

    assert run_virtually(scenario) == 0

"""Whatever becomes of a request, what its steps did is undone exactly if it failed, once, and in order."""

import asyncio
import random

import pytest

from gateway.buffered import Buffered
from gateway.call import Trace
from gateway.outcome import Cause, Failure, Success
from gateway.plan.background import Background
from gateway.plan.engine import Engine
from gateway.plan.model import Plan, Step
from gateway.plan.undo import UndoingRun
from gateway.plan.undoable import Result, Undo
from gateway.timers import Timers
from tests.support.sources import After, Hang, ScriptedSource
from tests.support.virtual_time import run_virtually

REFUSED = Failure(Cause.REJECTED, status=409)
TIMEOUT = Failure(Cause.TIMEOUT)
LATEST = 20.0
"""Seconds after which everything that a request began has ended."""


class World:
    """A random plan. ``truth`` is how each step that was called ended for its upstream: done, refused, or
    unknown; ``undone`` are the steps whose undo was called, in order.
    """

    def __init__(self, numbers):
        loop = asyncio.get_running_loop()
        self.numbers = numbers
        self.truth = {}
        self.undone = []
        self.background = Background()
        self.engine = Engine(Timers(loop), Buffered(1 << 20), self.background, loop.time)
        count = numbers.randrange(1, 7)
        self.needs = [self._some(range(index)) for index in range(count)]
        order = sorted(range(count), key=lambda index: (-self._depth(index), -index))
        self.undos = [self._undo(index) for index in order if numbers.random() < 0.8]
        steps = tuple(map(self._step, range(count)))
        failing = numbers.random() < 0.1
        self.plan = Plan(
            "POST /x",
            steps,
            numbers.choice([0.3, 1.0]),
            lambda _: Failure(Cause.UNREADABLE) if failing else b"{}",
        )

    def _some(self, indices):
        return tuple(index for index in indices if self.numbers.random() < 0.4)

    def _depth(self, index):
        return 1 + max((self._depth(need) for need in self.needs[index]), default=-1)

    def before(self, index):
        """The steps that had ended when this one began."""
        return {need for direct in self.needs[index] for need in (direct, *self.before(direct))}

    def _step(self, index):
        delay = self.numbers.choice([0.0, 0.05, 0.2, 0.5])
        kind, entry = self.numbers.choice(
            [("done", Success(b"{}"))] * 5 + [("refused", REFUSED), ("unknown", TIMEOUT), ("unknown", Hang())]
        )
        source = ScriptedSource().will(After(delay, entry))

        async def seen(call):
            self.truth[index] = "unknown"  # from here on it may have happened
            timer = asyncio.get_running_loop().call_later(5.0, call.expire)
            try:
                outcome = await source(call)
            finally:
                timer.cancel()
            if outcome is entry:
                self.truth[index] = kind
            return outcome

        undo = next((undo for undo in self.undos if undo.index == index), None)
        return Step(
            f"s{index}",
            index,
            seen if undo is None else undo.layer(seen),
            lambda _: None,
            needs=self.needs[index],
            required=self.numbers.random() < 0.6,
            repeatable=self.numbers.random() < 0.4,
        )

    def _undo(self, index):
        source = ScriptedSource().will(
            After(self.numbers.choice([0.0, 0.1, 0.4]), self.numbers.choice([Success(b"{}"), REFUSED]))
        )

        async def noted(call):
            self.undone.append(index)
            return await source(call)

        return Undo(index, Step(f"undo s{index}", index, noted, lambda _: None, timeout=1.0), 2.0)


@pytest.mark.parametrize("round_", range(100))
def test_what_a_failed_request_did_is_undone_once_and_in_order(round_):
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    numbers = random.Random(seed)

    async def scenario():
        world = World(numbers)
        run = UndoingRun(world.undos, world.plan, world.engine, [], Trace("0" * 32, "00", "r"), 1.0)
        if numbers.random() < 0.3:
            asyncio.get_running_loop().call_later(numbers.uniform(0.0, 0.6), run.abandon)
        await run.run()
        failed = run.abandoned or run.failure is not None or isinstance(world.plan.merge(run), Failure)
        await asyncio.sleep(LATEST)

        undoable = {undo.index for undo in world.undos}
        assert len(set(world.undone)) == len(world.undone)
        if not failed:
            assert (world.undone, run.undone) == ([], {})
        else:
            done = {index for index in undoable if world.truth.get(index) == "done"}
            assert set(world.undone) == done
            unknown = {index for index in undoable if world.truth.get(index) == "unknown"}
            told = {int(name[1:]) for name, result in run.undone.items() if result is Result.UNKNOWN}
            assert (told, {int(name[1:]) for name in run.undone}) == (unknown, done | unknown)
        for position, index in enumerate(world.undone):
            assert not world.before(index) & set(world.undone[:position])
        assert len(world.background) == 0
        assert not any(undo.late for undo in world.undos)

    run_virtually(scenario)

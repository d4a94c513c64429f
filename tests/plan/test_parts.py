import asyncio

from gateway.buffered import Buffered
from gateway.outcome import Success
from gateway.plan.background import Background
from gateway.plan.engine import Engine
from gateway.plan.model import Plan, Step
from gateway.plan.parts import Part, Progress, TellingRun
from gateway.timers import Timers
from tests.support.calls import TRACE
from tests.support.sources import After, ScriptedSource


def part(name, *steps):
    return Part(name, steps, lambda scope: b"1")


def names(parts):
    return [each.name for each in parts]


def test_part_is_ready_when_the_last_of_its_steps_has_ended():
    progress = Progress([part("a", 0), part("both", 0, 1), part("none"), part("b", 1)], 3)

    assert names(progress.at_once()) == ["none"]
    assert names(progress.ended(1)) == ["b"]
    assert names(progress.ended(2)) == []
    assert names(progress.ended(0)) == ["a", "both"]


async def test_run_tells_of_every_step_when_its_outcome_is_there():
    loop = asyncio.get_running_loop()
    engine = Engine(Timers(loop), Buffered(10), Background(), loop.time)
    scripts = [After(0.02), Success(b"1"), After(0.01)]
    steps = tuple(
        Step(str(n), n, ScriptedSource().will(entry), prepare=lambda scope: None)
        for n, entry in enumerate(scripts)
    )
    run = TellingRun(Plan("GET /x", steps, 1.0, lambda scope: b""), engine, (), TRACE, 1.0)
    told = []
    run.told = lambda index: told.append((index, run.outcomes[index] is not None))

    await run.run()

    assert told == [(1, True), (2, True), (0, True)]


async def test_run_that_nobody_listens_to_is_a_run():
    loop = asyncio.get_running_loop()
    engine = Engine(Timers(loop), Buffered(10), Background(), loop.time)
    step = Step("a", 0, ScriptedSource(), prepare=lambda scope: None)
    run = TellingRun(Plan("GET /x", (step,), 1.0, lambda scope: b""), engine, (), TRACE, 1.0)

    await run.run()

    assert run.failure is None

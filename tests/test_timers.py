"""Timers of one length share a loop timer and stay exact."""

import asyncio
import random

import pytest

from gateway.timers import Timers
from tests.support.virtual_time import VirtualTimeLoop


class Entry:
    def __init__(self, log, name="entry"):
        self.log, self.name = log, name

    def expire(self):
        self.log.append((self.name, asyncio.get_running_loop().time()))


def run_virtually(scenario):
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(scenario())


def test_entry_expires_after_its_length_and_not_before():
    async def scenario():
        loop, log = asyncio.get_running_loop(), []
        started = loop.time()
        Timers(loop).of(0.5).start(Entry(log))
        await asyncio.sleep(0.499)
        assert not log
        await asyncio.sleep(0.002)
        return log[0][1] - started

    assert run_virtually(scenario) == pytest.approx(0.5, abs=1e-6)


def test_stopped_entry_never_expires():
    async def scenario():
        log = []
        timer = Timers(asyncio.get_running_loop()).of(0.5)
        entry = Entry(log)
        timer.start(entry)
        timer.stop(entry)
        timer.stop(entry)
        await asyncio.sleep(1)
        return log

    assert run_virtually(scenario) == []


def test_stopping_the_first_entry_leaves_the_second_exact():
    async def scenario():
        loop, log = asyncio.get_running_loop(), []
        timer = Timers(loop).of(1.0)
        first, second = Entry(log, "first"), Entry(log, "second")
        timer.start(first)
        await asyncio.sleep(0.4)
        timer.start(second)
        due = loop.time() + 1.0
        timer.stop(first)
        await asyncio.sleep(2)
        return log, due

    log, due = run_virtually(scenario)
    assert [name for name, _ in log] == ["second"]
    assert log[0][1] == pytest.approx(due, abs=1e-6)


def test_entry_may_start_again_while_it_expires():
    async def scenario():
        timer = Timers(asyncio.get_running_loop()).of(0.1)
        fired = []

        class Again:
            def expire(self):
                fired.append(1)
                if len(fired) < 3:
                    timer.start(self)

        timer.start(Again())
        await asyncio.sleep(1)
        return len(fired)

    assert run_virtually(scenario) == 3


def test_random_starts_and_stops_expire_exactly_those_left():
    seed = random.randrange(2**32)
    print("seed", seed)
    dice = random.Random(seed)

    async def scenario():
        loop, log, expected = asyncio.get_running_loop(), [], {}
        timer = Timers(loop).of(0.25)
        live = []
        for number in range(500):
            entry = Entry(log, number)
            timer.start(entry)
            expected[number] = loop.time() + 0.25
            live.append((entry, number))
            if dice.random() < 0.5:
                entry, stopped = live.pop(dice.randrange(len(live)))
                if entry in timer._due:
                    del expected[stopped]
                timer.stop(entry)
            await asyncio.sleep(dice.random() * 0.02)
        await asyncio.sleep(1)
        assert len(timer) == 0
        assert dict(log) == pytest.approx(expected, abs=1e-6)

    run_virtually(scenario)


def test_closed_timers_stay_silent():
    async def scenario():
        log, timers = [], Timers(asyncio.get_running_loop())
        timers.of(0.1).start(Entry(log))
        timers.close()
        await asyncio.sleep(1)
        return log

    assert run_virtually(scenario) == []


def test_timer_of_one_length_is_made_once():
    timers = Timers()

    assert timers.of(1.0) is timers.of(1.0)
    assert timers.of(1.0) is not timers.of(2.0)

"""Rounds of pings: when they are made, how many, and what they must not do."""

import asyncio
import logging
from itertools import pairwise

import pytest

from gateway.buffered import Buffered
from gateway.layers.prewarm import AFTER_FAILURE, JITTER, Prewarm, PrewarmRules
from gateway.layers.warmth import Warmth
from gateway.outcome import Cause, Failure, Success
from tests.support.sources import After, Hang, ScriptedSource


class Warmed:
    """A prewarm with its source, its warmth, and a switch for how well the upstream is."""

    def __init__(self, *script, **rules):
        self.source = ScriptedSource().will(*(script or (After(0.5),)))
        self.warmth = Warmth(600.0)
        self.well = True
        self.buffered = Buffered(1000)
        self.clock = asyncio.get_running_loop().time
        rules = {"concurrency": 5, "timeout": 8.0, "shortest": 0.25, "longest": 0.4} | rules
        self.prewarm = Prewarm(
            self.source,
            lambda hold: {"hold": hold},
            self.warmth,
            PrewarmRules(**rules),
            name="score",
            clock=self.clock,
            random=lambda: 0.5,
            well=lambda: self.well,
            buffered=self.buffered,
        )

    @property
    def pings(self):
        return len(self.source.calls)

    async def __aenter__(self):
        self.prewarm.start()
        return self

    async def __aexit__(self, *_):
        self.prewarm.stop()
        await asyncio.sleep(20.0)
        assert self.source.in_flight == 0
        assert self.warmth.in_flight == 0
        assert self.buffered.used == 0


async def test_the_first_round_is_sent_at_once_and_together():
    async with Warmed() as warmed:
        await asyncio.sleep(0)
        assert (warmed.pings, warmed.source.peak) == (5, 5)
        assert [call.payload["hold"] for call in warmed.source.calls] == [pytest.approx(0.325)] * 5

        await warmed.prewarm.ready(2.0)

        assert warmed.warmth.warm(warmed.clock()) == 5
        assert warmed.prewarm.snapshot().answered == 5


async def test_who_waits_for_it_waits_no_longer_than_told():
    async with Warmed(Hang()) as warmed:
        began = warmed.clock()
        await warmed.prewarm.ready(1.5)
        assert warmed.clock() - began == pytest.approx(1.5)
        await warmed.prewarm.ready(0.0)


async def test_rounds_are_repeated_and_never_at_the_same_times_everywhere():
    async with Warmed(every=300.0) as warmed:
        await asyncio.sleep(300.0 * (1 - JITTER / 2) - 1)
        assert warmed.pings == 5
        await asyncio.sleep(2)
        assert warmed.pings == 10


async def test_without_an_interval_there_is_one_round():
    async with Warmed() as warmed:
        await asyncio.sleep(10_000)
        assert warmed.pings == 5


async def test_calls_in_flight_count_as_warmed():
    async with Warmed(every=300.0) as warmed:
        await asyncio.sleep(10)
        for _ in range(3):
            warmed.warmth.begin(warmed.clock())
        await asyncio.sleep(300)
        assert warmed.pings == 7
        for number in range(3):
            warmed.warmth.end(number + 1, warmed.clock(), answered=True)


async def test_calls_that_take_the_last_environment_begin_a_round():
    async with Warmed() as warmed:
        await asyncio.sleep(10)
        for _ in range(4):
            warmed.warmth.begin(warmed.clock())
        await asyncio.sleep(0)
        assert warmed.pings == 5
        warmed.warmth.begin(warmed.clock())
        warmed.warmth.begin(warmed.clock())
        await asyncio.sleep(0)
        assert warmed.pings == 10
        await asyncio.sleep(10)
        assert warmed.warmth.warm(warmed.clock()) == 11
        for number in range(6):
            warmed.warmth.end(number + 1, warmed.clock(), answered=True)


async def test_growth_can_be_off():
    async with Warmed(grow=False) as warmed:
        await asyncio.sleep(10)
        for _ in range(9):
            warmed.warmth.begin(warmed.clock())
        assert warmed.pings == 5
        for number in range(9):
            warmed.warmth.end(number + 1, warmed.clock(), answered=True)


async def test_an_upstream_that_is_not_well_is_left_alone():
    async with Warmed(every=300.0) as warmed:
        await asyncio.sleep(10)
        warmed.well = False
        await asyncio.sleep(300)
        assert warmed.pings == 5
        warmed.well = True
        await asyncio.sleep(300)
        assert warmed.pings == 10


async def test_an_upstream_that_is_ill_at_the_start_holds_nobody_up():
    warmed = Warmed()
    warmed.well = False
    async with warmed:
        began = warmed.clock()
        await warmed.prewarm.ready(5.0)
        assert warmed.clock() == began


@pytest.mark.parametrize("cause", [Cause.THROTTLED, Cause.FAILED])
async def test_a_ping_that_fails_stops_growth_for_a_while(cause):
    script = [After(0.5)] * 4 + [After(0.5, Failure(cause))]
    async with Warmed(*script, After(0.5)) as warmed:
        await asyncio.sleep(10)
        assert warmed.warmth.warm(warmed.clock()) == 4
        numbers = [warmed.warmth.begin(warmed.clock()) for _ in range(6)]
        assert warmed.pings == 5

        await asyncio.sleep(AFTER_FAILURE)
        numbers.append(warmed.warmth.begin(warmed.clock()))
        await asyncio.sleep(0)
        assert warmed.pings == 10

        for number in numbers:
            warmed.warmth.end(number, warmed.clock(), answered=True)


async def test_failures_are_told_once_and_counted(caplog):
    caplog.set_level(logging.INFO)
    async with Warmed(Failure(Cause.FAILED, "HTTP 502"), every=300.0) as warmed:
        await asyncio.sleep(700)

        assert warmed.prewarm.snapshot().failed == warmed.pings
        told = [record.getMessage() for record in caplog.records]
        assert told == ["a ping to keep score warm failed: failed: HTTP 502"]


@pytest.mark.parametrize("every", [None, 300.0])
async def test_a_round_of_which_nothing_came_is_repeated_sooner_and_more_and_more_rarely(every):
    async with Warmed(Failure(Cause.UNREACHABLE), every=every) as warmed:
        begun = []
        while warmed.clock() < 1_600.0:
            if warmed.pings > 5 * len(begun):
                begun.append(warmed.clock())
            await asyncio.sleep(1.0)

        pauses = [later - earlier for earlier, later in pairwise(begun)]
        assert pauses[:4] == [pytest.approx(pause, abs=2) for pause in (13.5, 27, 54, 108)]
        assert all(pause > 100 for pause in pauses[4:])


async def test_a_round_that_warmed_something_is_not_repeated_before_its_time():
    async with Warmed(Failure(Cause.UNREACHABLE), After(0.1)) as warmed:
        await asyncio.sleep(10_000)
        assert warmed.pings == 5


async def test_a_bug_in_the_source_is_a_failed_ping():
    async with Warmed(RuntimeError(), concurrency=1) as warmed:
        await asyncio.sleep(1)
        assert warmed.prewarm.snapshot().failed == 1


async def test_what_a_ping_holds_is_given_back():
    async with Warmed(Success(b"1")) as warmed:
        original = warmed.source._perform

        async def holding(call, entry):
            call.held = 100
            warmed.buffered.take(100)
            return await original(call, entry)

        warmed.source._perform = holding
        await asyncio.sleep(1)
        assert warmed.buffered.used == 0


async def test_closing_cuts_pings_under_way():
    async with Warmed(Hang()) as warmed:
        await asyncio.sleep(1)
        assert warmed.source.in_flight == 5
        warmed.prewarm.stop()
        await asyncio.sleep(0.01)
        assert warmed.source.in_flight == 0

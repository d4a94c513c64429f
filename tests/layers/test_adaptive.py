"""Slots that follow what an upstream bears: the catalogue's scenario, and what counts as a sign of load."""

import asyncio
import random

import pytest

from gateway.call import stack
from gateway.layers.adaptive import AdaptingMeter, adapting
from gateway.layers.bulkhead import Bulkhead, limiting
from gateway.layers.gradient import Gradient, GradientRules
from gateway.layers.observe import BUG, CANCELLED
from gateway.layers.timeout import timing_out
from gateway.outcome import ANOTHER_WON, Cause, Failure, Success
from gateway.timers import Timers
from tests.support.calls import make_call
from tests.support.meters import RecordingMeter
from tests.support.queueing import Clients, QueueingUpstream
from tests.support.sources import After, Hang, ScriptedSource

WORK = 0.05
RULES = GradientRules()


class Limited:
    """*source* behind an adaptive bulkhead with a queue of 20, and an attempt timeout of 500 ms."""

    def __init__(self, source, seeded=lambda: 0.5, rules=RULES):
        loop = asyncio.get_running_loop()
        timers = Timers(loop)
        self.gradient = Gradient(rules, seeded)
        self.bulkhead = Bulkhead(rules.first, 20, 0.1)
        self.source = stack(
            source,
            [
                limiting(self.bulkhead, timers),
                adapting(self.gradient, self.bulkhead, loop.time),
                timing_out(timers),
            ],
        )


def steady(_):
    return lambda: WORK


def uneven(seeded):
    return lambda: WORK * seeded.lognormvariate(-0.125, 0.5)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("work", [steady, uneven])
async def test_l6_limit_settles_at_what_the_upstream_can_work_on(work, seed):
    seeded = random.Random(seed)
    upstream = QueueingUpstream(10, work(seeded))
    limited = Limited(upstream, seeded.random)
    clients = Clients(50, limited.source, make_call, seeded.random)
    await asyncio.sleep(30)

    answered, limits = clients.answered, []
    for _ in range(300):
        await asyncio.sleep(0.1)
        limits.append(limited.gradient.limit)
    goodput = (clients.answered - answered) / 30 / (10 / WORK)
    await clients.leave()

    assert min(limits) >= 8, limits
    assert max(limits) <= 14, limits
    assert goodput >= 0.9


async def test_l6_traffic_that_does_not_use_the_limit_up_does_not_grow_it():
    upstream = QueueingUpstream(10, lambda: WORK)
    limited = Limited(upstream)
    clients = Clients(4, limited.source, make_call, lambda: 0.5)

    await asyncio.sleep(60)
    await clients.leave()

    assert limited.gradient.limit == 20.0


async def test_l6_upstream_that_loses_servers_keeps_answering_what_it_can():
    upstream = QueueingUpstream(10, lambda: WORK)
    limited = Limited(upstream)
    clients = Clients(50, limited.source, make_call, lambda: 0.5)
    await asyncio.sleep(30)
    upstream.servers = 5
    await asyncio.sleep(30)

    answered = clients.answered
    await asyncio.sleep(10)
    await clients.leave()

    assert limited.gradient.limit <= 8
    assert clients.answered - answered >= 0.9 * 10 * 5 / WORK


async def test_upstream_that_hangs_is_down_to_the_least_slots_in_seconds():
    limited = Limited(ScriptedSource().will(Hang()))
    clients = Clients(50, limited.source, make_call, lambda: 0.5)

    await asyncio.sleep(10)
    await clients.leave()

    assert limited.bulkhead.slots == 4


async def test_bulkhead_begins_with_the_slots_of_the_limiter():
    limited = Limited(ScriptedSource())

    assert limited.bulkhead.slots == limited.gradient.slots == 13


async def test_slots_that_come_back_go_to_those_who_wait():
    rules = GradientRules(samples=4, few=2, shortest=0.001, least=1, first=2, most=8)
    wire = ScriptedSource().will(After(0.01))
    limited = Limited(wire, rules=rules)
    assert limited.bulkhead.slots == 1

    outcomes = await asyncio.gather(*[limited.source(make_call()) for _ in range(12)])

    assert all(isinstance(outcome, Success) for outcome in outcomes)
    assert wire.peak >= 2
    assert (limited.bulkhead.in_use, limited.bulkhead.snapshot().waiting) == (0, 0)


class Told(Gradient):
    """A gradient that remembers what it was told."""

    __slots__ = ("told",)

    def __init__(self):
        self.told = []
        super().__init__(GradientRules(), lambda: 0.5)

    def record(self, now, elapsed, in_flight, *, dropped=False):
        self.told.append(("drop" if dropped else "sample", round(elapsed, 3), in_flight))
        return self.slots

    def cut(self, now, elapsed, in_flight):
        self.told.append(("cut", round(elapsed, 3), in_flight))
        return self.slots


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (Success(b"1"), "sample"),
        (Failure(Cause.TIMEOUT), "drop"),
        (Failure(Cause.THROTTLED, status=429), "drop"),
        (Failure(Cause.FAILED, status=503), "drop"),
        (Failure(Cause.OUT_OF_TIME), "cut"),
        (Failure(Cause.FAILED, status=500), None),
        (Failure(Cause.REJECTED, status=404), None),
        (Failure(Cause.UNREACHABLE), None),
        (Failure(Cause.INCOMPLETE), None),
        (Failure(Cause.UNREADABLE), None),
        (Failure(Cause.CIRCUIT_OPEN), None),
        (Failure(Cause.BULKHEAD_FULL), None),
        (ANOTHER_WON, None),
    ],
    ids=repr,
)
async def test_outcomes_are_signs_of_load_or_say_nothing(outcome, told):
    gradient, loop = Told(), asyncio.get_running_loop()
    bulkhead = Bulkhead(20, 0, 0.1)
    bulkhead.take()
    adaptive = adapting(gradient, bulkhead, loop.time)(ScriptedSource().will(After(0.03, outcome)))

    assert await adaptive(make_call()) is outcome

    assert gradient.told == ([(told, 0.03, 1)] if told else [])


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (Success(b"1"), "sample"),
        (Failure(Cause.TIMEOUT), "drop"),
        (CANCELLED, "cut"),
        (ANOTHER_WON, None),
        (BUG, None),
    ],
)
def test_attempt_without_layers_says_the_same_to_the_meter_as_it_would_to_the_layer(outcome, told):
    gradient, bulkhead, meter = Told(), Bulkhead(20, 0, 0.1), RecordingMeter()
    bulkhead.take()

    AdaptingMeter(gradient, bulkhead, lambda: 7.0, meter).record(outcome, 0.03)

    assert gradient.told == ([(told, 0.03, 1)] if told else [])
    assert meter.records == [(str(outcome.cause or "ok"), 0.03)]


def test_meter_gives_the_bulkhead_the_slots_that_were_learned():
    gradient, bulkhead = Told(), Bulkhead(20, 0, 0.1)
    gradient.slots = 7

    AdaptingMeter(gradient, bulkhead, lambda: 7.0, RecordingMeter()).record(Success(b"1"), 0.03)

    assert bulkhead.slots == 7


async def test_cancelled_call_counts_as_cut_and_stays_cancelled():
    gradient, loop = Told(), asyncio.get_running_loop()
    adaptive = adapting(gradient, Bulkhead(20, 0, 0.1), loop.time)(ScriptedSource().will(Hang()))
    task = asyncio.ensure_future(adaptive(make_call()))
    await asyncio.sleep(0.2)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert gradient.told == [("cut", 0.2, 0)]


async def test_bug_passes_and_says_nothing():
    gradient, loop = Told(), asyncio.get_running_loop()
    adaptive = adapting(gradient, Bulkhead(20, 0, 0.1), loop.time)(ScriptedSource().will(ZeroDivisionError()))

    with pytest.raises(ZeroDivisionError):
        await adaptive(make_call())

    assert gradient.told == []

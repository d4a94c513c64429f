"""Load returns to an upstream step by step, and only as fast as it answers."""

import asyncio
from dataclasses import replace

import pytest

from gateway.call import stack
from gateway.layers.breaker import Breaker, breaking, refusing_while_open
from gateway.layers.bulkhead import Bulkhead, limiting
from gateway.layers.circuit_state import CircuitState, Transition
from gateway.layers.ramp import Ramp, ramping
from gateway.layers.timeout import timing_out
from gateway.outcome import Cause, Failure, Success
from gateway.timers import Timers
from tests.support.calls import make_call
from tests.support.circuits import RC
from tests.support.sources import After, Hang, ScriptedSource

ROUND_TRIP = 0.05

CLOSED, OPEN, HALF_OPEN = CircuitState.CLOSED, CircuitState.OPEN, CircuitState.HALF_OPEN


def transition(old, new, reason="probes_succeeded"):
    return Transition("users", old, new, reason, "", 0.0)


def ramp_of(slots):
    bulkhead = Bulkhead(slots, 20, 0.1, "users")
    return Ramp(bulkhead), bulkhead


# ── the policy ──────────────────────────────────────────────────────────────────────────────────────────


def test_each_round_of_good_answers_doubles_the_level_until_the_bulkhead_is_whole_again():
    ramp, bulkhead = ramp_of(20)
    levels = []

    ramp.begin()
    while ramp.level is not None:
        levels.append(bulkhead.slots)
        for _ in range(ramp.level):
            ramp.succeeded(ramp.round)

    assert levels == [3, 6, 12]
    assert bulkhead.slots == 20


def test_answers_to_calls_of_an_earlier_round_do_not_count():
    ramp, bulkhead = ramp_of(20)
    ramp.begin()
    earlier = ramp.round
    for _ in range(3):
        ramp.succeeded(earlier)
    assert bulkhead.slots == 6

    for _ in range(100):
        ramp.succeeded(earlier)

    assert bulkhead.slots == 6


@pytest.mark.parametrize("old", [OPEN, HALF_OPEN, CircuitState.FORCED_OPEN])
def test_circuit_that_closes_begins_a_ramp(old):
    ramp, bulkhead = ramp_of(20)

    ramp.notice(transition(old, CLOSED))

    assert bulkhead.slots == 3
    assert repr(ramp) == "<Ramp of users: 0 of 3 answers at this level>"


@pytest.mark.parametrize("old", [CLOSED, CircuitState.DISABLED, CircuitState.METRICS_ONLY])
def test_circuit_through_which_load_went_all_the_time_begins_none(old):
    ramp, bulkhead = ramp_of(20)

    ramp.notice(transition(old, CLOSED))

    assert bulkhead.slots == 20
    assert repr(ramp) == "<Ramp of users: none>"


@pytest.mark.parametrize("new", [OPEN, CircuitState.DISABLED])
def test_circuit_that_leaves_closed_ends_the_ramp(new):
    ramp, bulkhead = ramp_of(20)
    ramp.begin()

    ramp.notice(transition(CLOSED, new))

    assert (ramp.level, bulkhead.slots) == (None, 20)


@pytest.mark.parametrize("reason", ["hint_refuted", "hint_over"])
def test_suspicion_that_came_to_nothing_begins_none(reason):
    ramp, _ = ramp_of(20)
    ramp.notice(transition(HALF_OPEN, CLOSED, reason))

    assert ramp.level is None


def test_bulkhead_that_is_smaller_than_the_first_level_needs_no_ramp():
    ramp, bulkhead = ramp_of(3)

    ramp.begin()

    assert (ramp.level, bulkhead.slots) == (None, 3)


# ── the layer ───────────────────────────────────────────────────────────────────────────────────────────


async def test_only_good_answers_to_calls_of_this_round_are_counted():
    ramp, bulkhead = ramp_of(20)
    wire = ScriptedSource()
    ramped = ramping(ramp)(wire)
    wire.will(After(0.1))
    before = asyncio.ensure_future(ramped(make_call()))
    await asyncio.sleep(0.05)
    ramp.begin()

    wire.will(
        Failure(Cause.FAILED), Failure(Cause.REJECTED, status=404), Failure(Cause.THROTTLED), Success(b"1")
    )
    for _ in range(4):
        await ramped(make_call())
    await before
    assert bulkhead.slots == 3  # a rejection and an answer

    await ramped(make_call())
    assert bulkhead.slots == 6


async def test_without_a_ramp_a_call_passes_as_it_is():
    ramp, _ = ramp_of(20)
    wire = ScriptedSource()
    seen = []

    def inner(call):
        seen.append(wire(call))
        return seen[-1]

    assert ramping(ramp)(inner)(make_call()) is seen[0]
    await seen[0]


class ColdUpstream:
    """Answers after a round trip; whoever comes on top of twice what it bore one round trip ago is failed.

    That is an upstream with cold caches: it can take on load, but not at once. ``steps`` has the most calls
    in flight within each round trip since ``warming()``.
    """

    def __init__(self, bears):
        self._loop = asyncio.get_running_loop()
        self._first = bears
        self.warming()
        self.up = True
        self.in_flight = 0

    def warming(self):
        self._since = self._loop.time()
        self.steps = {}

    async def __call__(self, call):
        call.sent = True
        step = int((self._loop.time() - self._since) / (ROUND_TRIP + 0.002))
        self.in_flight += 1
        self.steps[step] = max(self.steps.get(step, 0), self.in_flight)
        bears = self._first * 2 ** min(step, 10)
        good = self.up and self.in_flight <= bears
        future = self._loop.create_future()
        self._loop.call_later(ROUND_TRIP, lambda: future.done() or future.set_result(None))
        try:
            cut = await call.wait(future)
        finally:
            self.in_flight -= 1
        return cut or (Success(b"{}") if good else Failure(Cause.FAILED, status=503))


class Recovery:
    """500 calls a second on an upstream of 20 slots that was down until its circuit opened."""

    def __init__(self, *, ramped):
        self.loop = asyncio.get_running_loop()
        self.upstream = ColdUpstream(bears=3)
        timers, clock = Timers(self.loop), self.loop.time
        bulkhead = Bulkhead(20, 20, 0.1, "users")
        self.ramp = Ramp(bulkhead)
        self.closed_at, self.opened = None, 0
        rules = replace(RC, jitter=0.0)
        self.breaker = Breaker(
            name="users", rules=rules, clock=clock, random=lambda: 0.5, listener=self.notice
        )
        self.source = stack(
            self.upstream,
            [
                refusing_while_open(self.breaker, clock),
                limiting(bulkhead, timers),
                *([ramping(self.ramp)] if ramped else []),
                breaking(self.breaker, clock),
                timing_out(timers),
            ],
        )
        self.ramped = ramped

    def notice(self, transition):
        if self.ramped:
            self.ramp.notice(transition)
        self.opened += transition.new is OPEN
        if transition.new is CLOSED:
            self.closed_at = self.loop.time()
            self.upstream.warming()

    async def offer(self, seconds):
        """500 calls a second, whatever becomes of them; their outcomes."""
        tasks = []
        for _ in range(int(500 * seconds)):
            tasks.append(asyncio.ensure_future(self.source(make_call())))
            await asyncio.sleep(0.002)
        return await asyncio.gather(*tasks)


async def recovery(*, ramped):
    setting = Recovery(ramped=ramped)
    setting.upstream.up = False
    await setting.offer(1.0)
    assert setting.opened == 1
    setting.upstream.up = True
    await setting.offer(4.5)  # the circuit's open time is over, and three probes close it
    assert setting.closed_at is not None
    return setting


async def test_n1_load_returns_in_steps_of_a_round_trip_and_the_circuit_stays_closed():
    setting = await recovery(ramped=True)

    await setting.offer(10.0)

    steps = setting.upstream.steps
    assert [steps[number] for number in range(3)] == [3, 6, 12]
    assert max(steps.values()) == 20
    assert setting.opened == 1
    assert setting.ramp.level is None


async def test_n1_without_a_ramp_the_same_upstream_is_knocked_over_again():
    setting = await recovery(ramped=False)

    await setting.offer(1.0)

    assert setting.upstream.steps[0] > 3
    assert setting.opened > 1


async def test_n5_gateway_that_starts_against_a_dead_upstream_has_three_calls_on_it():
    ramp, bulkhead = ramp_of(1000)
    wire = ScriptedSource().will(Hang())
    timers = Timers(asyncio.get_running_loop())
    source = stack(wire, [limiting(bulkhead, timers), ramping(ramp), timing_out(timers)])
    ramp.begin()

    tasks = []
    for _ in range(500):
        tasks.append(asyncio.ensure_future(source(make_call())))
        await asyncio.sleep(0.002)

    assert wire.peak == 3
    await asyncio.gather(*tasks)


async def test_n5_gateway_that_starts_under_load_takes_it_on_in_steps_and_loses_no_call():
    ramp, bulkhead = ramp_of(20)
    upstream = ColdUpstream(bears=3)
    timers = Timers(asyncio.get_running_loop())
    source = stack(upstream, [limiting(bulkhead, timers), ramping(ramp), timing_out(timers)])
    ramp.begin()
    upstream.warming()

    tasks = []
    for _ in range(200):
        tasks.append(asyncio.ensure_future(source(make_call())))
        await asyncio.sleep(0.005)
    outcomes = await asyncio.gather(*tasks)

    assert upstream.steps[0] == 3
    assert max(upstream.steps.values()) <= 20
    assert all(isinstance(outcome, Success) for outcome in outcomes)

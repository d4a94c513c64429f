"""Calls that meet a cold start get the time for it; what the circuit learns of them."""

import asyncio

import pytest

from gateway.layers.breaker import Breaker, breaking
from gateway.layers.circuit_rules import CircuitRules
from gateway.layers.circuit_state import CircuitState
from gateway.layers.cold_start import allowing_cold_starts, shows_life, unhurried
from gateway.layers.timeout import timing_out
from gateway.layers.warmth import Warmth
from gateway.outcome import Cause, Failure, Success
from gateway.timers import Timers
from tests.support.calls import make_call
from tests.support.sources import After, Hang, ScriptedSource

COLD = 8.0
RULES = CircuitRules(
    consecutive=2, slow_call=0.4, slow_ratio=1.0, minimum_throughput=2, open_for=5.0, jitter=0.0
)


class Upstream:
    """The layers around a source that cold starts have to do with."""

    def __init__(self, *script):
        loop = asyncio.get_running_loop()
        self.clock = loop.time
        self.warmth = Warmth(300.0)
        self.breaker = Breaker(rules=RULES, clock=loop.time)
        self.source = ScriptedSource().will(*script)
        timed = timing_out(Timers(loop))(self.source)
        guarded = breaking(self.breaker, loop.time, unhurried(0.5, COLD))(timed)
        self.call = allowing_cold_starts(self.warmth, COLD, loop.time, self.breaker.circuit)(guarded)

    async def ask(self):
        call = make_call(timeout=0.5)
        outcome = await self.call(call)
        assert call.timeout == 0.5
        return outcome

    @property
    def state(self):
        return self.breaker.circuit.state


async def test_a_cold_start_within_its_time_is_an_answer_and_not_slow():
    both = Upstream(After(3.5))

    outcomes = await asyncio.gather(both.ask(), both.ask())

    assert all(isinstance(outcome, Success) for outcome in outcomes)
    assert both.state is CircuitState.CLOSED
    assert both.breaker.snapshot().slow == 0


async def test_a_cold_start_beyond_its_time_is_a_failure_like_any_other():
    upstream = Upstream(Hang())
    began = upstream.clock()

    first, second = await upstream.ask(), await upstream.ask()

    assert upstream.clock() - began == pytest.approx(2 * COLD)
    assert (first.cause, second.cause) == (Cause.TIMEOUT, Cause.TIMEOUT)
    assert upstream.state is CircuitState.OPEN
    assert upstream.warmth.snapshot(upstream.clock()).late == 2


async def test_a_warm_call_has_its_usual_time():
    upstream = Upstream(After(0.1), After(3.5))
    await upstream.ask()
    began = upstream.clock()

    assert (await upstream.ask()).cause is Cause.TIMEOUT
    assert upstream.clock() - began == pytest.approx(0.5)


async def test_a_call_beside_a_warm_one_is_cold_again():
    upstream = Upstream(After(0.1), After(0.4), After(3.5))
    await upstream.ask()

    outcomes = await asyncio.gather(upstream.ask(), upstream.ask())

    assert all(isinstance(outcome, Success) for outcome in outcomes)
    assert upstream.warmth.snapshot(upstream.clock()).warm == 2


async def test_a_probe_after_an_outage_gets_the_time_of_a_cold_start():
    upstream = Upstream(After(0.1), Failure(Cause.FAILED), After(3.5))
    for _ in range(2):
        await upstream.ask()
    assert upstream.state is CircuitState.OPEN
    upstream.warmth.show(5, upstream.clock())  # whatever was known before the outage
    await asyncio.sleep(5.1)

    outcome = await upstream.ask()

    assert isinstance(outcome, Success)
    assert upstream.state is not CircuitState.OPEN


async def test_a_call_that_ends_by_an_exception_is_counted_out():
    upstream = Upstream(RuntimeError())
    with pytest.raises(RuntimeError):
        await upstream.ask()
    assert upstream.warmth.in_flight == 0


async def test_an_answer_that_is_passed_on_keeps_its_environment_busy_until_it_is_closed():
    warmth, held = Warmth(300.0), []

    def holding(call, ended):
        held.append(ended)
        return True

    clock = asyncio.get_running_loop().time
    call = allowing_cold_starts(warmth, COLD, clock, None, holding)(ScriptedSource())
    await call(make_call())

    assert warmth.in_flight == 1
    held.pop()()
    assert (warmth.in_flight, warmth.warm(clock())) == (0, 1)


@pytest.mark.parametrize(
    ("outcome", "alive"),
    [
        (Success(b"1"), True),
        (Failure(Cause.REJECTED), True),
        (Failure(Cause.FAILED), False),
        (Failure(Cause.THROTTLED), False),
        (Failure(Cause.TIMEOUT), False),
        (None, False),
    ],
)
def test_only_an_answer_shows_that_an_environment_is_there(outcome, alive):
    assert shows_life(outcome) is alive


def test_times_are_told_in_proportion_to_the_time_that_was_given():
    told = unhurried(0.5, 8.0)
    assert told(make_call(timeout=8.0), 4.0) == pytest.approx(0.25)
    assert told(make_call(timeout=0.5), 0.4) == 0.4
    assert unhurried(2.0, 1.0)(make_call(timeout=2.0), 1.5) == 1.5

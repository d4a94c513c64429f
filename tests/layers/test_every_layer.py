"""What holds for every layer, whatever it does: no surprises upwards, nothing left behind."""

import asyncio
import gc

import pytest

from gateway.buffered import Buffered
from gateway.layers.adaptive import adapting
from gateway.layers.apart import Apart
from gateway.layers.backoff import Backoff
from gateway.layers.breaker import Breaker, breaking, refusing_while_open
from gateway.layers.budget import Budget
from gateway.layers.bulkhead import Bulkhead, limiting
from gateway.layers.cache import Copies, caching, keeping
from gateway.layers.cache_rules import CacheRules
from gateway.layers.coalesce import Flights, coalescing
from gateway.layers.deadline import within_deadline
from gateway.layers.fallback import standing_in
from gateway.layers.gradient import Gradient, GradientRules
from gateway.layers.hedge import Hedge, Races, hedging
from gateway.layers.hedge_delay import FixedDelay
from gateway.layers.nothing import answering_nothing
from gateway.layers.observe import observing_attempts, observing_calls
from gateway.layers.ramp import Ramp, ramping
from gateway.layers.retry import retrying
from gateway.layers.siblings import sending_once
from gateway.layers.stand_ins import StandIns
from gateway.layers.timeout import timing_out
from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.stores.memory import MemoryStore
from gateway.timers import Timers
from tests.support.calls import make_call
from tests.support.circuits import RC
from tests.support.hedged import crowding
from tests.support.meters import RecordingMeter
from tests.support.sources import Hang, ScriptedSource


class Parts:
    """One of everything, and whether it is as it was."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        clock = loop.time
        self.timers = Timers(loop)
        self.bulkhead = Bulkhead(1, 1, 0.1)
        self.breaker = Breaker(name="users", rules=RC, clock=clock)
        other = Bulkhead(50, 1, 0.1)
        ramp = Ramp(other)
        ramp.begin()
        extra = {
            "budget": Budget(1.0, 1.0),
            "half_open": lambda: False,
            "clock": clock,
            "timers": self.timers,
        }
        hedge = Hedge(FixedDelay(0.2), extra["budget"], extra["half_open"], crowding(self.bulkhead))
        buffered = Buffered(1000)
        apart = Apart(self.timers, buffered, clock, 10)
        copies = Copies(MemoryStore(10_000, clock), apart, CacheRules(1.0, random=lambda: 0.5))
        self.flights = Flights(buffered)
        self.layers = {
            "observe call": observing_calls(RecordingMeter(), clock),
            "fallback": standing_in(lambda f, i: Success(b"[]", Freshness.FALLBACK, f.cause)),
            "cache": caching(copies, 2.0, clock, StandIns()),
            "deadline": within_deadline(clock),
            "send once": sending_once(),
            "coalesce": coalescing(self.flights, apart, 2.0),
            "keep": keeping(copies),
            "retry": retrying(attempts=2, backoff=Backoff(0.05, 0.5, lambda: 0.5), **extra),
            "hedge": hedging(Races(hedge, Buffered(1000), clock, self.timers)),
            "nothing": answering_nothing(frozenset({404})),
            "observe attempt": observing_attempts(RecordingMeter(), clock),
            "gate": refusing_while_open(self.breaker, clock),
            "bulkhead": limiting(self.bulkhead, self.timers),
            "adaptive": adapting(Gradient(GradientRules(), lambda: 0.5), other, clock),
            "ramp": ramping(ramp),
            "permit": breaking(self.breaker, clock),
            "attempt timeout": timing_out(self.timers),
        }

    def assert_nothing_left(self):
        assert (self.bulkhead.in_use, self.bulkhead.snapshot().waiting) == (0, 0)
        assert self.breaker.snapshot().probes_out == 0
        assert self.flights.snapshot().under_way == 0
        assert [len(self.timers.of(seconds)) for seconds in (0.5, 0.2, 0.1)] == [0, 0, 0]


NAMES = [
    "observe call", "fallback", "cache", "deadline", "send once", "coalesce", "keep", "retry", "hedge",
    "nothing", "observe attempt", "gate", "bulkhead", "adaptive", "ramp", "permit", "attempt timeout",
]  # fmt: skip


every_layer = pytest.mark.parametrize("name", NAMES)


def a_call():
    """A call that may be equal to others."""
    return make_call(identity=b"i", siblings={})


async def test_list_of_layers_is_whole():
    assert list(Parts().layers) == NAMES


@every_layer
@pytest.mark.parametrize("cause", list(Cause))
async def test_no_layer_raises_for_expected_trouble(name, cause):
    parts = Parts()

    outcome = await parts.layers[name](ScriptedSource().will(Failure(cause, status=500)))(a_call())

    assert isinstance(outcome, Failure) or outcome.cause is cause
    parts.assert_nothing_left()


@every_layer
async def test_every_layer_lets_a_success_pass_and_calls_once(name):
    parts, answer = Parts(), Success(b"1")
    source = ScriptedSource().will(answer)

    assert await parts.layers[name](source)(a_call()) is answer

    assert len(source.calls) == 1
    parts.assert_nothing_left()


@every_layer
async def test_every_layer_lets_a_bug_pass(name):
    parts = Parts()

    with pytest.raises(LookupError):
        await parts.layers[name](ScriptedSource().will(LookupError()))(make_call())

    parts.assert_nothing_left()


@every_layer
async def test_every_layer_lets_cancellation_through(name):
    parts = Parts()
    task = asyncio.ensure_future(parts.layers[name](ScriptedSource().will(Hang()))(a_call()))
    await asyncio.sleep(0.01)

    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    parts.assert_nothing_left()


@every_layer
async def test_every_layer_can_be_torn_down(name):
    parts = Parts()
    coroutine = parts.layers[name](ScriptedSource().will(Hang()))(a_call())
    coroutine.send(None)

    coroutine.close()

    parts.assert_nothing_left()


@every_layer
async def test_every_layer_hands_up_a_cut(name):
    parts, call = Parts(), a_call()
    task = asyncio.ensure_future(parts.layers[name](ScriptedSource().will(Hang()))(call))
    await asyncio.sleep(0.01)

    call.cut(Failure(Cause.OUT_OF_TIME))

    assert (await task).cause is Cause.OUT_OF_TIME
    parts.assert_nothing_left()


@every_layer
@pytest.mark.parametrize("outcome", [Success(b"1"), Failure(Cause.FAILED)], ids=["success", "failure"])
async def test_no_layer_leaves_a_reference_cycle(name, outcome):
    parts = Parts()
    layered = parts.layers[name](ScriptedSource().will(outcome))
    await layered(a_call())
    gc.collect()
    gc.disable()
    try:
        for _ in range(15):
            await layered(a_call())
        assert gc.collect() == 0
    finally:
        gc.enable()

"""The order of the layers, by name; what is not configured is not there."""

import asyncio

from gateway.call import stack
from gateway.compiler.stacks import step_layers, upstream_layers
from gateway.layers.breaker import Breaker
from gateway.layers.bulkhead import Bulkhead
from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.timers import Timers
from tests.support.calls import make_call
from tests.support.meters import RecordingMeter
from tests.support.sources import Hang, ScriptedSource
from tests.support.virtual_time import run_virtually


def no_time():
    return 0.0


def default_list(failure, inputs):
    return Success(b"[]", Freshness.FALLBACK, failure.cause)


def of_step(*, stand_in=None, nothing_on=frozenset(), meter=None):
    return step_layers(
        meter=meter or RecordingMeter(), clock=no_time, stand_in=stand_in, nothing_on=nothing_on
    )


def of_upstream(*, breaker=None, bulkhead=None, clock=no_time, timers=None, meter=None):
    return upstream_layers(
        meter=meter or RecordingMeter(),
        clock=clock,
        timers=timers or Timers(),
        breaker=breaker,
        bulkhead=bulkhead,
    )


def names(layers):
    return [layer.text for layer in layers]


def ask(layers, source):
    return run_virtually(lambda: stack(source, [each.layer for each in layers])(make_call()))


def test_step_is_observed_outside_of_its_fallback_and_bounded_inside():
    layers = of_step(stand_in=default_list, nothing_on=frozenset({410, 404}))

    assert names(layers) == ["observe", "fallback", "deadline", "nothing on 404, 410"]


def test_step_without_fallback_and_empty_statuses_has_neither_layer():
    assert names(of_step()) == ["observe", "deadline"]


def test_upstream_looks_at_the_circuit_waits_for_a_slot_and_asks_the_circuit_again():
    layers = of_upstream(breaker=Breaker(name="users"), bulkhead=Bulkhead(1, 1, 0.1))

    assert names(layers) == [
        "observe attempt",
        "breaker gate",
        "bulkhead",
        "breaker permit",
        "attempt timeout",
    ]


def test_upstream_without_breaker_has_neither_gate_nor_permit():
    assert names(of_upstream(bulkhead=Bulkhead(1, 1, 0.1))) == [
        "observe attempt",
        "bulkhead",
        "attempt timeout",
    ]


def test_upstream_without_bulkhead_has_no_bulkhead():
    assert names(of_upstream(breaker=Breaker(name="users"))) == [
        "observe attempt",
        "breaker gate",
        "breaker permit",
        "attempt timeout",
    ]


def test_upstream_without_any_guard_still_has_a_timeout():
    assert names(of_upstream()) == ["observe attempt", "attempt timeout"]


def test_names_stand_for_the_layers_they_name():
    source = ScriptedSource().will(Failure(Cause.REJECTED, status=404))
    meter = RecordingMeter()

    outcome = ask(of_step(nothing_on=frozenset({404}), stand_in=default_list, meter=meter), source)

    assert (outcome.body, outcome.freshness, meter.records) == (b"null", Freshness.LIVE, [("ok", 0.0)])


def test_breaker_sees_the_timeouts_of_attempts():
    async def scenario():
        loop = asyncio.get_running_loop()
        breaker = Breaker(name="users", clock=loop.time)
        layers = of_upstream(breaker=breaker, clock=loop.time, timers=Timers(loop))
        source = stack(ScriptedSource().will(Hang()), [each.layer for each in layers])
        outcome = await source(make_call(timeout=0.5))
        return outcome.cause, breaker.snapshot().failed

    assert run_virtually(scenario) == (Cause.TIMEOUT, 1)

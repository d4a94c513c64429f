"""What exists once per address of an upstream."""

import dataclasses

from gateway.compiler.addresses import build_address, upstream_of
from gateway.compiler.kinds.table import KINDS
from gateway.compiler.upstreams import build_upstream
from gateway.layers.adaptive import AdaptingMeter
from gateway.layers.balance import PendingMeter
from gateway.layers.circuit_state import CircuitState
from tests.config.sample import with_upstream
from tests.support.compiled import shared
from tests.support.meters import RecordingMeter

TWO = 'urls: ["http://a.example:1", "http://b.example:2"]'


def upstream(settings, share=None):
    return build_upstream("u", with_upstream(f"{{ {settings} }}"), share or shared())


def test_each_address_has_guards_and_connections_of_its_own():
    made = upstream(TWO)
    first, second = made.addresses

    assert (first.name, second.name) == ("http://a.example:1", "http://b.example:2")
    assert first.breaker is not second.breaker
    assert first.bulkhead is not second.bulkhead
    assert first.client is not second.client
    assert made.layers[:2] == ("balance", "observe attempt")


def test_direct_calls_of_several_addresses_have_the_guards_of_each():
    made = upstream(TWO)
    first, second = made.direct(calls=None).directs

    assert (first.circuit, second.circuit) == tuple(each.breaker.circuit for each in made.addresses)
    assert (first.bulkhead, second.bulkhead) == tuple(each.bulkhead for each in made.addresses)
    assert (first.peer, second.peer) == tuple(each.peer for each in made.addresses)
    assert isinstance(first.attempts, PendingMeter)
    assert upstream(f"{TWO}, transport: httpx").direct is None


def test_one_address_needs_no_balance():
    made = upstream("url: http://a.example")

    assert made.balance is None
    assert made.layers[0] == "observe attempt"
    assert upstream('urls: ["http://a.example"]').balance is None


def test_circuit_of_one_of_several_addresses_names_both():
    first, _ = upstream(TWO).addresses

    assert first.breaker.name == "u at http://a.example:1"
    assert upstream_of(first.breaker.name) == upstream_of("u") == "u"


def test_upstream_is_as_well_as_the_best_of_its_addresses():
    made = upstream(TWO)
    first, second = made.addresses

    first.breaker.circuit.force(CircuitState.FORCED_OPEN, 0.0)
    assert made.circuit().state == "closed"
    assert not made.on_trial()
    second.breaker.circuit.force(CircuitState.FORCED_OPEN, 0.0)
    assert made.circuit().state == "forced_open"
    assert made.on_trial()


def test_nothing_is_tried_again_while_the_gateway_closes():
    share = shared()
    closing = dataclasses.replace(share, closing=lambda: True)

    assert upstream("url: http://a.example", closing).on_trial()
    assert upstream(TWO, closing).on_trial()
    assert not upstream("url: http://a.example", share).on_trial()


def test_upstream_is_crowded_above_80_percent_of_its_slots():
    made = upstream("url: http://a.example, bulkhead: { slots: 10 }")

    made.bulkhead.in_use = 8
    assert not made.crowded()
    made.bulkhead.in_use = 9
    assert made.crowded()
    assert not upstream("url: http://a.example, bulkhead: off").crowded()


def test_balance_that_is_off_still_spreads_calls():
    made = upstream(f"{TWO}, balance: off").balance

    assert made._starts[0].weight(0.0) == 1.0


def test_adaptive_slots_begin_small_and_the_pool_is_as_large_as_they_may_become():
    made = upstream("url: http://a.example, bulkhead: { slots: adaptive, initial: 8, max: 50 }")

    assert made.addresses[0].gradient.rules.first == 8
    assert made.bulkhead.limit <= 8
    assert made.client.state().limit == 50
    assert "adapt" in made.layers


def test_direct_attempts_adapt_the_slots_as_well():
    fixed = upstream("url: http://a.example").direct(calls=None)
    adaptive = upstream("url: http://a.example, bulkhead: { slots: adaptive }").direct(calls=None)

    assert isinstance(adaptive.attempts, AdaptingMeter)
    assert not isinstance(fixed.attempts, AdaptingMeter)


def test_ramp_and_connections_in_advance_are_absent_until_asked_for():
    plain = upstream("url: http://a.example").addresses[0]
    warm = upstream("url: http://a.example, warm: on").addresses[0]

    assert (plain.ramp, plain.warm) == (None, None)
    assert None not in {warm.ramp, warm.warm}
    assert "ramp" in warm.layers


def test_connections_in_advance_and_ramp_can_be_had_alone():
    only_ramp = upstream("url: http://a.example, warm: { connections: 0 }").addresses[0]
    only_connections = upstream("url: http://a.example, warm: { ramp: off }").addresses[0]

    assert (only_ramp.warm, only_connections.ramp) == (None, None)
    assert None not in {only_ramp.ramp, only_connections.warm}


def test_closed_circuit_after_an_outage_starts_the_ramp():
    made = upstream("url: http://a.example, warm: on").addresses[0]

    made.breaker.circuit.force(CircuitState.FORCED_OPEN, 0.0)
    made.breaker.circuit.reset(0.0)
    assert made.ramp.level == 3
    assert made.bulkhead.slots == 3


def test_address_is_built_for_its_url():
    spec = with_upstream("{ url: http://a.example }")
    made = build_address("u", "http://c.example", KINDS["http"], spec, shared(), RecordingMeter())

    assert made.name == "http://c.example"

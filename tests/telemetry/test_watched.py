"""State is looked at when metrics are scraped, never before."""

from types import SimpleNamespace

from gateway.buffered import Buffered
from gateway.layers.bulkhead import Bulkhead
from gateway.layers.circuit_state import CircuitState
from gateway.telemetry import names
from gateway.telemetry.collector import for_library
from gateway.telemetry.watched import STATES, Watched
from gateway.transport.exchange import PoolState


def scraped(watched):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for metric in for_library(watched.collect())
        for sample in metric.samples
    }


def test_states_are_those_of_a_circuit():
    assert set(STATES) == set(CircuitState)


def test_breaker_has_one_of_its_states():
    watched, view = Watched(), SimpleNamespace(state=CircuitState.CLOSED, listener_errors=2)
    watched.breaker("orders", lambda: view)

    assert scraped(watched)["gateway_breaker_state", "orders", "closed"] == 1
    view.state = CircuitState.HALF_OPEN
    found = scraped(watched)
    assert [found["gateway_breaker_state", "orders", state] for state in STATES] == [0, 0, 1, 0, 0, 0]
    assert found["gateway_listener_errors_total", "orders"] == 2


def test_bulkhead_shows_its_slots():
    bulkhead = Bulkhead(5, 2, 0.1, "orders")
    bulkhead.take()
    watched = Watched()
    watched.bulkhead("orders", bulkhead.snapshot)
    found = scraped(watched)

    assert found["gateway_bulkhead_slots", "orders"] == 5
    assert found["gateway_bulkhead_in_use", "orders"] == 1
    assert found["gateway_bulkhead_waiting", "orders"] == 0
    assert found["gateway_bulkhead_refused_total", "orders"] == 0


def test_samples_are_asked_for_at_each_look():
    found, watched = [(("orders",), 1)], Watched()
    watched.samples(names.BUDGET_TOKENS, lambda: found)

    assert scraped(watched)["gateway_budget_tokens", "orders"] == 1
    found[0] = (("orders",), 2)
    assert scraped(watched)["gateway_budget_tokens", "orders"] == 2


def test_pool_shows_its_connections():
    state = PoolState(limit=9, open=5, idle=3, in_use=2, waiting=1, created=7, reused=40, lost=4)
    watched = Watched()
    watched.pool("orders", lambda: state)
    found = scraped(watched)

    assert found["gateway_pool_limit", "orders"] == 9
    assert found["gateway_pool_connections", "orders", "idle"] == 3
    assert found["gateway_pool_connections", "orders", "in_use"] == 2
    assert found["gateway_pool_waiting", "orders"] == 1
    assert found["gateway_pool_created_total", "orders"] == 7
    assert found["gateway_pool_reused_total", "orders"] == 40
    assert found["gateway_pool_lost_total", "orders"] == 4


def test_bytes_and_background_calls_are_shown():
    watched, buffered = Watched(), Buffered(100)
    watched.buffered(buffered)
    watched.background(lambda: 3)
    buffered.take(60)
    found = scraped(watched)

    assert found["gateway_buffered_bytes",] == 60
    assert found["gateway_buffered_limit_bytes",] == 100
    assert found["gateway_background_calls",] == 3

"""Health tells what circuits know, readiness what the process knows, and nobody calls an upstream."""

import json

import pytest

from gateway.edge.health import Health, Phase
from gateway.layers.circuit import Circuit
from gateway.layers.circuit_rules import CircuitRules
from gateway.layers.circuit_state import CircuitState


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def circuit(name="orders"):
    return Circuit(name, CircuitRules(consecutive=1, open_for=5.0, jitter=0.0), random=lambda: 0.5)


def trip(circuit, now):
    circuit.failed(circuit.acquire(now), now, 0.1, "timeout: secret.internal:9102")


def health(circuits, required, clock, phase=Phase.READY):
    looks = {
        name: None if each is None else (lambda each=each: each.snapshot(clock()))
        for name, each in circuits.items()
    }
    return Health(looks, required, lambda: phase)


def test_everything_closed_is_healthy(clock):
    found = health({"users": circuit("users"), "orders": circuit()}, {"GET /u": ["users"]}, clock)

    assert found.report() == (
        200,
        {"status": "healthy", "upstreams": {"users": "closed", "orders": "closed"}},
    )


def test_open_circuit_of_an_optional_step_is_degraded_and_still_200(clock):
    orders = circuit()
    trip(orders, clock())
    found = health({"users": circuit("users"), "orders": orders}, {"GET /u": ["users"]}, clock)

    status, body = found.report()
    assert (status, body["status"], body["upstreams"]["orders"]) == (200, "degraded", "open")


def test_open_circuit_of_a_required_step_of_every_route_is_unhealthy(clock):
    users = circuit("users")
    trip(users, clock())
    both = {"GET /u": ["users"], "GET /v": ["orders", "users"]}
    found = health({"users": users, "orders": circuit()}, both, clock)

    assert found.report()[0] == 503
    assert found.report()[1]["status"] == "unhealthy"


def test_one_route_that_still_works_is_enough_to_be_only_degraded(clock):
    users = circuit("users")
    trip(users, clock())
    routes = {"GET /u": ["users"], "GET /v": []}

    assert health({"users": users}, routes, clock).report()[1]["status"] == "degraded"


def test_routes_may_each_lack_another_upstream(clock):
    users, orders = circuit("users"), circuit()
    trip(users, clock())
    trip(orders, clock())
    routes = {"GET /u": ["users"], "GET /v": ["orders"]}

    assert health({"users": users, "orders": orders}, routes, clock).report()[1]["status"] == "unhealthy"


def test_gateway_without_routes_is_never_unhealthy(clock):
    orders = circuit()
    trip(orders, clock())

    assert health({"orders": orders}, {}, clock).report()[0] == 200


def test_upstream_whose_open_time_is_over_is_recovering_and_never_gone(clock):
    users = circuit("users")
    trip(users, clock())
    found = health({"users": users}, {"GET /u": ["users"]}, clock)
    assert found.report()[0] == 503

    clock.now += 5.0

    assert found.report() == (200, {"status": "degraded", "upstreams": {"users": "recovering"}})


def test_half_open_is_recovering(clock):
    users = circuit("users")
    trip(users, clock())
    clock.now += 5.0
    assert users.acquire(clock()) is not None

    assert health({"users": users}, {"GET /u": ["users"]}, clock).states() == {"users": "recovering"}


def test_upstream_that_answered_its_probes_is_healthy_again(clock):
    users = circuit("users")
    trip(users, clock())
    clock.now += 5.0
    for _ in range(users.rules.probes):
        users.succeeded(users.acquire(clock()), clock(), 0.01)

    assert health({"users": users}, {"GET /u": ["users"]}, clock).report()[1]["status"] == "healthy"


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (CircuitState.FORCED_OPEN, "unhealthy"),
        (CircuitState.DISABLED, "healthy"),
        (CircuitState.METRICS_ONLY, "healthy"),
    ],
)
def test_forced_states_are_shown_as_they_are(clock, state, status):
    users = circuit("users")
    users.force(state, clock())
    body = health({"users": users}, {"GET /u": ["users"]}, clock).report()[1]

    assert (body["status"], body["upstreams"]) == (status, {"users": state})


def test_upstream_without_a_breaker_is_unguarded(clock):
    body = health({"users": None}, {"GET /u": ["users"]}, clock).report()[1]

    assert body == {"status": "healthy", "upstreams": {"users": "unguarded"}}


def test_public_form_shows_neither_addresses_nor_texts(clock):
    orders = circuit()
    trip(orders, clock())

    assert "secret" not in json.dumps(health({"orders": orders}, {}, clock).report())


@pytest.mark.parametrize(
    ("phase", "status"), [(Phase.STARTING, 503), (Phase.READY, 200), (Phase.DRAINING, 503)]
)
def test_readiness_knows_only_the_process(clock, phase, status):
    orders = circuit()
    trip(orders, clock())
    found = health({"orders": orders}, {"GET /o": ["orders"]}, clock, phase)

    assert found.ready() == (status, {"status": phase})


def test_liveness_is_that_somebody_answers(clock):
    assert health({}, {}, clock, Phase.DRAINING).live() == (200, {"status": "live"})

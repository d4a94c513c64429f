"""The health of a compiled gateway: what of it can be ill, and when that is everybody's trouble."""

import pytest

from gateway.compiler.condition import health_of
from gateway.edge.health import UNGUARDED, Phase, Status
from gateway.layers.circuit_state import CircuitState
from tests.support.compiled import compiled

CONFIG = """
upstreams:
  one: {{ url: "http://a.example" }}
  two: {{ url: "http://b.example", breaker: off }}
routes:
  GET /x: {{ steps: {{ a: {step}, b: {{ get: two }} }} }}
"""


def made(step):
    gateway = compiled(CONFIG.format(step=step))
    return gateway, health_of(gateway, lambda: Phase.READY)


def test_upstream_without_a_breaker_is_unguarded():
    _, health = made("{ get: one }")

    assert health.states() == {"one": "closed", "two": UNGUARDED}


@pytest.mark.parametrize(
    ("step", "status"),
    [
        ("{ get: one, required: true }", Status.UNHEALTHY),
        ("{ get: one, required: true, fallback: [] }", Status.DEGRADED),
        ("{ get: one }", Status.DEGRADED),
    ],
)
def test_open_circuit_is_everybodys_trouble_only_where_nothing_answers_without_it(step, status):
    gateway, health = made(step)
    gateway.upstreams["one"].breaker.circuit.force(CircuitState.FORCED_OPEN, 0.0)

    assert health.report()[1]["status"] == status

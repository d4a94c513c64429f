"""What the dashboard sees of a compiled gateway."""

from gateway.compiler.showing import guards_of, plan_of
from gateway.layers.circuit_state import CircuitState
from tests.support.compiled import compiled

TEXT = """
upstreams:
  users:  { url: http://127.0.0.1:1 }
  orders: { urls: [http://127.0.0.1:2, http://127.0.0.1:3], bulkhead: { slots: 40 } }
  plain:  { url: http://127.0.0.1:4, breaker: off, bulkhead: off, budget: off }
routes:
  GET /x/{id}:
    time_limit: 1s
    steps:
      user:   { get: "users/{id}", required: true }
      orders: { get: "orders/{user.id}?size={plain.size | 3}", fallback: [] }
      plain:  { get: plain/x }
"""


def made():
    return compiled(TEXT)


def test_closed_upstream_has_its_slots_and_budget():
    guards = guards_of(made().upstreams["users"])

    assert (guards.state, guards.in_flight, guards.slots, guards.budget) == ("closed", 0, 1000, 1.0)
    assert [(each.name, each.state) for each in guards.addresses] == [("http://127.0.0.1:1", "closed")]


def test_upstream_without_guards_is_unguarded_and_unbounded():
    guards = guards_of(made().upstreams["plain"])

    assert (guards.state, guards.slots, guards.budget) == ("unguarded", None, None)


def test_upstream_is_as_its_best_address_and_each_is_told():
    upstream = made().upstreams["orders"]
    breaker = upstream.breakers[1]
    breaker.circuit.force(CircuitState.FORCED_OPEN, breaker.clock())

    guards = guards_of(upstream)

    assert (guards.state, guards.slots) == ("closed", 80)
    assert [each.state for each in guards.addresses] == ["closed", "forced_open"]
    assert [each.weight for each in guards.addresses] == [1.0, 0.0]


def test_open_circuit_says_why_and_for_how_long():
    upstream = made().upstreams["users"]
    circuit, now = upstream.breakers[0].circuit, upstream.clock()
    for _ in range(10):
        circuit.failed(circuit.acquire(now), now, 0.1, "timeout: no answer within 1000 ms")

    guards = guards_of(upstream)

    assert guards.state == "open"
    assert 3.0 < guards.open_remaining <= 6.0
    assert "10 calls in a row" in guards.reason
    assert guards.last_failure == "timeout: no answer within 1000 ms"


def test_circuit_whose_open_time_is_over_is_recovering():
    upstream = made().upstreams["users"]
    circuit, long_ago = upstream.breakers[0].circuit, upstream.clock() - 100.0
    for _ in range(10):
        circuit.failed(circuit.acquire(long_ago), long_ago, 0.1)

    assert guards_of(upstream).state == "recovering"


def test_plan_has_the_names_behind_its_edges():
    plan = plan_of(made().routes["GET /x/{id}"])

    assert (plan.route, plan.time_limit) == ("GET /x/{id}", 1.0)
    assert [(each.name, each.upstream, each.needs, each.awaits) for each in plan.steps] == [
        ("user", "users", [], []),
        ("orders", "orders", ["user"], ["plain"]),
        ("plain", "plain", [], []),
    ]
    assert [each.fallback for each in plan.steps] == [False, True, False]
    assert plan.steps[1].target == "GET orders/{user.id}?size={plain.size | 3}"

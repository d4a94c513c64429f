"""The admin pages show everything, and let an operator turn breakers."""

import asyncio

import pytest

from gateway.edge.admin import ACTIONS, Insight, admin_app
from gateway.edge.health import Health, Phase
from gateway.edge.openapi import RouteDescription
from gateway.edge.pattern import parse_pattern
from gateway.layers.breaker import Breaker
from gateway.layers.bulkhead import Bulkhead
from gateway.layers.circuit_rules import CircuitRules
from gateway.layers.stand_ins import StandIns
from gateway.telemetry.exposition import OPENMETRICS
from gateway.telemetry.metrics import Metrics
from tests.support.pages import listening

TOKEN = "s3cret"
OPERATOR = {"authorization": f"Bearer {TOKEN}"}
ROUTE = RouteDescription(method="GET", pattern=parse_pattern("/user/{id:int}"), summary="A user")


class Upstream:
    def __init__(self, name, breaker=None, bulkhead=None):
        self.name = name
        self.breakers = [breaker] if breaker else []
        self._bulkhead = bulkhead

    def details(self):
        return {
            "address": f"http://{self.name}.internal:9101",
            "breaker": self.breakers[0].snapshot() if self.breakers else None,
            "bulkhead": self._bulkhead and self._bulkhead.snapshot(),
        }


def explain(route):
    if route not in (None, "GET /user/{id:int}"):
        raise KeyError(route)
    return f"the plan of {route or 'all'}\n"


@pytest.fixture
def breaker():
    return Breaker(name="orders", rules=CircuitRules(consecutive=1), clock=lambda: 100.0)


@pytest.fixture
def app(breaker):
    return app_of(
        {
            "orders": Upstream("orders", breaker, Bulkhead(5, 2, 0.1, "orders")),
            "recs": Upstream("recs"),
        },
        breaker,
    )


def app_of(upstreams, breaker, exposition=None):
    circuits = {"orders": breaker.snapshot, "recs": None}
    insight = Insight(
        health=Health(circuits, {"GET /user/{id:int}": ["orders"]}, lambda: Phase.READY),
        exposition=exposition or Metrics().pieces,
        stand_ins=StandIns(),
        upstreams=upstreams,
        routes=[ROUTE],
        explain=explain,
    )
    return admin_app(insight, TOKEN, documented=True)


async def get(app, path, **options):
    async with listening(app) as client:
        return await client.get(path, **options)


async def turn(app, body, upstream="orders", headers=OPERATOR):
    async with listening(app) as client:
        return await client.post(f"/upstreams/{upstream}/breaker", json=body, headers=headers)


async def test_metrics_are_prometheus_text(app):
    answer = await get(app, "/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "# HELP gateway_requests_total" in answer.text


async def test_others_run_between_the_pieces_of_the_metrics(breaker):
    turns = []

    def pieces(_):
        made = (b"%d turns\n" % len(turns) for _ in range(5))
        return made, "text/plain"

    async def count():
        while True:
            turns.append(None)
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(count())
    answer = await get(app_of({}, breaker, pieces), "/metrics")
    counting.cancel()

    seen = [int(line.split()[0]) for line in answer.text.splitlines()]
    assert len(seen) == 5
    assert seen == sorted(set(seen)), "two pieces were made in one turn"


async def test_metrics_are_openmetrics_for_who_asks(app):
    answer = await get(app, "/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})

    assert answer.headers["content-type"] == OPENMETRICS
    assert answer.headers["vary"] == "accept"


async def test_upstream_is_shown_with_address_texts_and_counters(app, breaker):
    circuit = breaker.circuit
    circuit.failed(circuit.acquire(100.0), 100.0, 0.2, "timeout: no answer within 200 ms")
    found = (await get(app, "/upstreams/orders")).json()

    assert found["state"] == "open"
    assert found["address"] == "http://orders.internal:9101"
    assert found["breaker"]["last_failure"] == "timeout: no answer within 200 ms"
    assert found["breaker"]["open_remaining"] > 0
    assert found["bulkhead"]["slots"] == 5


async def test_all_upstreams_are_listed(app):
    found = (await get(app, "/upstreams")).json()["upstreams"]

    assert list(found) == ["orders", "recs"]
    assert (found["recs"]["state"], found["recs"]["breaker"], found["recs"]["bulkhead"]) == (
        "unguarded",
        None,
        None,
    )


async def test_unknown_upstream_is_a_404(app):
    assert (await get(app, "/upstreams/nobody")).status_code == 404
    assert (await turn(app, {"action": "reset"}, "nobody")).status_code == 404


async def test_routes_are_listed(app):
    assert (await get(app, "/routes")).json() == {
        "routes": [{"route": "GET /user/{id:int}", "summary": "A user"}]
    }


async def test_plans_are_explained(app):
    assert (await get(app, "/explain")).text == "the plan of all\n"
    one = await get(app, "/explain", params={"route": "GET /user/{id:int}"})
    assert one.text == "the plan of GET /user/{id:int}\n"
    assert (await get(app, "/explain", params={"route": "GET /x"})).status_code == 404


async def test_health_and_documentation_are_here_as_well(app):
    for path in ("/health", "/health/live", "/health/ready", "/docs"):
        assert (await get(app, path)).status_code == 200
    assert (await get(app, "/openapi.json")).json()["x-served-elsewhere"] is True


@pytest.mark.parametrize(
    ("action", "state"),
    [("force_open", "forced_open"), ("disable", "disabled"), ("metrics_only", "metrics_only")],
)
async def test_operator_forces_a_breaker_and_resets_it(app, action, state):
    forced = await turn(app, {"action": action})
    assert (forced.status_code, forced.json()["state"]) == (200, state)
    assert (await get(app, "/upstreams/orders")).json()["state"] == state

    assert (await turn(app, {"action": "reset"})).json()["state"] == "closed"


async def test_forced_open_breaker_refuses(app, breaker):
    await turn(app, {"action": "force_open"})

    assert breaker.circuit.refuses(100.0)


async def test_without_the_token_nothing_changes(app, breaker):
    answer = await turn(app, {"action": "force_open"}, headers={})

    assert answer.status_code == 401
    assert breaker.snapshot().state == "closed"


async def test_under_another_name_nothing_changes(app, breaker):
    answer = await turn(app, {"action": "force_open"}, headers=OPERATOR | {"host": "evil.example:9901"})

    assert answer.status_code == 421
    assert breaker.snapshot().state == "closed"


@pytest.mark.parametrize(
    "body",
    [
        [],
        "force_open",
        {},
        {"action": None},
        {"action": []},
        {"action": "open"},
        {"action": "reset", "x": 1},
    ],
)
async def test_unknown_order_is_a_400_that_names_the_known_ones(app, breaker, body):
    answer = await turn(app, body)

    assert answer.status_code == 400
    assert all(action in answer.json()["detail"] for action in ACTIONS)
    assert breaker.snapshot().state == "closed"


@pytest.mark.parametrize(("body", "status"), [(b"", 400), (b"{", 400), (b"\xff", 400), (b" " * 5000, 413)])
async def test_order_that_is_no_json_or_too_long_is_refused(app, body, status):
    async with listening(app) as client:
        headers = OPERATOR | {"content-type": "application/json"}
        answer = await client.post("/upstreams/orders/breaker", content=body, headers=headers)

    assert answer.status_code == status


async def test_upstream_without_a_breaker_has_none_to_turn(app):
    answer = await turn(app, {"action": "reset"}, "recs")

    assert (answer.status_code, answer.json()["cause"]) == (409, "no_breaker")


async def test_operator_turns_every_breaker_of_an_upstream(breaker):
    other = Breaker(name="orders at b", rules=CircuitRules(), clock=lambda: 100.0)
    orders = Upstream("orders", breaker)
    orders.breakers.append(other)
    await turn(app_of({"orders": orders}, breaker), {"action": "force_open"})

    assert {breaker.snapshot().state, other.snapshot().state} == {"forced_open"}


async def test_f10_operator_switches_off_what_stands_in_for_failures(app):
    async def switch(action, headers=OPERATOR):
        async with listening(app) as client:
            return await client.post("/stand-ins", json={"action": action}, headers=headers)

    assert (await get(app, "/stand-ins")).json() == {"allowed": True}
    assert (await switch("off")).json() == {"allowed": False}
    assert (await switch("maybe")).status_code == 400
    assert (await switch("on", headers={})).status_code == 401
    assert (await get(app, "/stand-ins")).json() == {"allowed": False}
    assert (await switch("on")).json() == {"allowed": True}


async def test_reading_method_never_changes(app):
    answer = await get(app, "/upstreams/orders/breaker")

    assert (answer.status_code, answer.headers["allow"]) == (405, "OPTIONS, POST")


async def test_documentation_is_only_where_it_is_wanted(breaker):
    insight = Insight(
        health=Health({}, {}, lambda: Phase.READY),
        stand_ins=StandIns(),
        exposition=Metrics().pieces,
        upstreams={},
        routes=[ROUTE],
        explain=explain,
    )

    assert (await get(admin_app(insight, TOKEN, documented=False), "/docs")).status_code == 404

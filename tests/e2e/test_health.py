"""docs/contract.md section 6: what the listeners say, through an outage and after it."""

import json

import pytest

from tests.support.gateways import Site, eventually, listening, serving

CONFIG = """
upstreams:
  a:
    url: "${URL}"
    breaker: { minimum_throughput: 2, open_for: 300ms, max_open_for: 300ms, jitter: 0%, probes: 1 }
  b: { url: "${OTHER}", breaker: off }
routes:
  GET /one: { steps: { x: { get: a/x, required: true }, y: { get: b/y } } }
  GET /other: { steps: { x: { get: a/x }, y: { get: b/y } } }
"""

ALL_NEED_IT = CONFIG.replace("{ x: { get: a/x }, y", "{ x: { get: a/x, required: true }, y")


async def health(served):
    answer = await served.get("/health")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    return answer.status, answer.json["status"], answer.json["upstreams"]["a"]


@pytest.mark.parametrize(
    ("config", "open_", "recovering"),
    [(CONFIG, (200, "degraded"), (200, "degraded")), (ALL_NEED_IT, (503, "unhealthy"), (200, "degraded"))],
)
async def test_health_follows_an_outage_and_the_recovery_from_it(config, open_, recovering):
    site = Site({"/x": (500, "")})
    async with serving(config, URL=site, OTHER=Site()) as served:
        assert await health(served) == (200, "healthy", "closed")
        assert (await served.get("/one")).status == 502  # two attempts
        assert await health(served) == (*open_, "open")
        assert (await served.get("/one")).json["cause"] == "circuit_open"
        for target in ("/health/ready", "/health/live"):
            assert (await served.get(target)).status == 200
        asked = len(site.asked)
        breaker = served.gateway.upstreams["a"].breaker
        await eventually(lambda: breaker.snapshot().recovering)
        assert await health(served) == (*recovering, "recovering")
        assert len(site.asked) == asked  # health itself never asks
        site.pages["/x"] = {}
        assert (await served.get("/one")).status == 200
        assert await health(served) == (200, "healthy", "closed")


async def test_a_failed_probe_opens_the_circuit_again():
    site = Site({"/x": (500, "")})
    async with serving(CONFIG, URL=site, OTHER=Site()) as served:
        await served.get("/one")
        breaker = served.gateway.upstreams["a"].breaker
        await eventually(lambda: breaker.snapshot().recovering)
        assert (await served.get("/one")).json["cause"] == "failed"
        assert (await served.get("/one")).json["cause"] == "circuit_open"


async def test_the_public_form_shows_names_and_states_only():
    async with serving(CONFIG, URL=Site({"/x": (500, "secret")}), OTHER=Site()) as served:
        await served.get("/one")
        answer = await served.get("/health")
    assert answer.json == {"status": "degraded", "upstreams": {"a": "open", "b": "unguarded"}}


async def test_ready_is_no_more_when_draining_and_requests_are_still_answered():
    async with serving(CONFIG, URL=Site(), OTHER=Site()) as served:
        assert (await served.get("/health/ready")).json == {"status": "ready"}
        served.gateway.drain()
        answer = await served.get("/health/ready")
        assert (answer.status, answer.json) == (503, {"status": "draining"})
        assert (await served.get("/health/live")).status == 200
        assert (await served.get("/one")).status == 200


@pytest.mark.parametrize(
    ("docs", "public", "admin"), [("public", 200, 404), ("admin", 404, 200), ("off", 404, 404)]
)
async def test_docs_are_where_the_configuration_says(docs, public, admin):
    config = f"server: {{ docs: {docs} }}\n" + CONFIG
    async with (
        serving(config, URL=Site(), OTHER=Site()) as served,
        listening(served.gateway.admin) as operators,
    ):
        for target in ("/docs", "/openapi.json"):
            assert (await served.get(target)).status == public
            assert (await operators.get(target)).status == admin


async def test_docs_name_every_route_and_load_nothing_from_elsewhere():
    async with serving("server: { docs: public }\n" + CONFIG, URL=Site(), OTHER=Site()) as served:
        paths = json.loads((await served.get("/openapi.json")).body)["paths"]
        page = await served.get("/docs")
        assert {"/one", "/other"} <= set(paths)
        assert b"http://" not in page.body
        assert b"https://" not in page.body


async def test_the_admin_listener_shows_details_and_takes_orders_from_the_operator_only():
    token = ("authorization", "Bearer secret-token")
    order = {"action": "force_open"}
    async with (
        serving(CONFIG, URL=Site(), OTHER=Site(), options={"operator_token": "secret-token"}) as served,
        listening(served.gateway.admin) as admin,
    ):
        await served.get("/one")
        assert b"gateway_" in (await admin.get("/metrics")).body
        details = (await admin.get("/upstreams")).json["upstreams"]["a"]
        assert (details["state"], details["breaker"]["total"]) == ("closed", 1)
        assert (await admin.get("/health/ready")).status == 200
        for headers, status in (
            ([], 401),
            ([("authorization", "Bearer wrong")], 401),
            ([token, ("host", "evil.example")], 421),
            ([token, ("content-type", "text/plain")], 415),
        ):
            assert (await admin.ask("/upstreams/a/breaker", "POST", order, headers)).status == status
            assert (await health(served))[1:] == ("healthy", "closed")
        assert (await admin.ask("/upstreams/a/breaker", "POST", order, [token])).status == 200
        assert (await health(served))[1:] == ("degraded", "forced_open")
        assert (await served.get("/one")).json["cause"] == "circuit_open"


async def test_admin_pages_are_not_on_the_public_listener():
    async with serving(CONFIG, URL=Site(), OTHER=Site()) as served:
        for target in ("/metrics", "/upstreams", "/explain", "/routes"):
            assert (await served.get(target)).status == 404

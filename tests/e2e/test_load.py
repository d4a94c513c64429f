"""docs/decisions/0010: load that cannot be answered is not taken on, by the gateway and for its upstreams."""

import asyncio

import pytest

from tests.support.gateways import Site, after, eventually, hanging, replying, serving

ADMITTING = """
server: { admission: { in_flight: 10 }, docs: public }
upstreams: { a: { url: "${URL}", breaker: off } }
routes:
  GET /normal: { steps: { x: { get: a/x } } }
  GET /critical: { priority: critical, steps: { x: { get: a/x } } }
  GET /sheddable: { priority: sheddable, steps: { x: { get: a/x } } }
  POST /body: { steps: { x: { post: a/x, json: "{body}" } } }
"""


async def under_way(served, count):
    """So many requests of the critical route, which wait for the upstream."""
    tasks = [asyncio.ensure_future(served.get("/critical")) for _ in range(count)]
    await eventually(lambda: served.gateway._admission.in_flight == count)
    return tasks


async def test_request_beyond_the_limit_is_told_when_to_come_back():
    site = Site({"/x": after(0.3, replying(1))})
    async with serving(ADMITTING, URL=site) as served:
        tasks = await under_way(served, 9)
        await eventually(lambda: len(site.asked) == 9)

        answer = await served.get("/normal", ("x-request-id", "mine-1"))

        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json == {
            "type": "/problems/bulkhead_full",
            "title": "Too many requests at the moment",
            "status": 503,
            "cause": "bulkhead_full",
            "request_id": "mine-1",
        }
        assert len(site.asked) == 9
        assert {each.status for each in await asyncio.gather(*tasks)} == {200}
        assert (await served.get("/normal")).status == 200


@pytest.mark.parametrize(
    ("held", "statuses"),
    [
        (7, {"/sheddable": 200, "/normal": 200, "/critical": 200}),
        (8, {"/sheddable": 503, "/normal": 200, "/critical": 200}),
        (9, {"/sheddable": 503, "/normal": 503, "/critical": 200}),
        (10, {"/sheddable": 503, "/normal": 503, "/critical": 503}),
    ],
)
async def test_the_least_important_routes_are_turned_away_first(held, statuses):
    async with serving(ADMITTING, URL=Site({"/x": after(0.2, replying(1))})) as served:
        tasks = await under_way(served, held)

        assert {target: (await served.get(target)).status for target in statuses} == statuses

        await asyncio.gather(*tasks)


async def test_pages_are_never_turned_away():
    async with serving(ADMITTING, URL=Site({"/x": after(0.3, replying(1))})) as served:
        tasks = await under_way(served, 10)

        for target in ("/health", "/health/ready", "/health/live", "/docs", "/openapi.json"):
            assert (await served.get(target)).status == 200
        assert (await served.get("/nowhere")).status == 404

        await asyncio.gather(*tasks)


async def test_body_of_a_request_that_is_turned_away_reaches_nobody_and_the_connection_goes_on():
    site = Site({"/x": after(0.3, replying(1))})
    async with serving(ADMITTING, URL=site) as served, served.client() as client:
        tasks = await under_way(served, 10)

        client.send("POST", "/body", {"n": 1})
        refused = await client.answer()
        await asyncio.gather(*tasks)
        client.send("POST", "/body", {"n": 1})
        answered = await client.answer()

        assert (refused.status, answered.status) == (503, 200)
        assert len(site.asked) == 11


async def test_clients_that_leave_make_room():
    site = Site({"/x": hanging})
    async with serving(ADMITTING, URL=site) as served:
        async with served.client() as client:
            client.send("GET", "/critical")
            await eventually(lambda: served.gateway._admission.in_flight == 1)

        await eventually(lambda: served.gateway._admission.in_flight == 0)


async def test_requests_turned_away_are_counted_as_such():
    async with serving(ADMITTING, URL=Site({"/x": after(0.2, replying(1))})) as served:
        tasks = await under_way(served, 10)
        await served.get("/normal")
        await asyncio.gather(*tasks)

        text = served.gateway.metrics.exposition()[0].decode()

    (line,) = (line for line in text.splitlines() if 'route="GET /normal"' in line and 'status="503"' in line)
    assert line.startswith("gateway_requests_total{")
    assert line.endswith(" 1")


WARM = """
upstreams: { a: { url: "${URL}", breaker: off, warm: { connections: 5 } } }
routes: { GET /one: { steps: { x: { get: a/x } } } }
"""


async def test_connections_are_open_before_the_first_request():
    async with serving(WARM, URL=Site({"/x": 1})) as served:
        assert served.up["URL"].connections == 5

        assert {(await served.get("/one")).status for _ in range(5)} == {200}

        assert served.up["URL"].connections == 5


async def test_upstream_that_is_down_keeps_nobody_from_starting():
    async with serving(WARM, URL="http://127.0.0.1:9") as served:
        assert (await served.get("/health/ready")).status == 200
        assert (await served.get("/one")).json["cause"] == "unreachable"


async def test_after_the_start_an_upstream_gets_its_load_step_by_step():
    config = WARM.replace(
        "warm: { connections: 5 }", "warm: { connections: 0 }, bulkhead: { max_wait: 900ms }"
    )
    async with serving(config, URL=Site({"/x": after(0.05, replying(1))})) as served:
        bulkhead = served.gateway.upstreams["a"].bulkhead
        assert bulkhead.slots == 3

        answers = await asyncio.gather(*(served.get("/one") for _ in range(12)))

        assert {answer.status for answer in answers} == {200}
        assert served.up["URL"].peak <= 6  # a round of 3, a round of 6, and 3 are left
        assert bulkhead.slots == 12


ADAPTIVE = """
upstreams: { a: { url: "${URL}", breaker: off, bulkhead: { slots: adaptive, min: 2, initial: 4, max: 8 } } }
routes: { GET /one: { steps: { x: { get: a/x } } } }
"""


async def test_adaptive_slots_are_fewer_while_the_time_without_load_is_measured():
    async with serving(ADAPTIVE, URL=Site({"/x": after(0.02, replying(1))})) as served:
        upstream = served.gateway.upstreams["a"]
        assert upstream.bulkhead.slots == 2
        assert upstream.client.state().limit == 8

        answers = await asyncio.gather(*(served.get("/one") for _ in range(6)))

        assert {answer.status for answer in answers} == {200}
        assert served.up["URL"].peak == 2

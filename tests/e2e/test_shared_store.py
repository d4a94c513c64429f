"""Copies and hints that gateways share through a real server; and what is left of them when it is gone."""

import asyncio

import pytest

from tests.support.gateways import Site, eventually, gateway_of, held_by, listening, serving
from tests.support.servers import scripted
from tests.support.valkey import valkey

pytestmark = pytest.mark.slow

CONFIG = """
server: { access_log: off }
stores: { far: { redis: "${REDIS}", timeout: 1s } } # a busy machine must not make a miss of it
upstreams:
  a: { url: "${URL}", retry: off, breaker: { share: far, consecutive: 2, open_for: 20s } }
routes:
  GET /x:
    steps: { x: { get: a/x, cache: { ttl: 1m, store: far } } }
    respond: "{x}"
  GET /live: { steps: { x: { get: a/live } }, respond: "{x}" }
"""


@pytest.fixture
def server():
    with valkey() as running:
        yield running


def metric(served, name, **labels):
    wanted = [f'{key}="{value}"' for key, value in labels.items()]
    text = served.gateway.metrics.exposition()[0].decode()
    lines = [line for line in text.splitlines() if line.startswith(name) and all(w in line for w in wanted)]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


async def test_copy_of_one_gateway_answers_at_another(server):
    site = Site({"/x": {"n": 1}})
    async with (
        serving(CONFIG, URL=site, REDIS=server.url) as one,
        serving(CONFIG, URL=one.up["URL"].url, REDIS=server.url) as other,
    ):
        assert (await one.get("/x")).json == {"n": 1}
        await eventually(
            lambda: metric(one, "gateway_store_writes_total", store="far", result="written") == 1
        )
        answer = await other.get("/x")
        assert metric(other, "gateway_cache_lookups_total", step="x", result="hit") == 1
        assert metric(other, "gateway_store_reads_total", store="far", result="hits") == 1

    assert answer.json == {"n": 1}
    assert "age" in answer.headers
    assert site.paths == ["/x"]


async def test_server_that_is_gone_costs_no_answer(server):
    site = Site({"/x": {"n": 1}, "/live": 2})
    async with serving(CONFIG, URL=site, REDIS=server.url) as served:
        await served.get("/x")
        server.kill()
        began = asyncio.get_running_loop().time()
        for _ in range(20):
            assert (await served.get("/x")).json == {"n": 1}
            assert (await served.get("/live")).json == 2
        assert asyncio.get_running_loop().time() - began < 2.0

    assert site.paths.count("/x") == 1  # the memory before it still has its copy


async def test_gateway_that_starts_without_its_server_serves(server):
    server.kill()
    async with serving(CONFIG, URL=Site({"/x": {"n": 1}}), REDIS=server.url) as served:
        assert (await served.get("/health/ready")).status == 200
        assert (await served.get("/x")).json == {"n": 1}


async def test_circuit_that_opens_at_one_gateway_is_probed_at_the_others(server):
    site = Site({"/live": (500, "")})
    async with (
        serving(CONFIG, URL=site, REDIS=server.url) as one,
        serving(CONFIG, URL=one.up["URL"].url, REDIS=server.url) as other,
    ):
        for _ in range(2):
            await one.get("/live")
        breaker = other.gateway.upstreams["a"].breaker
        await eventually(lambda: breaker.snapshot().state == "half_open", 5.0)
        assert metric(one, "gateway_breaker_hints_total", result="told") == 1
        assert metric(other, "gateway_breaker_hints_total", result="heeded") == 1
        site.pages["/live"] = 7
        answers = [await other.get("/live") for _ in range(3)]
        assert breaker.snapshot().state == "closed"

    assert [answer.json for answer in answers] == [7, 7, 7]


EVERYTHING = """
server: { access_log: off, admission: { in_flight: 50 } }
stores: { far: { redis: "${REDIS}", timeout: 1s } }
defaults: { upstream: { hedge: { after: p95 }, warm: { connections: 2 } } }
upstreams:
  a: { url: "${URL}", breaker: { share: far }, bulkhead: { slots: adaptive } }
  b: { urls: ["${URL}", "${OTHER}"] }
routes:
  GET /x:
    priority: critical
    steps:
      x: { get: a/x, coalesce: on, cache: { ttl: 1ms, stale_while_revalidate: 1m, store: far } }
      y: { get: b/y, cache: { ttl: 1m } }
      z: { get: "b/y?n={x}" }
"""


async def test_gateway_with_every_layer_can_be_closed_and_opened_again(server):
    site, other = Site(default=1), Site(default=1)
    async with scripted(site) as up, scripted(other) as second:
        environ = {"URL": up.url, "OTHER": second.url, "REDIS": server.url}
        gateway = gateway_of(EVERYTHING, environ=environ)
        for _ in range(3):
            async with gateway, listening(gateway) as there:
                for _ in range(5):
                    assert (await there.get("/x")).json == {"x": 1, "y": 1, "z": 1}
                await asyncio.sleep(0.01)
                assert (await there.get("/health")).json["status"] == "healthy"
            assert held_by(gateway) == {}
            assert not [task for task in asyncio.all_tasks() if "redis" in task.get_name()]

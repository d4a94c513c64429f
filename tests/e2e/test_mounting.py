"""docs/contract.md section 6: mounted elsewhere, opened late, opened twice, two in one process."""

import asyncio
import gc
import logging
import weakref

import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware

from gateway import Gateway
from gateway.config import load
from tests.support.gateways import Site, after, eventually, gateway_of, held_by, listening, replying
from tests.support.processes import mock_services
from tests.support.servers import scripted

CONFIG = """
server: { docs: public }
upstreams: { a: { url: "${URL}", timeout: 500ms } }
routes:
  GET /one/{id:int}: { steps: { x: { get: "a/x/{id}" } } }
  GET /slow: { time_limit: 400ms, steps: { x: { get: a/slow } } }
  POST /body: { steps: { x: { put: a/x, json: "{body}" } } }
"""


def made_for(up):
    return gateway_of(CONFIG, environ={"URL": up.url})


async def test_it_answers_below_the_path_where_it_is_mounted():
    async with scripted(Site({"/x/7": {"n": 7}})) as up:
        gateway = made_for(up)
        app = FastAPI(lifespan=gateway.lifespan)
        app.mount("/api", gateway)
        async with app.router.lifespan_context(app), listening(app) as there:
            assert (await there.get("/api/one/7")).json == {"x": {"n": 7}}
            assert (await there.get("/api/one/x")).status == 400
            assert (await there.get("/api/nowhere")).json["cause"] == "no_route"
            assert (await there.get("/api/health")).json["status"] == "healthy"
            assert (await there.get("/api/health/ready")).status == 200
            assert (await there.get("/api/docs")).status == 200
            assert (await there.get("/one/7")).status == 404
            assert (await there.get("/%61pi/one/7")).status == 200  # the same path, spelt otherwise
            answer = await there.ask("/api/one/7", "HEAD")
            assert (answer.status, answer.headers["content-length"]) == (200, "14")
            answer = await there.ask("/api/one/7", "POST")
            assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
            answer = await there.ask("/api/body", "POST", [1])
            assert answer.status == 200
        assert held_by(gateway) == {}
        assert gateway.upstreams["a"].client.state().open == 0


async def test_its_own_documentation_and_admin_pages_mount_as_well():
    async with scripted(Site()) as up:
        gateway = made_for(up)
        app = FastAPI(lifespan=gateway.lifespan)
        app.mount("/operators", gateway.admin)
        app.mount("/", gateway)
        async with app.router.lifespan_context(app), listening(app) as there:
            await there.get("/one/1")
            metrics = await there.get("/operators/metrics")
            assert (metrics.status, b"gateway_" in metrics.body) == (200, True)
            assert (await there.get("/operators/upstreams")).json["upstreams"]["a"]["state"] == "closed"


async def test_a_gateway_that_nobody_opened_opens_at_its_first_request_and_says_how_to_do_it(caplog):
    async with scripted(Site()) as up:
        gateway = made_for(up)
        app = Starlette()
        app.mount("/", gateway)
        async with listening(app) as there:
            answers = await asyncio.gather(*(there.get("/one/1") for _ in range(5)))
        assert [answer.status for answer in answers] == [200] * 5
        told = [record for record in caplog.records if "lifespan=gateway.lifespan" in record.getMessage()]
        assert [record.levelno for record in told] == [logging.WARNING]
        await gateway.close()


async def test_it_serves_behind_any_asgi_server():
    async with scripted(Site({"/slow": after(0.12, replying("1"))})) as up, made_for(up) as gateway:
        transport = httpx.ASGITransport(gateway, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            assert (await client.get("/one/7")).json() == {"x": {}}
            assert (await client.get("/slow")).json() == {"x": 1}
            assert (await client.get("/one/x")).status_code == 400
            assert (await client.head("/one/7")).headers["content-length"] == "8"
            assert (await client.options("/one/7")).status_code == 204
            assert (await client.post("/body", json={"a": 1})).status_code == 200
            assert (await client.post("/body", content=b"{}")).status_code == 415
            assert (await client.get("/health")).status_code == 200


async def test_behind_a_server_that_knows_no_raw_path_the_usual_spelling_counts():
    async with scripted(Site()) as up, made_for(up) as gateway:
        sent = []

        async def send(message):
            sent.append(message)

        async def receive():
            await asyncio.sleep(60)

        scope = {"type": "http", "method": "GET", "path": "/one/7", "query_string": b"", "headers": []}
        await gateway(scope, receive, send)
        assert (sent[0]["status"], sent[1]["body"]) == (200, b'{"x":{}}')
        assert all(isinstance(name, bytes) for name, _ in sent[0]["headers"])


async def test_c2_a_client_that_leaves_is_noticed_behind_any_asgi_server():
    site = Site({"/slow": after(0.35, replying("1"))})
    async with scripted(site) as up, made_for(up) as gateway:
        messages = [{"type": "http.request", "body": b"", "more_body": False}, {"type": "http.disconnect"}]
        sent = []

        async def send(message):
            sent.append(message)

        async def receive():
            return messages.pop(0)

        scope = {"type": "http", "method": "GET", "path": "/slow", "query_string": b"", "headers": []}
        began = asyncio.get_running_loop().time()
        await gateway(scope, receive, send)
        assert asyncio.get_running_loop().time() - began < 0.3
        assert sent == []
        assert held_by(gateway) == {}


async def test_behind_a_base_http_middleware_it_answers_as_ever():
    class Passing(BaseHTTPMiddleware):
        async def dispatch(self, request, call_next):
            return await call_next(request)

    async with (
        scripted(Site({"/slow": after(0.1, replying("1"))})) as up,
        made_for(up) as gateway,
        listening(Passing(gateway)) as there,
    ):
        assert (await there.get("/slow")).json == {"x": 1}
        assert (await there.ask("/body", "POST", {"a": 1})).status == 200
        async with there.client() as client:
            client.send("GET", "/slow")
            await asyncio.sleep(0.05)
        await eventually(lambda: not held_by(gateway))


async def test_two_gateways_in_one_process_share_nothing():
    async with (
        scripted(Site({"/x/1": (500, "")})) as bad,
        scripted(Site()) as good,
        made_for(bad) as first,
        made_for(good) as second,
        listening(first) as one,
        listening(second) as other,
    ):
        for _ in range(10):
            await one.get("/one/1")
        assert (await one.get("/one/1")).json["cause"] == "circuit_open"
        assert (await other.get("/one/1")).status == 200
        assert (await one.get("/health")).json["status"] == "unhealthy"
        assert (await other.get("/health")).json["status"] == "healthy"
        text = [each.metrics.exposition("")[0] for each in (first, second)]
        assert text[0] != text[1]


async def test_it_can_be_opened_closed_and_opened_again():
    async with scripted(Site()) as up:
        gateway = made_for(up)
        for _ in range(3):
            async with gateway, listening(gateway) as there:
                assert (await there.get("/health/ready")).status == 200
                assert (await there.get("/one/7")).status == 200
            assert gateway.upstreams["a"].client.state().open == 0


@pytest.mark.parametrize("transport", ["h1", "httpx"])
def test_it_can_be_opened_again_on_another_loop_as_test_clients_do(transport):
    with mock_services() as ports:
        url = f"http://127.0.0.1:{ports['users']}"
        config = CONFIG.replace("timeout: 500ms", f"transport: {transport}")
        config = config.replace("a/x/{id}", "a/internal/users/{id}")
        gateway = gateway_of(config, environ={"URL": url})
        app = FastAPI(lifespan=gateway.lifespan)
        app.mount("/api", gateway)

        async def use():
            async with app.router.lifespan_context(app), listening(app) as there:
                for _ in range(3):
                    answer = await there.get("/api/one/7")
                    assert answer.status == 200, answer.body

        for _ in range(2):
            with asyncio.Runner() as runner:
                runner.run(use())


async def test_it_speaks_the_lifespan_protocol_itself():
    async with scripted(Site()) as up:
        gateway = made_for(up)
        messages, sent = asyncio.Queue(), []

        async def send(message):
            sent.append(message["type"])

        task = asyncio.create_task(gateway({"type": "lifespan"}, messages.get, send))
        messages.put_nowait({"type": "lifespan.startup"})
        await eventually(lambda: sent == ["lifespan.startup.complete"])
        async with listening(gateway) as there:
            assert (await there.get("/health/ready")).status == 200
            assert (await there.get("/one/1")).status == 200
        messages.put_nowait({"type": "lifespan.shutdown"})
        await task
        assert sent[1:] == ["lifespan.shutdown.complete"]
        assert gateway.upstreams["a"].client.state().open == 0


async def test_a_gateway_made_of_a_loaded_configuration_is_the_same():
    loaded = load("config/gateway.yaml", {})
    assert list(Gateway(loaded).routes) == list(Gateway("config/gateway.yaml").routes)


async def test_a_gateway_that_is_let_go_is_freed():
    async with scripted(Site()) as up:
        gateway = made_for(up)
        async with gateway, listening(gateway) as there:
            await there.get("/one/1")
        freed = []
        weakref.finalize(gateway, freed.append, True)
        del gateway, there
        await eventually(lambda: gc.collect() is not None and freed)

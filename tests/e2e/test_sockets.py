"""Clients that do not read: what becomes of their answers and WebSockets, and of what those hold."""

import asyncio
import contextlib
import time

import pytest
from websockets.asyncio.server import serve

from tests.support.deaf import Deaf
from tests.support.gateways import Site, eventually, hanging, replying, serving

LIMIT = 0.3
MUCH = 16_000_000  # more than the buffers of both ends take
CONFIG = """
server: { send_timeout: 300ms, admission: { in_flight: 10 } }
upstreams: { up: { url: "${UP}", retry: off, timeout: 20s, max_response: 32MiB } }
defaults: { route: { time_limit: 20s } }
routes:
  GET /much: { steps: { x: { get: up/much } }, respond: "{x}" }
  POST /much: { steps: { x: { post: up/much, json: "{body}" } }, respond: "{x}" }
  GET /parts: { produces: [ndjson], steps: { x: { get: up/much }, later: { get: up/never } } }
  GET /ended: { produces: [ndjson], steps: { x: { get: up/much } } }
  GET /passed: { proxy: { to: up/much, idle_timeout: 300ms } }
  GET /patient: { proxy: { to: up/much, idle_timeout: 900ms } }
  GET /ws: { proxy: { to: up/ws, websocket: on } }
"""
BODY = b"content-type: application/json\r\ncontent-length: 2\r\n"
REQUESTS = {
    "past ASGI": b"GET /much HTTP/1.1\r\nhost: x\r\n\r\n",
    "the last one": b"GET /much HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    "by ASGI": b"POST /much HTTP/1.1\r\nhost: x\r\n%b\r\n{}" % BODY,
    "parts": b"GET /parts HTTP/1.1\r\nhost: x\r\n\r\n",
    "parts to the end": b"GET /ended HTTP/1.1\r\nhost: x\r\n\r\n",
    "passed on": b"GET /passed HTTP/1.1\r\nhost: x\r\n\r\n",
}
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@contextlib.asynccontextmanager
async def gateway():
    site = Site({"/much": replying(f'"{"x" * MUCH}"'), "/never": hanging})
    async with serving(CONFIG, UP=site) as served:
        yield served


def stalled(g):
    text, _ = g.gateway.metrics.exposition()
    return b"gateway_clients_stalled_total 1\n" in text


@pytest.mark.parametrize("kind", REQUESTS)
async def test_client_that_never_reads_is_given_up_and_holds_nothing(kind):
    async with gateway() as g, Deaf(g.port, REQUESTS[kind]) as client:
        await eventually(g.held)
        begun = time.monotonic()
        await eventually(lambda: client.reset, 5.0)

        assert time.monotonic() - begun < 3.0
        await g.idle()
        assert g.gateway._admission.in_flight == 0
        assert stalled(g) or kind == "passed on"  # which is counted among the streams
        assert (await g.get("/health")).status == 200


async def test_client_that_reads_slowly_gets_it_all():
    async with gateway() as g, Deaf(g.port, REQUESTS["past ASGI"]) as client:
        size = 0
        while size < MUCH:
            await asyncio.sleep(LIMIT / 10)
            for _ in range(16):
                size += len(await client.read(65_536))

        assert not stalled(g)


async def test_time_of_what_is_passed_on_is_its_routes():
    async with gateway() as g, Deaf(g.port, b"GET /patient HTTP/1.1\r\nhost: x\r\n\r\n") as client:
        await eventually(g.held)
        await asyncio.sleep(2 * LIMIT)
        assert not client.reset
        await eventually(lambda: client.reset, 3.0)

        await g.idle()
        text = g.gateway.metrics.exposition()[0].decode()
        assert 'gateway_streams_total{route="GET /patient",ending="client_gone"} 1' in text


async def test_websocket_whose_client_does_not_read_is_given_up():
    async def talk(peer):
        with contextlib.suppress(Exception):
            while True:
                await peer.send(b"x" * 65_536)

    async with serve(talk, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with serving(CONFIG, UP=url) as g, Deaf(g.port, UPGRADE) as client:
            await eventually(lambda: g.gateway.upstreams["up"].bulkhead.in_use == 1)
            await eventually(lambda: client.reset, 5.0)

            await g.idle()
            assert stalled(g)


async def test_websocket_whose_client_reads_is_kept():
    async def talk(peer):
        for _ in range(8):
            await peer.send(b"x" * 65_536)
            await asyncio.sleep(LIMIT / 4)

    async with serve(talk, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with serving(CONFIG, UP=url) as g, Deaf(g.port, UPGRADE) as client:
            size = 0
            while size < 8 * 65_536:
                size += len(await client.read(65_536))

            assert not stalled(g)


async def test_answer_that_fits_the_buffers_is_nobodys_concern():
    async with gateway() as g, Deaf(g.port, b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n") as client:
        await asyncio.sleep(2 * LIMIT)

        assert (await client.read(65_536)).startswith(b"HTTP/1.1 200 OK")
        assert not stalled(g)

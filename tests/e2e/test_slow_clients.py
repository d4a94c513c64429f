"""Clients that take their time: to begin a request, to send its head, to send what nobody reads of its body.

What they do is timed from outside, over real sockets, on either way that a request can take.
"""

import asyncio
import contextlib
import json
import time

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

from tests.support.gateways import Site, after, eventually, replying, serving

LIMIT = 0.25
CONFIG = """
server: { head_timeout: 250ms }
upstreams: { up: { url: "${UP}", retry: off, timeout: 2s } }
defaults: { route: { time_limit: 3s } }
routes:
  GET /x: { steps: { x: { get: up/x } }, respond: "{x}" }
  GET /slow: { steps: { x: { get: up/slow } }, respond: "{x}" }
  POST /echo: { steps: { x: { post: up/echo, json: "{body}" } }, respond: "{x}" }
  ANY /files/{rest:path}: { proxy: { to: "up/{rest}", idle_timeout: 2s, websocket: on } }
"""
GET = b"GET /x HTTP/1.1\r\nhost: x\r\n\r\n"
POST = b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
SLOW = b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n"
NOWHERE = b"POST /nowhere HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n"
UPGRADE = b"GET /files/ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
HEADS = {"plain": GET, "with a body": POST, "websocket": UPGRADE + b"x: y\r\n\r\n"}


class Streaming:
    """Sends a piece of an answer every tenth of a second."""

    async def __call__(self, peer):
        await peer.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(5):
            await asyncio.sleep(0.1)
            await peer.send(b"4\r\ntick\r\n")
        await peer.send(b"0\r\n\r\n")


@contextlib.asynccontextmanager
async def gateway():
    site = Site({"/x": 1, "/echo": 2, "/slow": after(2 * LIMIT, replying("3")), "/events": Streaming()})
    async with serving(CONFIG, UP=site) as served:
        served.site = site
        yield served


async def trickle(client, data, every=0.02):
    """Send *data* byte by byte until it is refused or over."""
    with contextlib.suppress(ConnectionError):
        for byte in data:
            client.send_raw(bytes([byte]))
            await client.writer.drain()
            await asyncio.sleep(every)


@contextlib.asynccontextmanager
async def trickling(client, data):
    task = asyncio.ensure_future(trickle(client, data))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def in_time(seconds):
    return LIMIT - 0.01 <= seconds < LIMIT + 0.25


def refused(g, status=408):
    text, _ = g.gateway.metrics.exposition()
    return f'gateway_heads_refused_total{{status="{status}"}} 1\n' in text.decode()


async def test_connection_that_never_sends_is_closed_without_a_word():
    async with gateway() as g, g.client() as client:
        begun = time.monotonic()

        assert await client.ended()
        assert in_time(time.monotonic() - begun)
        assert not refused(g)


@pytest.mark.parametrize("kind", HEADS)
@pytest.mark.parametrize("before", [b"", GET, POST], ids=["at once", "after a plain one", "after a body"])
async def test_head_that_trickles_is_408_from_its_first_byte_on(kind, before):
    async with gateway() as g, g.client() as client:
        if before:
            client.send_raw(before)
            assert (await client.answer()).status == 200
        begun = time.monotonic()
        async with trickling(client, HEADS[kind]):
            answer = await client.answer()
            took = time.monotonic() - begun

            assert (answer.status, answer.headers["content-type"]) == (408, "application/problem+json")
            assert answer.json["cause"] == "head_too_slow"
            assert (answer.headers["connection"], answer.headers["cache-control"]) == ("close", "no-store")
            assert in_time(took)
            assert await client.ended()
        assert refused(g)


@pytest.mark.parametrize("head", [GET, POST], ids=["plain", "with a body"])
async def test_head_in_pieces_that_comes_in_time_is_served(head):
    async with gateway() as g, g.client() as client:
        for _ in range(3):
            for piece in (head[:5], head[5:20], head[20:]):
                client.send_raw(piece)
                await asyncio.sleep(LIMIT / 4)
            assert (await client.answer()).status == 200


async def test_head_that_trickles_behind_an_answer_under_way_does_not_cut_it():
    async with gateway() as g, g.client() as client:
        client.send_raw(SLOW.replace(b"GET /slow", b"GET /files/slow"))
        await asyncio.sleep(0.02)
        async with trickling(client, GET[:-4] + b"\r\nx: " + b"x" * 100):
            answer = await client.answer()

            assert (answer.status, answer.body) == (200, b"3")
            assert await client.ended()


async def test_answers_uploads_and_events_take_as_long_as_their_routes_let_them():
    async with gateway() as g, g.client() as client:
        client.send_raw(SLOW)
        assert (await client.answer()).body == b"3"
        client.send_raw(b"PUT /files/echo HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n")
        for _ in range(5):
            await asyncio.sleep(LIMIT / 3)
            client.send_raw(b"b")
        assert (await client.answer()).body == b"2"
        client.send_raw(GET.replace(b"/x", b"/files/events"))
        assert (await client.answer()).body == b"tick" * 5


async def test_websocket_lives_on():
    async def talk(socket):
        async for message in socket:
            await socket.send(message)

    async with serve(talk, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with serving(CONFIG, UP=url) as g, connect(f"ws://127.0.0.1:{g.port}/files/ws") as client:
            await asyncio.sleep(2 * LIMIT)
            await client.send("still here")

            assert await client.recv() == "still here"


async def test_rest_of_a_body_that_nobody_reads_has_as_much_time_as_a_head():
    async with gateway() as g, g.client() as client:
        client.send_raw(NOWHERE)
        assert (await client.answer()).status == 404
        begun = time.monotonic()
        async with trickling(client, b"b" * 100):
            with contextlib.suppress(ConnectionError):  # bytes of it were not read: that resets
                assert await client.ended()

            assert in_time(time.monotonic() - begun)
        assert refused(g)


async def test_connection_is_used_again_when_the_rest_of_a_body_has_come():
    async with gateway() as g, g.client() as client:
        client.send_raw(NOWHERE)
        assert (await client.answer()).status == 404
        await asyncio.sleep(LIMIT / 2)
        client.send_raw(b"b" * 500)
        await asyncio.sleep(LIMIT / 2)
        client.send_raw(b"b" * 500)
        await asyncio.sleep(LIMIT)
        client.send_raw(GET)

        assert (await client.answer()).body == b"1"
        assert not refused(g)


async def test_request_that_comes_with_the_end_of_such_a_rest_is_served():
    async with gateway() as g, g.client() as client:
        client.send_raw(NOWHERE)
        assert (await client.answer()).status == 404
        client.send_raw(b"b" * 500)
        await asyncio.sleep(0.02)
        client.send_raw(b"b" * 500 + SLOW + GET)

        assert [(await client.answer()).body, (await client.answer()).body] == [b"3", b"1"]


async def test_connections_that_dawdle_hold_nothing_and_others_are_served_meanwhile():
    async with gateway() as g, contextlib.AsyncExitStack() as stack:
        slow = [await stack.enter_async_context(g.client()) for _ in range(50)]
        for client in slow:
            client.send_raw(GET[:-2])
        assert (await g.get("/x")).status == 200
        answers = [await client.answer() for client in slow]

        assert {answer.status for answer in answers} == {408}
        assert g.site.paths == ["/x"]
        assert json.loads(answers[0].body)["title"] == "The request's headers did not come in time"
        await eventually(lambda: not g.held())

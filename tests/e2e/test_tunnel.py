"""WebSockets through the gateway: real clients and servers of the ``websockets`` library on both ends."""

import asyncio
import contextlib
import json
import time

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed, InvalidStatus

from gateway.edge.admission import Priority
from tests.support.gateways import eventually, serving
from tests.support.servers import answer, answering

CONFIG = """
server: { access_log: all }
upstreams: { chat: { url: "${URL}", retry: off, timeout: 500ms, bulkhead: { slots: 2, max_wait: 50ms } } }
routes:
  GET /chat/{room}:
    time_limit: 1s
    proxy:
      to: "chat/rooms/{room}"
      forward: { headers: [authorization], query: [since] }
      idle_timeout: @IDLE
      websocket: on
  GET /plain: { proxy: chat/plain }
"""


class Chat:
    """An upstream that runs *talk* with each client."""

    def __init__(self, talk):
        self.talk = talk
        self.requests = []
        self.ended = []

    async def __call__(self, socket):
        self.requests.append(socket.request)
        try:
            await self.talk(socket)
        finally:
            await socket.wait_closed()
            self.ended.append((time.monotonic(), socket.close_code, socket.close_reason))


def chosen(_, offered):
    return "v2.chat" if "v2.chat" in offered else None


@contextlib.asynccontextmanager
async def chatting(talk, idle="10s", config=CONFIG, **options):
    chat = Chat(talk)
    async with serve(chat, "127.0.0.1", 0, select_subprotocol=chosen, **options) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with serving(config.replace("@IDLE", idle).replace("${URL}", url)) as served:
            served.chat = chat
            served.ws = f"ws://127.0.0.1:{served.port}"
            yield served


async def echo(socket):
    async for message in socket:
        await socket.send(message)


async def test_messages_go_both_ways_whole_and_in_order():
    async with chatting(echo) as g, connect(f"{g.ws}/chat/7") as client:
        for message in ("hello", b"\x00\xff", "", "é" * 100_000, b"x" * 1_000_000):
            await client.send(message)
            assert await client.recv() == message
        for n in range(100):
            await client.send(str(n))
        assert [await client.recv() for _ in range(100)] == [str(n) for n in range(100)]


async def test_path_subprotocol_and_what_is_named_go_on_and_nothing_else():
    async with chatting(echo) as g:
        headers = {"Authorization": "Bearer t", "X-Other": "1", "Cookie": "s=1"}
        url = f"{g.ws}/chat/7?since=5&secret=1"
        async with connect(url, subprotocols=["v3.chat", "v2.chat"], additional_headers=headers) as client:
            assert client.subprotocol == "v2.chat"
            assert "x-request-id" in client.response.headers
        (request,) = g.chat.requests
        assert request.path == "/rooms/7?since=5"
        assert request.headers["authorization"] == "Bearer t"
        assert "traceparent" in request.headers
        assert not {"x-other", "cookie", "origin"} & {name.lower() for name in request.headers}


async def test_code_of_the_client_reaches_the_upstream():
    async with chatting(echo) as g:
        async with connect(f"{g.ws}/chat/7") as client:
            await client.close(4001, "enough")
        await eventually(lambda: g.chat.ended)
        assert g.chat.ended[0][1:] == (4001, "enough")


async def test_code_of_the_upstream_reaches_the_client():
    async def talk(socket):
        await socket.send("bye")
        await socket.close(4002, "closing time")

    async with chatting(talk) as g, connect(f"{g.ws}/chat/7") as client:
        assert await client.recv() == "bye"
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert (client.close_code, client.close_reason) == (4002, "closing time")


async def test_upstream_that_is_lost_is_a_bad_gateway():
    async def talk(socket):
        socket.transport.abort()

    async with chatting(talk) as g, connect(f"{g.ws}/chat/7") as client:
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert client.close_code == 1014


async def test_client_that_is_gone_ends_the_upstream_within_100_ms():
    async with chatting(echo) as g:
        client = await connect(f"{g.ws}/chat/7")
        await client.send("x")
        await client.recv()
        left = time.monotonic()
        client.transport.abort()
        await eventually(lambda: g.chat.ended)
        assert g.chat.ended[0][0] - left < 0.1
        await client.wait_closed()


async def test_slot_is_held_as_long_as_the_socket():
    async with chatting(echo) as g:
        async with connect(f"{g.ws}/chat/1"), connect(f"{g.ws}/chat/2"):
            assert g.gateway.upstreams["chat"].bulkhead.in_use == 2
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"{g.ws}/chat/3")
            assert refused.value.response.status_code == 503
        await g.idle()
        async with connect(f"{g.ws}/chat/4"):
            pass


def admitting(in_flight):
    return CONFIG.replace("access_log: all", f"access_log: all, admission: {{ in_flight: {in_flight} }}")


async def test_sockets_that_are_open_take_no_place_of_requests():
    async with chatting(echo, config=admitting(1).replace("slots: 2", "slots: 3")) as g:
        async with connect(f"{g.ws}/chat/1") as one, connect(f"{g.ws}/chat/2"):
            assert g.gateway._admission.in_flight == 0
            assert (await g.get("/plain")).status == 426  # the upstream's own: it was asked
            await one.send("still there")
            assert await one.recv() == "still there"
        await g.idle()


async def test_handshake_is_refused_when_the_gateway_is_full_and_its_upstream_not_asked():
    async with chatting(echo, config=admitting(1)) as g:
        g.gateway._admission.enter(Priority.CRITICAL)
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"{g.ws}/chat/1")
        g.gateway._admission.leave()

        response = refused.value.response
        assert (response.status_code, response.headers["retry-after"]) == (503, "1")
        assert json.loads(response.body)["cause"] == "bulkhead_full"
        assert g.chat.requests == []
        text = g.gateway.metrics.exposition()[0].decode()
        assert 'gateway_admission_refused_total{priority="normal"} 1' in text
        assert 'gateway_requests_total{route="GET /chat/{room}",status="503",degraded="no"} 1' in text
        async with connect(f"{g.ws}/chat/1"):
            pass


async def test_handshake_that_takes_long_is_a_request_under_way():
    waits = asyncio.Event()

    async def late(connection, request):
        await waits.wait()

    async with chatting(echo, config=admitting(1), process_request=late) as g:
        connecting = asyncio.ensure_future(connect(f"{g.ws}/chat/1").__aenter__())
        await eventually(lambda: g.gateway._admission.in_flight == 1)
        assert (await g.get("/plain")).status == 503
        waits.set()
        client = await connecting
        assert g.gateway._admission.in_flight == 0
        await client.close()


async def test_handshake_that_its_upstream_refuses_makes_room():
    def refuse(connection, request):
        return connection.respond(403, "no")

    async with chatting(echo, config=admitting(1), process_request=refuse) as g:
        for _ in range(2):
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"{g.ws}/chat/1")
            assert refused.value.response.status_code == 403
        await eventually(lambda: g.gateway._admission.in_flight == 0)


async def test_upstream_that_refuses_is_told_by_its_status():
    def refuse(connection, request):
        return connection.respond(403, "no")

    async with chatting(echo, process_request=refuse) as g:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"{g.ws}/chat/1")
        assert refused.value.response.status_code == 403


async def test_upstream_that_answers_something_else_is_unreadable():
    async def script(peer):
        await peer.request()
        await peer.send(b"HTTP/1.1 101 Switching\r\nupgrade: other\r\nconnection: upgrade\r\n\r\n")

    async with serving(CONFIG.replace("@IDLE", "1s"), URL=script) as g:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://127.0.0.1:{g.port}/chat/1")
        assert refused.value.response.status_code == 502


async def test_silent_upstream_is_asked_and_given_up():
    async def script(peer):
        head = await peer.request()
        key = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
        from websockets.utils import accept_key

        accept = accept_key(key.split(b": ")[1].decode()).encode()
        await peer.send(
            b"HTTP/1.1 101 Switching\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            b"sec-websocket-accept: %b\r\n\r\n" % accept
        )
        await peer.eof()

    async with (
        serving(CONFIG.replace("@IDLE", "200ms"), URL=script) as g,
        connect(f"ws://127.0.0.1:{g.port}/chat/1") as client,
    ):
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(client.recv(), 2)


async def test_upstream_that_answers_pings_is_kept_however_silent_it_is():
    async with chatting(echo, idle="100ms") as g, connect(f"{g.ws}/chat/1") as client:
        await asyncio.sleep(0.4)
        await client.send("still there")
        assert await client.recv() == "still there"


async def test_fast_upstream_waits_for_a_slow_client():
    sent = [0]

    async def talk(socket):
        for _ in range(2000):
            await socket.send(b"x" * 65_536)
            sent[0] += 1

    async with chatting(talk) as g, connect(f"{g.ws}/chat/1", max_queue=1) as client:
        before = -1
        while sent[0] != before:
            before = sent[0]
            await asyncio.sleep(0.1)
        assert sent[0] < 1000
        for _ in range(2000):
            await client.recv()


async def test_message_that_is_too_large_ends_the_socket():
    async def talk(socket):
        await socket.send("x" * 1_100_000)

    async with chatting(talk) as g, connect(f"{g.ws}/chat/1", max_size=None) as client:
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert client.close_code == 1009


@pytest.mark.parametrize("path", ["/plain", "/nowhere"])
async def test_route_that_passes_no_websockets_on_refuses_them(path):
    async with chatting(echo) as g:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"{g.ws}{path}")
        assert refused.value.response.status_code == 403


async def test_route_answers_plain_requests_as_ever():
    async with serving(CONFIG.replace("@IDLE", "1s"), URL=answering(answer(b"ok"))) as g:
        assert (await g.get("/chat/1")).body == b"ok"


async def test_metrics_count_it_as_a_stream():
    async with chatting(echo) as g:
        async with connect(f"{g.ws}/chat/7") as client:
            await client.send("abc")
            await client.recv()
        await g.idle()
        text = g.gateway.metrics.exposition()[0].decode()
    assert 'gateway_stream_bytes_total{route="GET /chat/{room}",way="out"} 3' in text
    assert 'gateway_requests_total{route="GET /chat/{room}",status="101",degraded="no"} 1' in text

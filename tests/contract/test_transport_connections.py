"""When every transport uses a connection again, and when not, over real sockets."""

import asyncio

import pytest

from gateway.outcome import Cause
from gateway.transport.exchange import Request
from tests.support.servers import Peer, answer, answering, refused_port, scripted
from tests.support.transports import KINDS, a_call, client

pytestmark = pytest.mark.parametrize("kind", KINDS)


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


# connections


async def test_connection_is_used_again(kind):
    async with scripted(answering(answer())) as server, client(kind, server.url) as it:
        for _ in range(10):
            assert (await it.get()).status == 200
    assert server.connections == 1
    assert it.state.reused == 9


LAST = {
    "told to close": answer(b"{}", "200 OK", b"Connection: close"),
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n{}",
    "followed by another answer": answer() + answer(b'"poison"'),
    "followed by part of one": answer() + b"HTTP/1.1 200 OK\r\ncont",
    "followed by garbage": answer() + b"xyz",
    "chunked, followed by another": CHUNKED + b"2\r\n{}\r\n0\r\n\r\n" + answer(b'"poison"'),
    "empty, followed by another": answer(b"", "204 No Content") + answer(b'"poison"'),
}


@pytest.mark.parametrize("name", LAST)
async def test_connection_that_may_hold_more_is_not_used_again(kind, name):
    async with scripted(answering(LAST[name])) as server, client(kind, server.url) as it:
        for expected in (1, 2, 3):
            got = await it.get()
            assert got.body in {b"{}", b""}, got
            assert server.connections == expected


async def test_bytes_on_an_idle_connection_are_never_an_answer(kind):
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(answer(b'"first"'))
        await asyncio.sleep(0.01)
        await peer.send(answer(b'"poison"'))
        await peer.eof()

    async with scripted(script) as server, client(kind, server.url) as it:
        await it.get()
        await asyncio.sleep(0.05)
        assert (await it.get()).body == b'"first"'
    assert server.connections == 2


async def test_connection_closed_while_idle_is_not_used_again(kind):
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(answer())

    async with scripted(script) as server, client(kind, server.url) as it:
        for expected in (1, 2, 3):
            assert (await it.get(repeatable=False)).status == 200
            await asyncio.sleep(0.02)
            assert server.connections == expected


async def second_request_kills(peer: Peer) -> None:
    await peer.request()
    await peer.send(answer())
    if peer.number == 1:
        await peer.request()
        peer.reset()
    else:
        await peer.request()


async def test_call_that_loses_the_race_with_an_idle_close_is_sent_once_more(kind):
    async with scripted(second_request_kills) as server, client(kind, server.url) as it:
        await it.get()
        assert (await it.get()).status == 200
    assert (server.connections, len(server.requests)) == (2, 3)


async def test_unrepeatable_call_that_loses_that_race_is_incomplete(kind):
    async with scripted(second_request_kills) as server, client(kind, server.url) as it:
        await it.get()
        assert (await it.get(repeatable=False)).cause is Cause.INCOMPLETE
    assert len(server.requests) == 2


async def test_idle_connection_expires(kind):
    async with scripted(answering(answer())) as server, client(kind, server.url, idle_for=0.05) as it:
        await it.get()
        await asyncio.sleep(0.1)
        await it.get()
    assert server.connections == 2


# reaching the upstream


async def test_refused_connection_is_unreachable(kind):
    async with client(kind, f"http://127.0.0.1:{refused_port()}") as it:
        call = a_call()
        got = await it.transport.exchange(Request("GET", b"/"), b"", call)
        assert got.cause is Cause.UNREACHABLE
        assert not call.sent


async def test_unknown_host_is_unreachable(kind):
    async with client(kind, "http://no-such-host.invalid") as it:
        assert (await it.get()).cause is Cause.UNREACHABLE


async def test_call_is_sent_once_its_first_byte_left(kind):
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.eof()

    async with scripted(script) as server, client(kind, server.url) as it:
        call = a_call()
        task = asyncio.create_task(it.exchange(Request("GET", b"/"), call=call))
        while not server.requests:
            await asyncio.sleep(0.001)
        assert call.sent
        call.expire()
        assert (await task).cause is Cause.TIMEOUT

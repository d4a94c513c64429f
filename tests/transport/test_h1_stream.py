"""The loan of a connection's socket; what a stream is for its caller stands in tests/contract."""

import asyncio

import pytest

from gateway.transport.connection import Connection
from gateway.transport.exchange import Request
from gateway.transport.h1_stream import StreamedExchange
from tests.support.servers import Peer, answer, answering, scripted
from tests.support.transports import a_call, client


async def streamed(it):
    return await it.transport.stream(Request("GET", b"/"), b"", a_call(), idle_timeout=1)


def protocol_of(it):
    [connection] = it.transport._pool._all
    return connection._transport.get_protocol()


async def test_socket_speaks_to_the_exchange_and_then_to_its_connection_again():
    async with scripted(answering(answer())) as server, client("h1", server.url) as it:
        async with await streamed(it) as response:
            assert isinstance(protocol_of(it), StreamedExchange)
            assert [piece async for piece in response] == [b"{}"]
        assert isinstance(protocol_of(it), Connection)


@pytest.mark.parametrize("more", [b"x", b"\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
@pytest.mark.parametrize("when", ["with", "after"])
async def test_connection_on_which_something_follows_is_closed(more, when):
    async def script(peer: Peer) -> None:
        await peer.request()
        if when == "with":
            await peer.send(answer() + more)
        else:
            await peer.send(answer())
            await asyncio.sleep(0.01)
            await peer.send(more)
        await peer.eof()

    async with scripted(script) as server, client("h1", server.url) as it:
        response = await streamed(it)
        await asyncio.sleep(0.05)
        assert [piece async for piece in response] == [b"{}"]
        assert it.state.open == 0


async def test_connection_that_ends_after_its_answer_is_not_kept():
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(answer())

    async with scripted(script) as server, client("h1", server.url) as it:
        response = await streamed(it)
        await asyncio.sleep(0.05)
        assert [piece async for piece in response] == [b"{}"]
        assert it.state.open == 0


async def test_answer_that_was_not_taken_breaks_the_connection():
    async with scripted(answering(answer())) as server, client("h1", server.url) as it:
        (await streamed(it)).close()
        assert it.state.open == 0

"""The loan of a connection's socket; what a stream is for its caller stands in tests/contract."""

import asyncio

import pytest

from gateway.outcome import Cause
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


# what httpx cannot do: h11 sends all of a request before it reads any of the answer


async def begun(it, body):
    return await it.transport.stream(Request("POST", b"/"), b"", a_call(), idle_timeout=1, body=body)


async def test_answer_before_the_end_of_the_request_ends_the_connection():
    async def body():
        yield b"x"
        await asyncio.Event().wait()

    async def script(peer: Peer) -> None:
        await peer.send(answer(b"no", "413 Too Large"))
        await peer.eof()

    async with scripted(script) as server, client("h1", server.url) as it:
        response = await begun(it, body())
        assert (response.status, [piece async for piece in response]) == (413, [b"no"])
        assert it.state.open == 0


async def test_what_the_body_raises_later_is_raised_by_the_iteration():
    async def body():
        yield b"x"
        await head.wait()
        raise ZeroDivisionError

    async def script(peer: Peer) -> None:
        await peer.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        await peer.eof()

    head = asyncio.Event()
    async with scripted(script) as server, client("h1", server.url) as it:
        response = await begun(it, body())
        head.set()
        with pytest.raises(ZeroDivisionError):
            await anext(response)
        assert it.state.open == 0


async def test_body_that_cannot_be_sent_twice_goes_over_a_new_connection():
    async def body():
        yield b"x"

    async def script(peer: Peer) -> None:
        await peer._reader.readuntil(b"0\r\n\r\n")
        await peer.send(answer())
        await peer.eof()

    async with scripted(script) as server, client("h1", server.url) as it:
        for expected in (1, 2):
            assert [piece async for piece in await begun(it, body())] == [b"{}"]
            assert (it.state.created, it.state.idle) == (expected, expected)


async def test_interim_answers_without_end_are_unreadable():
    flood = answering(b"HTTP/1.1 103 Early\r\n\r\n" * 10_000)
    async with scripted(flood) as server, client("h1", server.url) as it:
        assert (await streamed(it)).cause is Cause.UNREADABLE

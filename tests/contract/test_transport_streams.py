"""Bodies that are never whole, in both directions, over real sockets."""

import asyncio
import contextlib
import resource
import ssl
import sys
from pathlib import Path

import pytest
import trustme
import uvloop

from gateway.outcome import Cause, Failure
from gateway.transport.codings import ACCEPTED
from gateway.transport.decoding import DecodingTransport
from gateway.transport.exchange import Request, Response
from gateway.transport.streamed import HIGH
from tests.support.servers import Peer, answer, answering, scripted
from tests.support.transports import KINDS, MiB, a_call, client

pytestmark = pytest.mark.parametrize("kind", KINDS)

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
PIECE = b"x" * 65_536


@contextlib.asynccontextmanager
async def streaming(kind, script, **options):
    async with scripted(script) as server, client(kind, server.url, **options) as it:
        it.server = server
        yield it


async def stream(it, request=None, call=None, *, idle_timeout=1.0, **body):
    call = call or a_call()
    return await it.transport.stream(
        request or Request("GET", b"/"), b"", call, idle_timeout=idle_timeout, **body
    )


async def taken(streamed):
    """The whole body, and the failure that ended it."""
    pieces, failure = [], None
    async for piece in streamed:
        if isinstance(piece, Failure):
            failure = piece
        else:
            pieces.append(piece)
    return b"".join(pieces), failure


WHOLE = {
    "length": answer(b"x" * 300_000, "201 Created", b"ETag: x"),
    "chunked": b"HTTP/1.1 201 Created\r\nEtag: x\r\ntransfer-encoding: chunked\r\n\r\n"
    + b"2710\r\n%b\r\n" % (b"x" * 10_000) * 30
    + b"0\r\n\r\n",
    "trailers": b"HTTP/1.1 201 Created\r\nETag: x\r\ntransfer-encoding: chunked\r\n\r\n"
    + b"493e0\r\n%b\r\n0\r\nx-sum: 1\r\n\r\n" % (b"x" * 300_000),
    "after an interim answer": b"HTTP/1.1 103 Early\r\nx: y\r\n\r\n"
    + answer(b"x" * 300_000, "201 Created", b"ETag: x"),
}


@pytest.mark.parametrize("name", WHOLE)
async def test_body_arrives_in_pieces_and_its_connection_is_kept(kind, name):
    async with streaming(kind, answering(WHOLE[name])) as it:
        for _ in range(3):
            async with await stream(it) as streamed:
                assert (streamed.status, dict(streamed.headers).get(b"x-sum")) == (201, None)
                assert {value for key, value in streamed.headers if key.lower() == b"etag"} == {b"x"}
                assert await taken(streamed) == (b"x" * 300_000, None)
        assert isinstance(await it.get(), Response)
        assert it.state.created == 1


@pytest.mark.parametrize("body", [b"", b"{}", b"{}\n"])
async def test_small_body_too(kind, body):
    async with streaming(kind, answering(answer(body))) as it:
        for _ in range(2):
            assert await taken(await stream(it)) == (body, None)
        assert it.state.created == 1


async def test_body_until_close_is_whole_at_its_end(kind):
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\n\r\n", b"ab", b"cd")

    async with streaming(kind, script) as it:
        assert await taken(await stream(it)) == (b"abcd", None)


async def test_answer_to_head_has_no_pieces(kind):
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n"
    async with streaming(kind, answering(head)) as it:
        for _ in range(2):
            assert await taken(await stream(it, Request("HEAD", b"/"))) == (b"", None)
        assert it.state.created == 1


async def test_head_arrives_before_the_body(kind):
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n")
        await more.wait()
        await peer.send(b"{}")
        await peer.eof()

    more = asyncio.Event()
    async with streaming(kind, script) as it:
        streamed = await stream(it)
        assert streamed.status == 200
        assert it.state.in_use == 1
        more.set()
        assert await taken(streamed) == (b"{}", None)
        await it.at_rest()


@pytest.mark.parametrize(
    ("pieces", "cause"),
    [
        ([b"SSH-2.0\r\n\r\n"], Cause.UNREADABLE),
        ([CHUNKED[:-2] + b"content-length: 2\r\n\r\n"], Cause.UNREADABLE),
        ([b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n"], Cause.UNREADABLE),
        ([b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 101, b"\r\n"], Cause.UNREADABLE),
        ([b"HTTP/1.1 200 OK\r\nconte"], Cause.INCOMPLETE),
        ([b""], Cause.INCOMPLETE),
    ],
)
async def test_head_that_is_none_is_a_failure(kind, pieces, cause):
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(*pieces)

    async with streaming(kind, script) as it:
        assert (await stream(it)).cause is cause


BROKEN = {
    "length": (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", Cause.INCOMPLETE),
    "chunk": (CHUNKED + b"9\r\n{", Cause.INCOMPLETE),
    "before the last chunk": (CHUNKED + b"1\r\n{\r\n", Cause.INCOMPLETE),
    "garbage": (CHUNKED + b"1\r\n{\r\nzz\r\n", Cause.UNREADABLE),
    "trailers without end": (CHUNKED + b"1\r\n{\r\n0\r\n" + b"x: y\r\n" * 50_000, Cause.UNREADABLE),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_upstream_that_dies_or_errs_within_the_body_is_the_last_item(kind, name):
    async def script(peer: Peer) -> None:
        await peer.request()
        head, _, rest = BROKEN[name][0].partition(b"\r\n\r\n")
        await peer.send(head + b"\r\n\r\n")
        await begun.wait()
        await peer.send(rest)
        await asyncio.sleep(0.02)

    begun = asyncio.Event()
    async with streaming(kind, script) as it:
        streamed = await stream(it)
        begun.set()
        body, failure = await taken(streamed)
        assert (body, failure.cause) == (b"{", BROKEN[name][1])


async def test_reset_within_the_body_is_the_last_item(kind):
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(CHUNKED + b"1\r\n{\r\n")
        await asyncio.sleep(0.02)
        peer.reset()

    async with streaming(kind, script) as it:
        body, failure = await taken(await stream(it))
        assert (body, failure.cause) == (b"{", Cause.INCOMPLETE)


async def endless(peer: Peer) -> None:
    await peer.request()
    await peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
    peer.server.sent = 0
    while True:
        await peer.send(PIECE)
        peer.server.sent += len(PIECE)


@pytest.mark.parametrize("how", ["closed", "left", "cancelled", "cut"])
async def test_c9_early_end_breaks_the_connection_at_once(kind, how):
    async with streaming(kind, endless) as it:
        call = a_call()
        streamed = await stream(it, call=call)
        if how == "closed":
            await anext(streamed)
            streamed.close()
            streamed.close()
        elif how == "left":
            async with streamed:
                await anext(streamed)
        elif how == "cancelled":
            task = asyncio.create_task(taken(streamed))
            await asyncio.sleep(0.02)
            task.cancel()
            await asyncio.wait([task])
        else:
            await anext(streamed)
            call.cut(Failure(Cause.OUT_OF_TIME))
            assert (await anext(streamed)) is call.ended
        await it.at_rest()
        assert it.buffered.used == 0
        async with asyncio.timeout(1):
            while it.server.open:
                await asyncio.sleep(0.005)


@pytest.mark.parametrize("native", [False, True])
async def test_call_that_ends_before_the_head_gives_its_slot_back(kind, native):
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.eof()

    async with streaming(kind, script, limit=1) as it:
        call = a_call()
        task = asyncio.create_task(stream(it, call=call))
        await asyncio.sleep(0.02)
        if native:
            task.cancel()
        else:
            call.cut(Failure(Cause.OUT_OF_TIME))
        await asyncio.wait([task])
        assert task.cancelled() if native else task.result() is call.ended
        await it.at_rest()


async def test_silence_within_a_body_is_a_timeout(kind):
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(CHUNKED)
        for _ in range(4):
            await asyncio.sleep(0.03)
            await peer.send(b"1\r\nx\r\n")
        await peer.eof()

    async with streaming(kind, script) as it:
        body, failure = await taken(await stream(it, idle_timeout=0.06))
        assert (body, failure.cause) == (b"xxxx", Cause.TIMEOUT)


async def test_slow_reader_stops_the_upstream(kind):
    async with streaming(kind, endless) as it:
        async with await stream(it) as streamed:
            await asyncio.sleep(0.1)
            stuck = it.server.sent
            await asyncio.sleep(0.1)
            assert it.server.sent == stuck < 16 * MiB  # what the kernel's buffers hold
            assert it.buffered.used < HIGH + 300_000
            for _ in range(stuck // 60_000 + 100):
                await anext(streamed)
            assert it.server.sent > stuck
        assert it.buffered.used == 0


async def test_full_buffer_ends_the_stream(kind):
    async with streaming(kind, endless) as it:
        streamed = await stream(it)
        it.buffered.limit = 1
        while not isinstance(piece := await anext(streamed), Failure):
            pass
        assert piece.cause is Cause.BULKHEAD_FULL


# the request's body


async def pieces_of(count, piece=PIECE):
    for _ in range(count):
        yield piece


async def receiving(peer: Peer) -> None:
    """Count what comes, in either framing, and answer with the count."""
    head = await peer._reader.readuntil(b"\r\n\r\n")
    count = 0
    if b"chunked" in head:
        while size := int(await peer._reader.readline(), 16):
            count += len(await peer._reader.readexactly(size))
            await peer._reader.readexactly(2)
        await peer._reader.readexactly(2)
    else:
        left = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        while left:
            data = await peer._reader.read(min(left, 65_536))
            left -= len(data)
            count += len(data)
    await peer.send(answer(b"%d" % count))
    await peer.eof()


@pytest.mark.parametrize("length", [None, 10 * 65_536])
async def test_request_body_goes_out_in_pieces(kind, length):
    async with streaming(kind, receiving) as it:
        request = Request("POST", b"/")
        streamed = await stream(it, request, body=pieces_of(10), length=length)
        assert await taken(streamed) == (b"%d" % (10 * 65_536), None)
        await it.at_rest()


@pytest.mark.parametrize(
    ("headers", "expected"), [(b"", b"identity"), (b"Accept-Encoding: gzip\r\n", b"gzip")]
)
async def test_codings_are_asked_for_only_by_who_passes_them_on(kind, headers, expected):
    async with streaming(kind, answering(answer()), accept=ACCEPTED) as it:
        it.transport = DecodingTransport(it.transport, max_response=1, buffered=it.buffered)
        assert await taken(await stream(it, Request("GET", b"/", headers))) == (b"{}", None)
        lines = it.server.requests[0].lower().split(b"\r\n")
        assert [line for line in lines if line.startswith(b"accept-encoding")] == [
            b"accept-encoding: " + expected
        ]


@pytest.mark.parametrize(("method", "body"), [("POST", b'{"a":1}'), ("POST", b""), ("GET", b"")])
async def test_request_with_a_body_of_its_own_is_streamed_back(kind, method, body):
    async with streaming(kind, answering(answer())) as it:
        await taken(await stream(it, Request(method, b"/", b"x-a: 1\r\n", body)))
        request = it.server.requests[0].lower()
        assert request.endswith(b"\r\n\r\n" + body)
        assert (b"content-length: %d\r\n" % len(body) in request) is (method == "POST")


async def test_upstream_that_does_not_read_stops_the_request_body(kind):
    asked = []

    async def body():
        while True:
            asked.append(None)
            yield PIECE

    async def script(peer: Peer) -> None:
        await asyncio.sleep(10)

    async with streaming(kind, script) as it:
        call = a_call()
        task = asyncio.create_task(stream(it, Request("POST", b"/"), call, body=body()))
        await asyncio.sleep(0.1)
        stuck = len(asked)
        await asyncio.sleep(0.1)
        assert len(asked) == stuck < 300
        call.expire()
        assert (await task).cause is Cause.TIMEOUT


class OfTheCallerError(Exception):
    """What a client's body may raise."""


async def test_what_the_body_raises_is_raised_to_its_owner(kind):
    async def body():
        yield b"x"
        raise OfTheCallerError

    async def script(peer: Peer) -> None:
        await peer.eof()

    async with streaming(kind, script) as it:
        with pytest.raises(OfTheCallerError):
            await stream(it, Request("POST", b"/"), body=body())
        await it.at_rest()


@pytest.mark.parametrize("length", [1, 65_535, 65_537])
async def test_body_of_another_length_than_announced_is_an_error(kind, length):
    async with streaming(kind, receiving) as it:
        with pytest.raises(ValueError, match="announced"):
            await taken(await stream(it, Request("POST", b"/"), body=pieces_of(1), length=length))
        await it.at_rest()


async def test_stream_over_a_connection_that_went_stale_is_sent_once_more(kind):
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(answer())
        await peer.request()
        if peer.number == 1:
            peer.reset()

    async with streaming(kind, script) as it:
        await it.get()
        assert await taken(await stream(it)) == (b"{}", None)
        assert len(it.server.requests) == 3


# any size

SIZE = 200 * MiB


def resident() -> int:
    """Bytes of memory that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_two_hundred_megabytes_take_constant_memory(kind, run):
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % SIZE)
        for _ in range(SIZE // len(PIECE)):
            await peer.send(PIECE)
        await peer.eof()

    async def body():
        for _ in range(SIZE // len(PIECE)):
            most.append(resident())
            yield PIECE

    async def main():
        async with streaming(kind, script) as it:
            received = 0
            async for piece in await stream(it):
                received += len(piece)
                most.append(resident())
            assert received == SIZE
        async with streaming(kind, receiving) as it:
            streamed = await stream(it, Request("POST", b"/"), body=body())
            assert await taken(streamed) == (b"%d" % SIZE, None)

    most = [resident()]

    run(main())
    assert max(most) - most[0] < 16 * MiB


async def test_stream_over_tls_is_held_back_too(kind):
    authority = trustme.CA()
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    authority.configure_trust(ours)
    whole = answer(PIECE * 80)
    async with (
        scripted(answering(whole), ssl=theirs) as server,
        client(kind, server.url.replace("http:", "https:"), ssl_context=ours) as it,
    ):
        for _ in range(2):
            async with await stream(it) as streamed:
                await asyncio.sleep(0.05)
                assert it.buffered.used < HIGH + MiB
                assert await taken(streamed) == (PIECE * 80, None)
        assert it.state.created == 1

"""Both transports with compression, over real sockets."""

import gzip

import pytest
import zstandard

from gateway.outcome import Cause
from gateway.transport.codings import ACCEPTED
from gateway.transport.decoding import DecodingTransport
from gateway.transport.exchange import Request
from tests.support.servers import Peer, answer, answering, scripted
from tests.support.transports import KINDS, MiB, client

pytestmark = pytest.mark.parametrize("kind", KINDS)


async def ask(kind, *pieces, method="GET", max_response=MiB):
    async with (
        scripted(answering(*pieces)) as server,
        client(kind, server.url, accept=ACCEPTED, max_response=max_response) as it,
    ):
        plain = it.transport
        it.transport = DecodingTransport(plain, max_response=max_response, buffered=it.buffered)
        got = await it.exchange(Request(method, b"/"))
        assert b"accept-encoding: " + ACCEPTED + b"\r\n" in server.requests[0].lower()
        await it.exchange(Request(method, b"/"))
        assert it.state.created == 1
    return got


async def test_coded_answer_is_decoded_and_its_connection_is_kept(kind):
    body = gzip.compress(b'{"a":1}')
    got = await ask(kind, answer(body, "200 OK", b"Content-Encoding: gzip"))
    assert (got.body, got.header(b"content-encoding")) == (b'{"a":1}', None)


async def test_chunks_are_put_together_before_they_are_decoded(kind):
    body = zstandard.compress(b"[" + b"1," * 5000 + b"1]")
    chunks = b"".join(b"1\r\n%b\r\n" % body[i : i + 1] for i in range(len(body)))
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: zstd\r\ntransfer-encoding: chunked\r\n\r\n"
    got = await ask(kind, head + chunks + b"0\r\n\r\n")
    assert len(got.body) == 10_003


async def test_answer_without_coding_is_as_welcome(kind):
    assert (await ask(kind, answer())).body == b"{}"


async def test_head_has_the_coding_but_no_body(kind):
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 99\r\n\r\n"
    assert (await ask(kind, head, method="HEAD")).body == b""


async def test_bomb_is_too_large(kind):
    bomb = gzip.compress(bytes(20 * MiB))
    got = await ask(kind, answer(bomb, "200 OK", b"Content-Encoding: gzip"))
    assert got.cause is Cause.TOO_LARGE


@pytest.mark.parametrize("coding", [b"gzip", b"compress"])
async def test_coding_that_does_not_fit_is_unreadable(kind, coding):
    got = await ask(kind, answer(b"{}", "200 OK", b"Content-Encoding: " + coding))
    assert got.cause is Cause.UNREADABLE


async def test_peer_that_sends_codings_unasked_is_left_undecoded(kind):
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(answer(b"\x1f\x8b", "200 OK", b"Content-Encoding: gzip"))

    async with scripted(script) as server, client(kind, server.url) as it:
        assert (await it.get()).body == b"\x1f\x8b"

import gzip

import pytest

from gateway.buffered import Buffered
from gateway.outcome import Cause, Failure
from gateway.transport.decoding import DecodingTransport
from gateway.transport.exchange import Request, Response
from tests.support.fixed_transport import FixedTransport
from tests.support.transports import a_call

CODED = gzip.compress(b'{"a":1}')
GZIP = (b"Content-Encoding", b"gzip")


async def exchanged(response, *, limit=1000, max_response=100):
    buffered = Buffered(limit)
    held = len(response.body) if isinstance(response, Response) else 0
    buffered.take(held)
    call = a_call()
    transport = DecodingTransport(
        FixedTransport(response, held), max_response=max_response, buffered=buffered
    )
    got = await transport.exchange(Request("GET", b"/"), b"", call)
    assert call.held == buffered.used
    return got, call


async def test_body_is_decoded_and_counted_as_it_is_then():
    got, call = await exchanged(Response(200, [GZIP, (b"content-length", b"9"), (b"etag", b"x")], CODED))
    assert (got.status, got.body, got.headers) == (200, b'{"a":1}', [(b"etag", b"x")])
    assert call.held == 7


async def test_several_headers_are_one_list():
    headers = [(b"content-encoding", b"gzip"), (b"content-encoding", b"gzip")]
    got, _ = await exchanged(Response(200, headers, gzip.compress(CODED)))
    assert got.body == b'{"a":1}'


@pytest.mark.parametrize(
    "response",
    [
        Failure(Cause.TIMEOUT),
        Response(200, [], b"{}"),
        Response(204, [GZIP], b""),
        Response(200, [GZIP], b""),
        Response(503, [GZIP], b"garbage"),
        Response(404, [GZIP], CODED),
    ],
)
async def test_everything_else_passes_as_it_is(response):
    got, _ = await exchanged(response)
    assert got is response


async def test_damaged_body_gives_its_bytes_back():
    got, call = await exchanged(Response(200, [GZIP], CODED[:-1]))
    assert (got.cause, call.held) == (Cause.UNREADABLE, 0)


async def test_body_that_grows_too_large_gives_its_bytes_back():
    got, call = await exchanged(Response(200, [GZIP], gzip.compress(bytes(101))))
    assert (got.cause, call.held) == (Cause.TOO_LARGE, 0)


async def test_body_that_grows_beyond_the_buffer_is_refused():
    got, call = await exchanged(Response(200, [GZIP], gzip.compress(bytes(99))), limit=50)
    assert (got.cause, call.held) == (Cause.BULKHEAD_FULL, 0)


async def test_everything_else_is_the_inner_transports():
    inner = FixedTransport(Failure(Cause.TIMEOUT), 0)
    transport = DecodingTransport(inner, max_response=1, buffered=Buffered(1))
    await transport.open()
    await transport.close()
    assert transport.state() == inner.state()
    assert repr(transport).startswith("<Decoding ")

"""What is the httpx stream's own: mocks, and HTTP/2. The rest stands in tests/contract."""

import asyncio

import httpx
import pytest
import trustme

from gateway.outcome import Cause, Failure
from gateway.transport.exchange import Request
from tests.support.real_servers import BODY, UNAVAILABLE, running, trusting
from tests.support.transports import a_call, client


async def stream(it, **body):
    return await it.transport.stream(Request("POST", b"/"), b"", a_call(), idle_timeout=1, **body)


@pytest.fixture
async def it():
    async def echo(request):
        return httpx.Response(200, content=await request.aread(), headers={"etag": "x"})

    async with client("httpx", "http://up.example", transport=httpx.MockTransport(echo)) as made:
        yield made


async def two_pieces():
    yield b"ab"
    yield b""
    yield b"cd"


@pytest.mark.parametrize("length", [None, 4])
async def test_mock_sees_the_body_and_its_answer_is_streamed(it, length):
    async with await stream(it, body=two_pieces(), length=length) as response:
        assert (response.status, (b"etag", b"x") in response.headers) == (200, True)
        assert [piece async for piece in response] == [b"abcd"]


async def test_error_of_the_body_is_told_from_one_of_the_network(it):
    async def lost():
        yield b"x"
        raise ConnectionResetError  # the client's, not the upstream's

    with pytest.raises(ConnectionResetError):
        await stream(it, body=lost())
    await it.at_rest()


async def test_bug_below_httpx_is_raised():
    def broken(request):
        raise ZeroDivisionError

    async with client("httpx", "http://up.example", transport=httpx.MockTransport(broken)) as it:
        with pytest.raises(ZeroDivisionError):
            await stream(it)
        await it.at_rest()


async def test_error_of_the_network_within_the_body_is_the_last_item():
    async def breaking():
        yield b"ab"
        await asyncio.sleep(0.01)
        raise httpx.ReadError("gone")

    mock = httpx.MockTransport(lambda request: httpx.Response(200, content=breaking()))
    async with client("httpx", "http://up.example", transport=mock) as it:
        first, last = [item async for item in await stream(it)]
    assert first == b"ab"
    assert isinstance(last, Failure)
    assert last.cause is Cause.INCOMPLETE


async def test_closed_transport_and_ended_call_are_refused(it):
    call = a_call()
    call.cut(Failure(Cause.OUT_OF_TIME))
    assert await it.transport.stream(Request("GET", b"/"), b"", call, idle_timeout=1) is call.ended
    await it.transport.close()
    assert (await stream(it)).cause is Cause.UNREACHABLE


@pytest.mark.skipif(UNAVAILABLE["nginx"] is not None, reason=UNAVAILABLE["nginx"] or "")
async def test_http2_streams_share_a_connection_until_one_is_given_up():
    authority = trustme.CA()
    trusting_context = trusting(authority)
    async with (
        running("nginx", authority) as url,
        client("httpx", url, ssl_context=trusting_context, http2=True) as it,
    ):
        request = Request("GET", b"/large")
        for _ in range(3):
            response = await it.transport.stream(request, b"", a_call(), idle_timeout=1)
            assert sum([len(piece) async for piece in response]) == 500_000
        assert it.state.created == 1
        async with await it.transport.stream(request, b"", a_call(), idle_timeout=1) as given_up:
            await anext(given_up)
        await it.at_rest()
        assert (await it.get(b"/sized")).body == BODY
        assert it.state.created == 2

import asyncio

import anyio
import httpx
import pytest

from gateway.buffered import Buffered
from gateway.outcome import Cause, Failure
from gateway.timers import Timers
from gateway.transport.flight import FOREIGN, NETWORK, AbandonedError, Flight
from tests.support.transports import a_call


class Info(dict):
    """What httpcore passes to a trace; methods are bytes there."""

    def __init__(self, method=b"GET") -> None:
        self["request"] = type("Request", (), {"method": method})


@pytest.fixture
async def flight():
    loop = asyncio.get_running_loop()
    return Flight(a_call(), loop.create_future(), Timers(loop).of(0.02), Buffered(1000))


async def connecting(flight):
    await flight.trace("connection.connect_tcp.started", Info())


async def sending(flight, protocol="http11"):
    await flight.trace(f"{protocol}.send_request_headers.started", Info())


TABLE = [
    (httpx.PoolTimeout(""), Cause.BULKHEAD_FULL),
    (httpx.ConnectTimeout(""), Cause.UNREACHABLE),
    (httpx.ConnectError("refused"), Cause.UNREACHABLE),
    (httpx.ProxyError("407"), Cause.UNREACHABLE),
    (httpx.UnsupportedProtocol(""), Cause.UNREACHABLE),
    (httpx.ReadTimeout(""), Cause.TIMEOUT),
    (httpx.WriteTimeout(""), Cause.TIMEOUT),
    (httpx.ReadError(""), Cause.INCOMPLETE),
    (httpx.WriteError(""), Cause.INCOMPLETE),
    (httpx.CloseError(""), Cause.INCOMPLETE),
    (httpx.LocalProtocolError(""), Cause.INCOMPLETE),
    (httpx.DecodingError(""), Cause.UNREADABLE),
    (httpx.RemoteProtocolError("illegal status line"), Cause.UNREADABLE),
    (httpx.RemoteProtocolError("Server disconnected without sending a response."), Cause.INCOMPLETE),
    (httpx.RemoteProtocolError("peer closed connection without sending"), Cause.INCOMPLETE),
    (httpx.RemoteProtocolError("<StreamReset stream_id:1, error_code:8>"), Cause.INCOMPLETE),
    (anyio.BrokenResourceError(), Cause.INCOMPLETE),
    (anyio.ClosedResourceError(), Cause.INCOMPLETE),
    (ConnectionResetError(), Cause.INCOMPLETE),
]  # fmt: skip


@pytest.mark.parametrize(("error", "cause"), TABLE, ids=[repr(error) for error, _ in TABLE])
async def test_every_foreign_exception_has_its_cause(flight, error, cause):
    await sending(flight)
    assert isinstance(error, NETWORK)
    failure = flight.failure(error)
    assert failure.cause is cause
    assert type(error).__name__ in failure.detail


def test_every_kind_of_transport_error_is_in_the_table():
    kinds = {kind for kind, _ in FOREIGN}
    assert {httpx.HTTPError, OSError} <= kinds
    assert issubclass(httpx.TransportError, httpx.HTTPError)


@pytest.mark.parametrize("error", [httpx.ReadError(""), httpx.ReadTimeout(""), OSError()])
async def test_trouble_before_anything_was_sent_is_unreachable(flight, error):
    await connecting(flight)
    assert flight.failure(error).cause is Cause.UNREACHABLE


@pytest.mark.parametrize(
    ("error", "sent"),
    [(httpx.ReadError(""), True), (httpx.ReadTimeout(""), True), (httpx.ConnectError(""), False)],
)
async def test_mock_that_tells_nothing_is_judged_by_its_error(flight, error, sent):
    flight.failure(error)
    assert flight.call.sent is sent


async def test_call_is_sent_when_its_headers_are(flight):
    await connecting(flight)
    assert not flight.call.sent
    await sending(flight)
    assert flight.call.sent


async def test_request_to_a_proxy_is_not_the_calls(flight):
    await flight.trace("http11.send_request_headers.started", Info(b"CONNECT"))
    assert not flight.call.sent


async def test_request_that_nobody_waits_for_is_never_sent(flight):
    await connecting(flight)
    flight.waiter.set_result(Failure(Cause.OUT_OF_TIME))
    flight.abandon()
    assert not flight.scope.cancel_called
    with pytest.raises(AbandonedError):
        await sending(flight)
    assert not flight.call.sent


async def test_connect_that_takes_too_long_is_unreachable_and_ended_later(flight):
    await connecting(flight)
    failure = await flight.waiter
    assert (failure.cause, "20 ms" in failure.detail) == (Cause.UNREACHABLE, True)
    assert not flight.scope.cancel_called
    await asyncio.sleep(0.03)
    assert flight.scope.cancel_called


async def test_flight_that_waits_for_anothers_connect_is_ended_later(flight):
    flight.waiter.cancel()
    flight.abandon()
    await asyncio.sleep(0.005)
    assert not flight.scope.cancel_called
    await asyncio.sleep(0.05)
    assert flight.scope.cancel_called


async def test_flight_that_sends_is_ended_at_once(flight):
    await sending(flight)
    flight.abandon()
    assert flight.scope.cancel_called


async def test_landed_flight_leaves_no_timer(flight):
    await connecting(flight)
    flight.land()
    assert len(flight._timer) == 0


async def test_stale_is_a_lost_connection_that_was_not_made_for_it(flight):
    await sending(flight)
    assert flight.went_stale(Failure(Cause.INCOMPLETE))
    assert not flight.went_stale(Failure(Cause.TIMEOUT))
    await connecting(flight)
    assert not flight.went_stale(Failure(Cause.INCOMPLETE))


async def test_nothing_is_stale_once_an_answer_began_or_nobody_waits(flight):
    await sending(flight)
    await flight.trace("http11.receive_response_headers.complete", Info())
    assert not flight.went_stale(Failure(Cause.INCOMPLETE))
    flight.begin()
    await sending(flight)
    flight.settle(Failure(Cause.OUT_OF_TIME))
    assert not flight.went_stale(Failure(Cause.INCOMPLETE))


async def test_http2_stream_is_given_up_until_it_was_read(flight):
    assert not flight.gave_up_stream
    await sending(flight, "http2")
    assert flight.gave_up_stream
    await flight.read(httpx.Response(200, content=b"{}"), 1000, head_only=False)
    assert not flight.gave_up_stream


async def test_bytes_that_nobody_waits_for_are_not_counted(flight):
    flight.waiter.cancel()
    with pytest.raises(AbandonedError):
        await flight.read(httpx.Response(200, content=b"{}"), 1000, head_only=False)
    assert flight.call.held == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("illegal header line: bytearray(b'x-secret: hunter2')", "illegal header line"),
        (
            "<ConnectionTerminated error_code:1, additional_data:b'hunter2'>",
            "<ConnectionTerminated error_code:1",
        ),
        ("cannot reach http://user:hunter2@proxy:1", "cannot reach http://[redacted]@proxy:1"),
        ("no\nline", "no\\nline"),
    ],
)
async def test_what_an_upstream_sent_and_secrets_stand_in_no_failure(flight, text, told):
    assert flight.failure(httpx.RemoteProtocolError(text)).detail == f"RemoteProtocolError: {told}"

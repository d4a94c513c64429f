import pytest

from gateway.buffered import Buffered
from gateway.call import Call
from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.sources.http import http_source
from gateway.transport.exchange import Request, Response
from tests.support.fixed_transport import FixedTransport
from tests.support.transports import TRACE

NOW = 1_795_255_200.0  # Sat, 21 Nov 2026 10:00:00 GMT


async def outcome_of(status, body=b"{}", *headers, held=0):
    buffered = Buffered(1000)
    buffered.take(held)
    transport = FixedTransport(Response(status, list(headers), body), held)
    source = http_source(transport, buffered, propagate=True, clock=lambda: 5.0, wall_clock=lambda: NOW)
    call = Call("step", Request("GET", b"/"), 7.0, 1.0, TRACE)
    outcome = await source(call)
    return outcome, call, buffered


async def failure_of(status, *headers):
    outcome, _, _ = await outcome_of(status, b"{}", *headers)
    assert isinstance(outcome, Failure)
    assert outcome.status == status
    return outcome


@pytest.mark.parametrize("status", [200, 201, 202, 203, 206, 299])
async def test_json_of_a_2xx_is_the_body(status):
    outcome, _, _ = await outcome_of(status, b' {"a": 1}\n')
    assert isinstance(outcome, Success)
    assert (outcome.body, outcome.status, outcome.freshness) == (b'{"a": 1}', status, Freshness.LIVE)
    assert outcome.cause is None


@pytest.mark.parametrize(("status", "body"), [(200, b""), (204, b""), (205, b""), (204, b"junk")])
async def test_empty_2xx_is_null(status, body):
    outcome, _, _ = await outcome_of(status, body)
    assert (outcome.body, outcome.status) == (b"null", status)


@pytest.mark.parametrize("body", [b"<html>", b'"\xff"', b" "])
async def test_2xx_that_is_not_json_is_unreadable(body):
    outcome, _, _ = await outcome_of(200, body)
    assert outcome.cause is Cause.UNREADABLE


async def test_coding_that_nobody_asked_for_is_named():
    outcome, _, _ = await outcome_of(200, b"\x1f\x8b\x08", (b"Content-Encoding", b"gzip"))
    assert (outcome.cause, "'gzip'" in outcome.detail) == (Cause.UNREADABLE, True)


@pytest.mark.parametrize("status", [300, 301, 304, 307, 400, 401, 403, 404, 409, 410, 418, 422, 451])
async def test_3xx_and_4xx_are_rejections(status):
    failure = await failure_of(status)
    assert (failure.cause, failure.retry_after) == (Cause.REJECTED, None)


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 505, 599, 600, 999])
async def test_5xx_and_beyond_are_failures(status):
    assert (await failure_of(status)).cause is Cause.FAILED


async def test_429_is_throttling():
    assert (await failure_of(429)).cause is Cause.THROTTLED


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"0", 0.0),
        (b"17", 17.0),
        (b" 5 ", 5.0),
        (b"86400", 86400.0),
        (b"Sat, 21 Nov 2026 10:00:10 GMT", 10.0),
        (b"Saturday, 21-Nov-26 10:00:10 GMT", 10.0),
        (b"Sat Nov 21 10:00:10 2026", 10.0),
        (b"Sat, 21 Nov 2026 09:00:00 GMT", 0.0),
        (b"", None),
        (b"soon", None),
        (b"-5", None),
        (b"1.5", None),
        (b"1e3", None),
        (b"9" * 30, None),
        (b"Sat, 99 Nov 2026 10:00:10 GMT", None),
        (b"Sat, 21 Nov 99999 10:00:10 GMT", None),
        (b"\xff\xfe", None),
        (b"0x10", None),
        (b"Mon, 01 Jan 2024 00:00:00 +99999999999999999999", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_seconds_or_a_date_and_garbage_is_ignored(status, value, seconds):
    failure = await failure_of(status, (b"Retry-After", value))
    assert failure.retry_after == seconds


async def test_failure_of_the_transport_is_passed_on():
    given = Failure(Cause.TIMEOUT, "late")
    source = http_source(FixedTransport(given), Buffered(1), propagate=False, clock=lambda: 0.0)
    assert await source(Call("step", Request("GET", b"/"), 1.0, 1.0, TRACE)) is given


@pytest.mark.parametrize(("status", "body"), [(404, b"{}"), (500, b"{}"), (200, b"junk")])
async def test_bytes_of_a_body_that_goes_no_further_are_given_back(status, body):
    _, call, buffered = await outcome_of(status, body, held=100)
    assert (call.held, buffered.used) == (0, 0)


async def test_bytes_of_a_body_that_is_passed_on_stay_counted():
    _, call, buffered = await outcome_of(200, b"{}", held=100)
    assert (call.held, buffered.used) == (100, 100)


@pytest.mark.parametrize("propagate", [True, False])
async def test_identity_goes_along_only_where_it_should(propagate):
    transport = FixedTransport(Response(200, [], b"{}"))
    source = http_source(transport, Buffered(1), propagate=propagate, clock=lambda: 5.0)
    request = Request("GET", b"/")
    await source(Call("step", request, 7.0, 1.0, TRACE))
    [(asked, extra)] = transport.asked
    assert asked is request
    if propagate:
        assert b"x-request-id: request-1\r\n" in extra
        assert b"x-request-timeout-ms: 2000\r\n" in extra
    else:
        assert extra == b""


async def kept(keep, *headers, status=200):
    transport = FixedTransport(Response(status, list(headers), b"{}"))
    source = http_source(transport, Buffered(1), propagate=False, clock=lambda: 5.0, keep=keep)
    return await source(Call("step", Request("GET", b"/"), 7.0, 1.0, TRACE))


async def test_headers_that_a_layer_wants_are_kept_and_no_others():
    outcome = await kept(
        frozenset({b"cache-control", b"age"}),
        (b"Cache-Control", b"max-age=5 "),
        (b"Set-Cookie", b"sid=1"),
        (b"cache-control", b"public"),
    )

    assert outcome.meta == {b"cache-control": b"max-age=5, public"}


async def test_answer_without_the_wanted_headers_has_none_of_them():
    assert (await kept(frozenset({b"age"}))).meta == {}


async def test_no_headers_are_kept_unasked():
    assert (await kept(frozenset(), (b"age", b"1"))).meta is None


async def test_failures_have_no_headers():
    assert (await kept(frozenset({b"age"}), (b"age", b"1"), status=404)).cause is Cause.REJECTED

"""Function URLs against the local endpoint, which says what AWS says."""

import json

import pytest

from gateway.buffered import Buffered
from gateway.outcome import Cause, Failure, Success
from gateway.sources.lambda_url import url_ending
from gateway.sources.signed import signed_source
from gateway.transport.exchange import Request, Response
from tests.support.lambdas import WRONG, lambda_served, signed_client, store_of
from tests.support.servers import refused_port, scripted
from tests.support.transports import a_call


async def asked(url, target=b"/score/7", store=None, **how):
    """One call of a function URL, made as the gateway makes it."""
    async with signed_client(url, store) as client:
        ending = url_ending(client.buffered)
        source = signed_source(client.transport, ending, propagate=True, clock=client.timers.loop.time)
        call = a_call(Request("GET", target), **how)
        timer = client.timers.of(call.timeout)
        timer.start(call)
        outcome = await source(call)
        timer.stop(call)
        client.buffered.give(call.held)
        return outcome


async def test_an_answer_is_what_the_function_says():
    async with lambda_served() as served:
        outcome = await asked(served.url)

    assert json.loads(outcome.body) == {"user_id": 7, "score": 792, "grade": "D"}


async def test_a_streamed_answer_is_read_whole():
    async with lambda_served("pieces") as served:
        assert (await asked(served.url, b"/?count=5")).body == b"[0,1,2,3,4]"


async def test_the_body_may_be_base64():
    async with lambda_served("binary") as served:
        assert (await asked(served.url)).body == '{"name":"Müller"}'.encode()


@pytest.mark.parametrize(
    ("how", "cause", "status"),
    [
        ("exit", Cause.FAILED, 502),
        ("raise", Cause.FAILED, 502),
        ("503", Cause.FAILED, 503),
        ("404", Cause.REJECTED, 404),
        ("403", Cause.REJECTED, 403),
    ],
)
async def test_how_a_function_fails(how, cause, status):
    async with lambda_served("fail") as served:
        failure = await asked(served.url, f"/?how={how}".encode())

    assert (failure.cause, failure.status) == (cause, status)
    assert "secret" not in failure.detail


async def test_a_function_that_takes_too_long_is_a_502():
    async with lambda_served("slow", timeout=0.05) as served:
        failure = await asked(served.url, b"/?seconds=5")

    assert (failure.cause, failure.status) == (Cause.FAILED, 502)


async def test_a_function_that_is_slower_than_the_attempt_timeout_is_a_timeout():
    async with lambda_served("slow") as served:
        failure = await asked(served.url, b"/?seconds=5", timeout=0.1)
        assert failure.cause is Cause.TIMEOUT
        assert served.fleet("slow").busy == 1  # it runs on, and is paid for


async def test_more_calls_than_it_may_run_are_throttled_and_may_come_again_soon():
    async with lambda_served("slow", concurrency=0) as served:
        failure = await asked(served.url)

    assert (failure.cause, failure.status, failure.retry_after) == (Cause.THROTTLED, 429, 0.0)
    assert failure.detail == "HTTP 429 TooManyRequestsException"


async def test_wrong_credentials_are_told_and_their_secret_is_not():
    async with lambda_served() as served:
        failure = await asked(served.url, store=store_of(WRONG, lasting=True))

    assert (failure.cause, failure.status) == (Cause.UNREACHABLE, None)
    assert failure.detail == "AWS refused the call: InvalidSignatureException"


async def test_an_endpoint_that_is_not_there_is_unreachable():
    assert (await asked(f"http://127.0.0.1:{refused_port()}")).cause is Cause.UNREACHABLE


async def test_a_connection_that_is_lost_in_the_middle_is_incomplete():
    async def losing(peer):
        await peer.request()
        peer.reset()

    async with scripted(losing) as server:
        assert (await asked(server.url)).cause is Cause.INCOMPLETE


async def test_headers_that_layers_ask_for_are_kept():
    ending = url_ending(Buffered(1000), keep=frozenset({b"cache-control"}))

    outcome = ending(Response(200, [(b"Cache-Control", b"max-age=5"), (b"x", b"y")], b"{}"), a_call())

    assert isinstance(outcome, Success)
    assert outcome.meta == {b"cache-control": b"max-age=5"}


async def test_a_failure_of_the_transport_is_passed_on():
    failure = Failure(Cause.BULKHEAD_FULL, "no connection")
    assert url_ending(Buffered(1000))(failure, a_call()) is failure

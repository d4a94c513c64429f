"""A signed transport against the local Lambda endpoint, which verifies strictly."""

import asyncio
import time

import pytest

from gateway.outcome import Cause, Failure
from gateway.transport.exchange import Request, Response
from gateway.transport.signed import LARGEST, Signing, error_code, error_kind
from gateway.transport.sigv4 import Signer
from tests.support.lambdas import CREDENTIALS, WRONG, lambda_served, signed_client, store_of
from tests.support.servers import answer, answering, scripted
from tests.support.transports import a_call

TARGETS = (
    b"/score/7",
    b"/score/a%20b",
    b"/M%C3%BCnchen/%e4",
    b"/a%2Fb/c%2fd",
    b"/a:b/(c)/d+e/$f",
    b"/a//b/../c/.",
    b"/?q=a+b&r=c%20d",
    b"/?b=2&a=1&a=0&a-b=3",
    b"/?at=12:30&list=[1,2]&path=/x/y&star=*",
    b"/?empty=&flag&x=a=b",
    b"/100%25/50%2525?p=%2525&%41=%7e",
)


@pytest.mark.parametrize("target", TARGETS)
async def test_hard_targets_are_let_through(target):
    async with lambda_served("echo") as served, signed_client(served.url) as client:
        response = await client.exchange(
            Request("POST", target, b"content-type: application/json\r\nx-amz-meta: a  b\r\n", b'{"a":1}')
        )

    assert response.status == 200, response.body


async def test_an_unsigned_call_is_refused():
    async with lambda_served() as served, signed_client(served.url) as client:
        response = await client.transport.inner.exchange(Request("GET", b"/"), b"", call := a_call())
        client.buffered.give(call.held)

    assert (response.status, error_kind(response)) == (403, "MissingAuthenticationTokenException")


async def test_wrong_credentials_are_refused_and_said_so_without_a_secret():
    store = store_of(WRONG, lasting=True)
    async with lambda_served() as served, signed_client(served.url, store) as client:
        response = await client.get()

        assert response.status == 403
        assert client.signing.refusal == "InvalidSignatureException"
        assert WRONG.secret_key not in repr((response, client.transport, client.signing.store))
        assert served.endpoint.refused == 1


async def test_expired_credentials_are_renewed_and_the_call_goes_out_again():
    store = store_of(WRONG, CREDENTIALS)
    async with lambda_served() as served, signed_client(served.url, store) as client:
        call = a_call(repeatable=False)
        response = await client.exchange(Request("POST", b"/score/7"), call=call)

        assert response.status == 200
        assert client.signing.refusal == ""
        assert served.endpoint.refused == 1
        assert store._finding.looks == [False, True]


async def test_a_call_is_sent_at_most_twice_whatever_is_refused():
    store = store_of(WRONG)
    async with lambda_served() as served, signed_client(served.url, store) as client:
        assert (await client.get()).status == 403
        assert served.endpoint.refused == 2
        assert (await client.get()).status == 403
        assert served.endpoint.refused == 3


async def test_a_clock_that_is_wrong_is_set_by_the_upstreams():
    async with lambda_served() as served, signed_client(served.url) as client:
        client.signing._wall_clock = lambda: time.time() - 3600

        assert (await client.get()).status == 200
        assert 3590 < client.signing.skew < 3610
        assert (await client.get()).status == 200
        assert served.endpoint.refused == 1


async def test_the_upstreams_time_is_not_taken_for_a_few_seconds_nor_if_it_says_none():
    refused = answer(b"{}", "403 Forbidden", b"x-amzn-errortype: InvalidSignatureException")
    async with scripted(answering(refused)) as server, signed_client(server.url) as client:
        assert (await client.get()).status == 403
        assert client.signing.skew == 0.0
        assert len(server.requests) == 1


async def test_without_credentials_nothing_is_sent():
    store = store_of("there are none")
    async with lambda_served() as served, signed_client(served.url, store) as client:
        call = a_call()
        failure = await client.exchange(Request("GET", b"/"), call=call)

        assert (failure.cause, call.sent) == (Cause.UNREACHABLE, False)
        assert served.endpoint.refused == 0


async def test_a_403_of_the_functions_own_is_nobodys_refusal():
    async with lambda_served("fail") as served, signed_client(served.url) as client:
        response = await client.get(b"/?how=403")

        assert response.status == 403
        assert client.signing.refusal == ""


async def test_a_streamed_answer_comes_as_it_is_made():
    async with lambda_served("pieces") as served, signed_client(served.url) as client:
        call = a_call()
        response = await client.transport.stream(Request("GET", b"/?count=3"), b"", call, idle_timeout=1.0)
        pieces = [piece async for piece in response]
        response.close()

    assert b"".join(pieces) == b"[0,1,2]"


async def test_a_streamed_body_is_gathered_and_signed():
    async def body():
        yield b'{"a":'
        yield b"1}"

    async with lambda_served("echo") as served, signed_client(served.url) as client:
        call = a_call()
        request = Request("POST", b"/", b"content-type: application/json\r\n")
        response = await client.transport.stream(request, b"", call, idle_timeout=1.0, body=body())
        whole = b"".join([piece async for piece in response])
        response.close()

    assert response.status == 200
    assert b'"body": "{\\"a\\":1}"' in whole


async def test_a_streamed_body_that_is_too_large_is_not_sent():
    async def body():
        yield b"x" * LARGEST
        yield b"x"

    async with lambda_served("echo") as served, signed_client(served.url) as client:
        call = a_call()
        failure = await client.transport.stream(
            Request("POST", b"/"), b"", call, idle_timeout=1.0, body=body()
        )

    assert isinstance(failure, Failure)
    assert not call.sent


async def test_calls_cut_in_a_storm_leave_the_pool_whole(seeded):
    async with lambda_served("slow") as served, signed_client(served.url, limit=4, max_wait=5.0) as client:

        async def one():
            call = a_call(timeout=5.0)
            waiting = asyncio.create_task(client.exchange(Request("GET", b"/?seconds=0.02"), call=call))
            await asyncio.sleep(seeded.random() * 0.05)
            call.cut(Failure(Cause.OUT_OF_TIME))
            return await waiting

        await asyncio.gather(*(one() for _ in range(100)))
        assert (await client.get(b"/?seconds=0")).status == 200
        assert client.transport.state().open <= 4


async def test_many_calls_wait_for_credentials_together_and_a_lost_one_costs_nothing():
    begun = []
    store = store_of(CREDENTIALS, apart=lambda look, told: begun.append((look, told)))
    async with lambda_served() as served:
        client_of = signed_client(served.url, store)
        opening = asyncio.create_task(client_of.__aenter__())
        while not begun:
            await asyncio.sleep(0.001)
        look, told = begun[0]
        asyncio.get_running_loop().call_later(0.05, lambda: told(look()))
        client = await opening
        try:
            answers = await asyncio.gather(*(client.get() for _ in range(20)))
        finally:
            await client_of.__aexit__(None, None, None)

    assert {each.status for each in answers} == {200}
    assert len(begun) == 1


def in_xml(code):
    return Response(400, [], f"<?xml version='1.0'?><Error><Code>{code}</Code></Error>".encode())


def test_errors_of_s3_are_named_in_xml_and_those_of_functions_are_not_read_that_way():
    signer, store = Signer("eu-west-1", "s3", "h"), store_of(CREDENTIALS)
    of_s3, of_lambda = Signing(signer, store, kind_of=error_code), Signing(signer, store)

    assert of_s3.stale(in_xml("ExpiredToken"))
    assert of_s3.refusal == "ExpiredToken"
    assert not of_s3.stale(in_xml("EntityTooLarge"))
    assert of_s3.refusal == ""
    assert not of_lambda.stale(in_xml("ExpiredToken"))
    assert (error_code(Response(403, [], b"no xml")), error_code(in_xml("x" * 99))) == ("", "")

"""Signed calls in both forms: as a coroutine, and begun and ended without one."""

import asyncio

import pytest

from gateway.call import Call
from gateway.outcome import Cause, Failure, Success
from gateway.sources.lambda_url import url_ending
from gateway.sources.signed import SignedWire
from gateway.transport.exchange import Request
from tests.support.lambdas import CREDENTIALS, WRONG, lambda_served, signed_client, store_of
from tests.support.transports import TRACE, a_call


class Waiter(asyncio.Future):
    """What a direct attempt is to its wire."""


class Direct:
    """Calls a client's upstream in two halves."""

    def __init__(self, client):
        self.client = client
        ending = url_ending(client.buffered)
        clock = client.timers.loop.time
        self.wire = SignedWire(client.transport, ending, propagate=True, clock=clock)

    async def ask(self, call: Call):
        """The outcome, and whether the call was direct to its end."""
        waiter = Waiter()
        held = self.wire.begin(call, asyncio.get_running_loop().time(), waiter)
        outcome = None if held is None else self.wire.end(held, await waiter, call)
        call.waiter = None
        whole = outcome is not None
        outcome = outcome if whole else await self.wire.anew(call)
        self.client.buffered.give(call.held)
        return outcome, whole


def a_request(**how):
    return a_call(Request("GET", b"/score/7"), **how)


async def test_a_call_over_an_idle_connection_is_direct_and_signed():
    async with lambda_served() as served, signed_client(served.url) as client:
        direct = Direct(client)

        first, second = await direct.ask(a_request()), await direct.ask(a_request())

    assert [whole for _, whole in (first, second)] == [False, True]
    assert isinstance(second[0], Success)
    assert second[0].body == first[0].body


async def test_a_call_without_credentials_takes_the_plain_form_and_waits_for_them():
    begun = []
    store = store_of(CREDENTIALS, apart=lambda look, told: begun.append((look, told)))
    async with lambda_served() as served:
        opening = signed_client(served.url, store)
        task = asyncio.create_task(opening.__aenter__())
        client = await task
        asking = asyncio.create_task(Direct(client).ask(a_request()))
        await asyncio.sleep(0.01)
        look, told = begun.pop()
        told(look())
        outcome, whole = await asking
        await opening.__aexit__(None, None, None)

    assert isinstance(outcome, Success)
    assert not whole


@pytest.mark.parametrize("repeatable", [True, False])
async def test_a_refused_signature_is_renewed_in_the_same_attempt(repeatable):
    store = store_of(WRONG, CREDENTIALS)
    async with lambda_served() as served, signed_client(served.url, store) as client:
        await client.transport.inner.exchange(Request("GET", b"/"), b"", call := a_call())
        client.buffered.give(call.held)  # an idle connection, so that the next call is direct

        call = a_request(repeatable=repeatable)
        outcome, whole = await Direct(client).ask(call)

        assert isinstance(outcome, Success), outcome
        assert not whole
        assert call.attempt == 1
        assert served.endpoint.refused == 2


async def test_credentials_that_cannot_change_are_refused_at_once():
    store = store_of(WRONG, lasting=True)
    async with lambda_served() as served, signed_client(served.url, store) as client:
        direct = Direct(client)
        for refused in (1, 2):
            outcome, _ = await direct.ask(a_request())
            assert outcome.cause is Cause.UNREACHABLE
            assert served.endpoint.refused == refused


async def test_each_attempt_is_signed_anew():
    async with lambda_served() as served, signed_client(served.url) as client:
        now = [1.0]
        signed = []
        inner = client.transport.inner

        async def noting(request, extra, call):
            signed.append(extra)
            return Failure(Cause.INCOMPLETE)

        client.transport.inner = type("Noting", (), {"exchange": staticmethod(noting)})()
        client.signing._wall_clock = lambda: now[0]
        call = Call("score", Request("GET", b"/"), 100.0, 1.0, TRACE)
        for _ in range(2):
            await client.transport.exchange(call.payload, b"", call)
            now[0] += 400.0
        client.transport.inner = inner

    assert len(set(signed)) == 2

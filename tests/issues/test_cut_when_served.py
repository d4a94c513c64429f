"""A call that was cut in the moment in which its turn came went on, and could hang until its timeout."""

import asyncio

import pytest

from gateway.outcome import Cause, Failure
from gateway.transport.exchange import Request
from tests.support.servers import answer, scripted
from tests.support.transports import KINDS, a_call, client


@pytest.mark.parametrize("kind", KINDS)
async def test_call_that_is_cut_as_it_is_served_does_not_begin(kind):
    async def script(peer):
        while True:
            await peer.request()
            await go_on.wait()
            await peer.send(answer())

    go_on = asyncio.Event()
    async with scripted(script) as server, client(kind, server.url, limit=1) as it:
        first = asyncio.ensure_future(it.get())
        await asyncio.sleep(0.05)
        call = a_call()
        second = asyncio.ensure_future(it.exchange(Request("GET", b"/"), call=call))
        await asyncio.sleep(0.01)
        turn = call.waiter
        go_on.set()
        while not turn.done():
            await asyncio.sleep(0)
        call.cut(Failure(Cause.OUT_OF_TIME))

        assert (await second) is call.ended
        assert (await first).status == 200
        assert len(server.requests) == 1

"""A hedge over real connections: what the upstream sees of it, and what is left of the loser."""

import asyncio

import pytest

from gateway.buffered import Buffered
from gateway.call import stack
from gateway.layers.breaker import Breaker, breaking
from gateway.layers.budget import Budget
from gateway.layers.bulkhead import Bulkhead, limiting
from gateway.layers.hedge import Hedge, Races, hedging
from gateway.layers.hedge_delay import FixedDelay
from gateway.layers.timeout import timing_out
from gateway.sources.http import http_source
from gateway.timers import Timers
from gateway.transport.exchange import Request
from tests.support.hedged import crowding
from tests.support.servers import answer, scripted
from tests.support.transports import KINDS, MiB, Origin, a_call

DELAY = 0.05


class FirstStalls:
    """The first request gets half an answer and then nothing, every other one is answered at once."""

    def __init__(self) -> None:
        self.left = asyncio.get_running_loop().create_future()

    async def __call__(self, peer):
        await peer.request()
        if len(peer.server.requests) > 1:
            await peer.send(answer(b'{"by":"hedge"}'))
            return
        await peer.send(answer(b'{"by":"first"}')[:-5])
        await peer.eof()
        self.left.set_result(asyncio.get_running_loop().time())


@pytest.mark.parametrize("kind", KINDS)
async def test_g3_loser_is_off_the_wire_at_once_and_leaves_no_slot_no_byte_and_no_mark(kind):
    loop = asyncio.get_running_loop()
    script, timers, buffered = FirstStalls(), Timers(loop), Buffered(MiB)
    bulkhead, breaker = Bulkhead(8, 8, 0.1), Breaker(name="users", clock=loop.time)
    async with scripted(script) as server:
        options = {"limit": 8, "max_wait": 0.5, "connect_timeout": 1.0, "max_response": MiB}
        transport = KINDS[kind](Origin.of(server.url), buffered=buffered, timers=timers, **options)
        await transport.open()
        policy = Hedge(FixedDelay(DELAY), Budget(0.1, 1.0), lambda: False, crowding(bulkhead))
        hedge = hedging(Races(policy, buffered, loop.time, timers), deposits=True)
        inner = [limiting(bulkhead, timers), breaking(breaker, loop.time), timing_out(timers)]
        source = stack(http_source(transport, buffered, propagate=True, clock=loop.time), [hedge, *inner])
        call = a_call(Request("GET", b"/"))

        outcome = await source(call)
        answered = loop.time()

        assert outcome.body == b'{"by":"hedge"}'
        assert await script.left - answered <= 0.1
        assert len(server.requests) == 2
        assert (breaker.snapshot().total, breaker.snapshot().failed, bulkhead.in_use) == (1, 0, 0)
        assert transport.state().in_use == 0
        assert buffered.used == call.held == len(outcome.body)
        await transport.close()
        timers.close()

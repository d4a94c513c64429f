"""An upstream whose calls are hedged, and perhaps retried, in the order of compiler/stacks.py."""

import asyncio
from math import inf

from gateway.buffered import Buffered
from gateway.call import stack
from gateway.layers.backoff import Backoff
from gateway.layers.balance import CROWDED
from gateway.layers.budget import Budget
from gateway.layers.hedge import Hedge, Races, hedging
from gateway.layers.hedge_delay import FixedDelay
from gateway.layers.retry import retrying
from tests.support.calls import make_call
from tests.support.sources import ReceivingSource
from tests.support.upstreams import Upstream


def crowding(bulkhead):
    """Whether *bulkhead* has no slot to spare."""
    return lambda: bulkhead.in_use > CROWDED * bulkhead.slots


def no():
    return False


class Hedged:
    """``ask()`` makes one call, hedged after 30 ms; *attempts*: also retried. Each attempt holds bytes."""

    def __init__(
        self,
        *script,
        after=None,
        budget=None,
        attempts=1,
        half_open=no,
        buffered=None,
        **rest,
    ) -> None:
        self.buffered = buffered or Buffered(1 << 30)
        self.upstream = Upstream(*script, wire=ReceivingSource(self.buffered), **rest)
        self.wire = self.upstream.wire
        self.loop = self.upstream.loop
        self.started = self.loop.time()
        self.budget = budget or Budget(inf, inf)
        self.after = after or FixedDelay(0.03)
        clock = {"clock": self.upstream.clock, "timers": self.upstream.timers}
        hedge = Hedge(self.after, self.budget, half_open, crowding(self.upstream.bulkhead))
        self.layer = hedging(Races(hedge, self.buffered, **clock), deposits=attempts == 1)
        layers = [self.layer]
        if attempts > 1:
            shared = {"budget": self.budget, "half_open": half_open, **clock}
            layers.insert(0, retrying(attempts=attempts, backoff=Backoff(0.05, 0.5, lambda: 0.0), **shared))
        self.source = stack(self.upstream.source, layers)

    @property
    def elapsed(self):
        return round(self.loop.time() - self.started, 6)

    @property
    def sent(self):
        """Hedges that were sent, and those of them that won."""
        return self.budget.hedges.sent, self.budget.hedges.won

    async def ask(self, call=None, **rest):
        """The outcome of one call; what its body holds is given back, as the plan does."""
        call = call or make_call(**rest)
        try:
            return await self.source(call)
        finally:
            self.buffered.give(call.held)
            call.held = 0

    async def assert_idle(self):
        """No slot, permit, timer, task or byte is left a few turns of the loop later."""
        for _ in range(5):
            await asyncio.sleep(0)
        self.upstream.assert_idle()
        assert self.buffered.used == 0
        assert self.wire.in_flight == 0
        assert len(asyncio.all_tasks()) == 1

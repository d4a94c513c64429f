"""A step with a cache, in the order of compiler/stacks.py: caching, deadline, coalescing, keeping, wire."""

import asyncio

from gateway.buffered import Buffered
from gateway.call import stack
from gateway.layers.apart import Apart
from gateway.layers.cache import Copies, caching, keeping
from gateway.layers.cache_rules import CacheRules
from gateway.layers.coalesce import Flights, coalescing
from gateway.layers.deadline import within_deadline
from gateway.layers.stand_ins import StandIns
from gateway.outcome import Cause, Failure
from gateway.stores.memory import MemoryStore
from gateway.timers import Timers
from tests.support.calls import make_call
from tests.support.sources import ScriptedSource

OUT_OF_TIME = Failure(Cause.OUT_OF_TIME, "the request's time limit")


class CachedStep:
    """Five seconds fresh, 30 while revalidating, 300 for errors; no spread unless *random* is given."""

    def __init__(
        self,
        *script,
        wire=None,
        store=None,
        coalesce=False,
        random=lambda: 0.5,
        times=(5.0, 30.0, 300.0),
        refreshing=100,
    ):
        self.loop = asyncio.get_running_loop()
        self.clock = self.loop.time
        self.timers = Timers(self.loop)
        self.buffered = Buffered(10**9)
        self.wire = wire if wire is not None else ScriptedSource().will(*script)
        self.store = store if store is not None else MemoryStore(10**9, self.clock)
        self.refreshing = Apart(self.timers, self.buffered, self.clock, refreshing)
        self.rules = CacheRules(*times, random=random)
        self.copies = Copies(self.store, self.refreshing, self.rules)
        self.stand_ins = StandIns()
        self.flights = Flights(self.buffered)
        self.apart = Apart(self.timers, self.buffered, self.clock, 1000)
        layers = [
            caching(self.copies, 2.0, self.clock, self.stand_ins),
            within_deadline(self.clock),
            coalescing(self.flights, self.apart, 2.0, kept=True) if coalesce else None,
            keeping(self.copies),
        ]
        self.layers = [layer for layer in layers if layer is not None]
        self.source = stack(self.wire, self.layers)

    def begin(self, identity=b"i", left=2.0, **call):
        """Begin a call that is cut when its time is over, as a run does."""
        made = make_call(identity=identity, deadline=self.clock() + left, **call)
        self.loop.call_at(made.deadline, made.cut, OUT_OF_TIME)
        return asyncio.ensure_future(self.source(made))

    async def ask(self, identity=b"i", **call):
        """One call; what is begun beside it is done when this returns, if it takes no time."""
        outcome = await self.begin(identity, **call)
        for _ in range(10):
            await asyncio.sleep(0)
        return outcome

    async def copy(self, identity=b"i"):
        """What the store has."""
        return await self.store.get(identity + self.copies.mark)

    @property
    def hits(self):
        """Calls that reached the upstream."""
        return len(self.wire.calls)

    def assert_nothing_left(self):
        assert (len(self.refreshing), len(self.apart)) == (0, 0)
        assert (self.copies.snapshot().refreshing, self.flights.snapshot().under_way) == (0, 0)
        assert (self.buffered.used, len(self.timers.of(2.0))) == (0, 0)

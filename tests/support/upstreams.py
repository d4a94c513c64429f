"""A scripted upstream behind the layers that stand once before it, in the order of compiler/stacks.py."""

import asyncio

from gateway.call import stack
from gateway.layers.breaker import Breaker, breaking, refusing_while_open
from gateway.layers.bulkhead import Bulkhead, limiting
from gateway.layers.timeout import timing_out
from gateway.outcome import Cause, Failure
from gateway.timers import Timers
from tests.support.calls import make_call
from tests.support.circuits import RC
from tests.support.sources import ScriptedSource


class Upstream:
    """A scripted upstream with gate, bulkhead, permit and attempt timeout; *wire* replaces its source."""

    def __init__(self, *script, slots=20, waiting=20, max_wait=0.1, rules=RC, wire=None) -> None:
        self.loop = asyncio.get_running_loop()
        self.clock = self.loop.time
        self.timers = Timers(self.loop)
        self.bulkhead = Bulkhead(slots, waiting, max_wait)
        self.breaker = Breaker(name="users", rules=rules, clock=self.clock, random=lambda: 0.5)
        self.wire = (wire or ScriptedSource()).will(*script)
        self.source = stack(
            self.wire,
            [
                refusing_while_open(self.breaker, self.clock),
                limiting(self.bulkhead, self.timers),
                breaking(self.breaker, self.clock),
                timing_out(self.timers),
            ],
        )

    def start(self, count=1):
        return [asyncio.ensure_future(self.source(make_call())) for _ in range(count)]

    async def calls(self, count):
        return await asyncio.gather(*self.start(count))

    async def open(self):
        self.wire.will(Failure(Cause.FAILED))
        while not self.breaker.opened:
            await self.source(make_call())
        self.wire.calls.clear()

    async def half_open(self, *script):
        await self.open()
        await asyncio.sleep(self.breaker.open_remaining)
        self.wire.will(*script)

    @property
    def state(self):
        return str(self.breaker.circuit.state)

    @property
    def counts(self):
        snapshot = self.breaker.snapshot()
        return snapshot.total, snapshot.failed

    def assert_idle(self):
        assert (self.bulkhead.in_use, self.bulkhead.snapshot().waiting) == (0, 0)
        assert self.breaker.snapshot().probes_out == 0
        assert not len(self.timers.of(0.5))
        assert not len(self.timers.of(0.1))


def causes(outcomes):
    return [str(getattr(outcome, "cause", None)) for outcome in outcomes]

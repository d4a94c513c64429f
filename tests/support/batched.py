"""A step with a batch in small: keys over a scripted upstream, on the loop's own clock."""

import asyncio
import json

from gateway.buffered import Buffered
from gateway.layers.apart import Apart
from gateway.layers.batch import KIND, Batches, BatchRules, Keyed, batching
from gateway.outcome import Success
from gateway.plan.split import splitting
from gateway.timers import Timers
from tests.support.calls import make_call
from tests.support.sources import ReceivingSource

GROUP = b"group"


def everything(call):
    """Answers an object with a member for every key that was asked for."""
    return Success(json.dumps({str(key): {"key": key} for key in call.payload}).encode())


class Upstream(ReceivingSource):
    """The same script entries; a function among them makes an outcome of the call."""

    async def _perform(self, call, entry):
        outcome = await super()._perform(call, entry)
        return outcome(call) if callable(outcome) else outcome

    @property
    def asked(self):
        return [call.payload for call in self.calls]


class BatchStep:
    """``ask(key)`` makes a call for a key, and gives its future outcome; ``calls`` are those made so far."""

    def __init__(
        self, *script, window=0.002, max_size=100, limit=100, time_limit=2.0, buffered=1 << 20, **rules
    ):
        loop = asyncio.get_running_loop()
        self.timers = Timers(loop)
        self.buffered = Buffered(buffered)
        self.apart = Apart(self.timers, self.buffered, loop.time, limit, KIND)
        self.batches = Batches(self.buffered, self.apart, self.timers)
        self.wire = Upstream(self.buffered).will(*(script or [everything]))
        self.calls = []
        rules = {"split": splitting(), **rules}
        rules = BatchRules(window=window, max_size=max_size, time_limit=time_limit, **rules)
        self.source = batching(self.batches, rules)(self.wire)

    def ask(self, key, group=GROUP, trace=None, deadline=float("inf")):
        def render(keys):
            return [json.loads(each) for each in keys]

        call = make_call(deadline=deadline)
        if trace is not None:
            call.trace = trace
        text = key if isinstance(key, str) else json.dumps(key)
        call.payload = Keyed(None if key is None else json.dumps(key).encode(), text, group, render)
        self.calls.append(call)
        return asyncio.ensure_future(self.source(call))

    async def answers(self, *keys):
        return [outcome.data for outcome in await asyncio.gather(*map(self.ask, keys))]

    async def assert_idle(self):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for call in self.calls:
            self.buffered.give(call.held)
            call.held = 0
        snapshot = self.batches.snapshot()
        assert (snapshot.under_way, snapshot.waiting, len(self.batches.gathering)) == (0, 0, 0)
        assert (self.buffered.used, len(self.apart), len(self.timers.of(0.002))) == (0, 0, 0)

"""What hedges do to the tail, and what they cost the upstream, over minutes of traffic in virtual time."""

import random
from dataclasses import replace

from gateway.layers.budget import Budget
from gateway.layers.hedge_delay import LiveDelay
from gateway.outcome import Cause, Failure
from tests.support.circuits import RC
from tests.support.hedged import Hedged
from tests.support.latency import Taking, percentile, steadily

SEED = 20261121
RATE = 50  # requests per second
NEVER_OPENS = replace(RC, minimum_throughput=1_000_000)


class Load(Hedged):
    """Traffic on an upstream with a hedge at p95; remembers how long everything took."""

    def __init__(self, draw, **rest) -> None:
        rest = {"after": LiveDelay(0.95), "budget": Budget(0.1, 1.0), "slots": 1000} | rest
        self.taking = Taking(draw)
        super().__init__(self.taking, **rest)
        self.latencies = []
        self.firsts = []  # (when it ended, seconds that the first attempt would have taken)
        self.delays = []  # (when, seconds)

    async def request(self, _):
        begun, index = self.loop.time(), len(self.taking.drawn)
        outcome = await self.ask(timeout=2.0, deadline=begun + 3.0)
        now = self.loop.time()
        self.latencies.append(now - begun)
        self.firsts.append((now, self.taking.drawn[index]))
        self.delays.append((now, self.after.seconds))
        return outcome

    async def run(self, seconds):
        """Hits beyond one per request, in each ten seconds."""
        extra = []
        for _ in range(seconds // 10):
            before = len(self.wire.calls)
            await steadily(10 * RATE, RATE, self.request)
            extra.append(len(self.wire.calls) - before - 10 * RATE)
        return extra

    def p95(self, now, reach):
        return percentile([took for when, took in self.firsts if now - reach < when <= now], 0.95)


def stalling(chance):
    """20 ms, give or take a quarter; one call in a hundred takes a second."""
    return lambda: 1.0 if chance.random() < 0.01 else chance.uniform(0.015, 0.025)


async def test_g1_hedge_at_p95_cuts_the_tail_of_one_stall_in_a_hundred():
    load = Load(stalling(random.Random(SEED)))

    await load.run(100)

    calls = len(load.latencies)
    assert percentile(load.latencies, 0.99) <= 0.1
    assert len(load.wire.calls) <= calls * 1.05 + 100
    assert load.budget.hedges.won > 30
    await load.assert_idle()


async def test_g1_without_hedges_the_tail_is_the_stall():
    load = Load(stalling(random.Random(SEED)), budget=Budget(0.0, 0.0))

    await load.run(100)

    assert percentile(load.latencies, 0.995) >= 1.0
    assert load.sent == (0, 0)


async def test_g2_upstream_that_slows_down_tenfold_is_not_hedged_to_death():
    chance, factor = random.Random(SEED), [1.0]
    load = Load(lambda: factor[0] * chance.uniform(0.015, 0.025))

    extra = await load.run(60)
    factor[0] = 10.0
    extra += await load.run(60)
    factor[0] = 1.0
    extra += await load.run(90)

    assert max(extra) <= 0.05 * 10 * RATE
    for now, delay in load.delays[100::25]:
        # A slot of the window is a twelfth, a bucket a sixteenth.
        assert delay <= 17 / 16 * max(load.p95(now, 60.0), load.p95(now, 55.0))
    await load.assert_idle()


async def test_g7_retries_and_hedges_share_one_budget():
    chance = random.Random(SEED)
    slow_or_down = Taking(lambda: chance.choice([0.001, 0.1]), Failure(Cause.FAILED))
    hedged = Hedged(slow_or_down, attempts=3, budget=Budget(0.1, 1.0), slots=1000, rules=NEVER_OPENS)

    await steadily(1000, 100, lambda _: hedged.ask())

    assert hedged.budget.retries.sent > 20
    assert hedged.budget.hedges.sent > 20
    assert 1080 <= len(hedged.wire.calls) <= 1100 + hedged.elapsed + 1
    await hedged.assert_idle()

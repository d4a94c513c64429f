"""Whatever upstreams and clients do, and in whatever order, retries and hedges keep their promises."""

import asyncio
from dataclasses import replace

from hypothesis import given, seed, settings
from hypothesis import strategies as st

from gateway.layers.budget import Budget
from gateway.layers.hedge_delay import FixedDelay, LiveDelay
from gateway.outcome import Cause, Failure, Success
from tests.support.calls import make_call
from tests.support.circuits import RC
from tests.support.hedged import Hedged
from tests.support.sources import After, Hang
from tests.support.virtual_time import run_virtually

SEED = 20261121
print(f"seed {SEED}")

OUTCOMES = st.one_of(
    st.just(Success(b"1")),
    st.builds(Failure, st.sampled_from(Cause), retry_after=st.sampled_from([None, 0.0, 0.05, 0.3, 9.0])),
    st.just(LookupError("bug")),
)
ENTRIES = st.one_of(
    OUTCOMES,
    st.builds(After, st.sampled_from([0.001, 0.03, 0.05, 0.2, 0.6]), OUTCOMES),
    st.builds(Hang, sent=st.booleans()),
)
CALLS = st.fixed_dictionaries(
    {
        "begins": st.sampled_from([0.0, 0.001, 0.02, 0.1, 0.5]),
        "left": st.sampled_from([0.01, 0.05, 0.3, 1.0, 2.0]),
        "repeatable": st.booleans(),
        "ends": st.sampled_from([None, None, "cut", "cancelled"]),
        "at": st.sampled_from([0.0, 0.001, 0.03, 0.031, 0.05, 0.08, 0.4]),
    }
)


def overdrawn(budget, elapsed):
    """Whether more extra attempts were sent than first attempts and seconds have paid for."""
    paid = budget.ratio * budget.first_attempts + budget.per_second * (elapsed + 1)
    return budget.retries.sent + budget.hedges.sent > paid + 1e-6


class Client:
    """One call as *plan* says; ``outcome`` is what it gave, ``None`` if it was cancelled or found a bug."""

    def __init__(self, hedged, plan) -> None:
        self._hedged = hedged
        self._plan = plan
        self.outcome = None

    async def run(self):
        loop, plan = self._hedged.loop, self._plan
        await asyncio.sleep(plan["begins"])
        begun = loop.time()
        self.call = make_call(deadline=begun + plan["left"], repeatable=plan["repeatable"])
        task = loop.create_task(self._hedged.ask(self.call))
        timers = [loop.call_later(plan["left"], self.call.cut, Failure(Cause.OUT_OF_TIME, "deadline"))]
        if plan["ends"] == "cut":
            timers.append(loop.call_later(plan["at"], self.call.cut, Failure(Cause.OUT_OF_TIME, "left")))
        elif plan["ends"] == "cancelled":
            timers.append(loop.call_later(plan["at"], task.cancel))
        await asyncio.wait([task])
        for timer in timers:
            timer.cancel()
        if not task.cancelled() and task.exception() is None:
            self.outcome = task.result()
        assert loop.time() <= begun + plan["left"] + 1e-6
        assert self.call.waiter is None


@seed(SEED)
@settings(max_examples=250, deadline=None)
@given(
    script=st.lists(ENTRIES, min_size=1, max_size=12),
    plans=st.lists(CALLS, min_size=1, max_size=8),
    attempts=st.integers(2, 4),
    slots=st.integers(1, 6),
    per_second=st.sampled_from([0.0, 1.0, 20.0]),
    live=st.booleans(),
)
def test_no_promise_is_broken_by_any_sequence_of_outcomes_delays_and_cuts(
    script, plans, attempts, slots, per_second, live
):
    async def scenario():
        budget = Budget(0.5, per_second)
        after = LiveDelay(0.5) if live else FixedDelay(0.03)
        for _ in range(60):
            after.record(asyncio.get_running_loop().time(), 0.02)
        rules = replace(RC, minimum_throughput=4)
        hedged = Hedged(
            *script, attempts=attempts, budget=budget, after=after, slots=slots, waiting=3, rules=rules
        )
        clients = [Client(hedged, plan) for plan in plans]

        await asyncio.gather(*[client.run() for client in clients])

        assert all(client.call.attempt <= attempts for client in clients)
        assert len(hedged.wire.calls) <= attempts * len(clients)
        assert hedged.wire.peak <= slots
        assert not overdrawn(budget, hedged.elapsed)
        assert budget.snapshot(hedged.loop.time()).tokens >= 0.0
        assert budget.first_attempts == len(clients)
        await hedged.assert_idle()

    run_virtually(scenario)

"""The upstream at which a scene is played, and the layers before it, in both forms of its calls."""

import asyncio
from collections import Counter

from gateway.buffered import Buffered
from gateway.call import Trace, stack
from gateway.layers.adaptive import AdaptingMeter, adapting
from gateway.layers.address import Address
from gateway.layers.backoff import Backoff
from gateway.layers.balance import Balance, PendingMeter, balancing
from gateway.layers.breaker import Breaker, breaking, refusing_while_open
from gateway.layers.budget import Budget
from gateway.layers.bulkhead import Bulkhead, limiting
from gateway.layers.circuit_rules import CircuitRules
from gateway.layers.circuit_state import CircuitState
from gateway.layers.cold_start import allowing_cold_starts, unhurried
from gateway.layers.deadline import within_deadline
from gateway.layers.fallback import standing_in
from gateway.layers.gradient import Gradient, GradientRules
from gateway.layers.hedge import Hedge, Races, hedging
from gateway.layers.hedge_delay import FixedDelay, LiveDelay
from gateway.layers.nothing import answering_nothing
from gateway.layers.observe import observing_attempts, observing_calls
from gateway.layers.ramp import Ramp, ramping
from gateway.layers.retry import Retrying, retrying
from gateway.layers.shape import shaping
from gateway.layers.timeout import timing_out
from gateway.layers.turns import Turns
from gateway.layers.warmth import Warmth
from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.plan.background import Background
from gateway.plan.balanced import Balanced
from gateway.plan.cold import ColdWire
from gateway.plan.direct import Direct
from gateway.plan.engine import Engine
from gateway.plan.execute import Run
from gateway.plan.model import Plan, Step
from gateway.timers import Timers
from tests.support.hedged import crowding
from tests.support.meters import RecordingMeter
from tests.support.recordings import KeptRecordings, recorded_trace
from tests.support.wires import ScriptedWire

TRACE = Trace("0" * 32, "00", "req-1")
NOTHING_ON = frozenset({404})
COLD_TIMEOUT = 0.31
LIMIT = 0.5


def fallback(failure, _inputs):
    return Success(b"0", Freshness.FALLBACK, failure.cause)


def shape(answer):
    """Shapes documents of two bytes, says that longer ones are unreadable, and has a bug."""
    if len(answer.body) > 2:
        return Failure(Cause.UNREADABLE, "not of its shape")
    if answer.body == b"[]":
        raise RuntimeError("a bug in the shape")
    return Success(b'{"shaped":true}', answer.freshness, answer.cause, answer.status)


class Site:
    """One address: what exists once for each, in both forms."""

    def __init__(self, scene, script, buffered, attempts, timers):
        self.scene, self.attempts, self.timers = scene, attempts, timers
        self.clock = clock = timers.loop.time
        rules = CircuitRules(minimum_throughput=4, consecutive=None, open_for=0.1, jitter=0.0, timeout=9.0)
        self.wire = ScriptedWire(script, buffered)
        self.bulkhead = Bulkhead(scene.slots, waiting=2, max_wait=0.05)
        self.ramp = Ramp(self.bulkhead, first=1)
        if scene.ramped:
            self.ramp.begin()
        notice = self.ramp.notice
        self.breaker = Breaker(name="x", rules=rules, clock=clock, random=lambda: 0.5, listener=notice)
        self.circuit = self.breaker.circuit
        self.warmth = Warmth(0.3)
        self.warmth.show(2, clock())
        bounds = {"least": 1, "first": scene.slots, "most": 2 * scene.slots}
        rules = GradientRules(**bounds, samples=6, few=2, shortest=0.01, longest=0.05, every=0.2)
        self.gradient = Gradient(rules, lambda: 0.5)
        cold = unhurried(scene.timeout, COLD_TIMEOUT) if scene.cold else None
        layers = [observing_attempts(attempts, clock), refusing_while_open(self.breaker, clock)]
        layers += [limiting(self.bulkhead, timers), ramping(self.ramp)]
        layers += [adapting(self.gradient, self.bulkhead, clock)] if scene.adaptive else []
        if scene.cold:
            layers += [allowing_cold_starts(self.warmth, COLD_TIMEOUT, clock, self.circuit)]
        layers += [breaking(self.breaker, clock, cold), timing_out(timers)]
        self.source = stack(self.wire.source, layers)
        self.address = Address("x", self.source, self.circuit, self.bulkhead)

    def direct(self, balance, **of_step):
        meter = self.attempts
        if balance is not None:
            meter = PendingMeter(balance, self.address, self.clock, meter)
        if self.scene.adaptive:
            meter = AdaptingMeter(self.gradient, self.bulkhead, self.clock, meter)
        return Direct(
            ColdWire(self.wire, self.warmth, self.clock) if self.scene.cold else self.wire,
            clock=self.clock,
            timers=self.timers,
            circuit=self.circuit,
            bulkhead=self.bulkhead,
            attempts=meter,
            **of_step,
        )

    def told(self, now):
        """What of it must be the same in both forms; whatever is not given back fails here."""
        assert (self.wire.in_use, self.bulkhead.in_use, self.warmth.in_flight) == (0, 0, 0)
        assert self.address.pending == 0
        seen = self.breaker.snapshot()
        circuit = (seen.state, seen.total, seen.failed, seen.in_a_row, seen.probes_out)
        warmth = (self.warmth.snapshot(now), list(self.warmth._seen))
        slots = (self.bulkhead.limit, self.bulkhead.refused, repr(self.gradient), self.gradient.measuring)
        # What is first within an instant is a matter of the form: also whether a call that is cut in the one
        # in which it gets its slot is sent.
        sent = sorted((Counter(self.wire.sent) - Counter(self.wire.lost)).elements())
        standing = (self.address.calls, self.address.failures, self.address.steady)
        return (circuit, self.circuit.generation, slots, warmth, standing, sent)


class World:
    """What the requests of a scene share, whose calls are made directly or in their plain form."""

    def __init__(self, scene, direct):
        loop = asyncio.get_running_loop()
        self.scene = scene
        self.direct = direct
        self.ended = []
        self.recordings = []
        self.timers = Timers(loop)
        self.buffered = Buffered(1 << 20)
        self.background = Background()
        self.engine = Engine(self.timers, self.buffered, self.background, loop.time)
        self.budget = Budget(scene.budget, 1.0)
        self.attempts, self.calls = RecordingMeter(), RecordingMeter()
        script = {(n, i): e for n, r in enumerate(scene.requests) for i, e in enumerate(r.entries)}
        shared = (script, self.buffered, self.attempts, self.timers)
        self.sites = [Site(scene, *shared) for _ in range(scene.addresses)]
        self.balance = self._balance() if scene.addresses > 1 else None
        self.retry = {
            "attempts": 3,
            "backoff": Backoff(0.0217, 0.1, lambda: 0.61),
            "budget": self.budget,
            "half_open": self.on_trial,
            "clock": loop.time,
            "timers": self.timers,
        }
        self.races = self._races() if scene.hedged else None
        for at in scene.hints:
            loop.call_later(at, lambda: self.sites[0].circuit.suspect(loop.time()))

    @property
    def wire(self):
        return self.sites[0].wire

    @property
    def bulkhead(self):
        return self.sites[0].bulkhead

    def on_trial(self):
        if self.balance is not None:
            return self.balance.on_trial()
        return self.sites[0].circuit.state is not CircuitState.CLOSED

    def _balance(self):
        """By lots that an instant draws, whatever was drawn before: both forms draw the same."""
        clock = self.timers.loop.time
        addresses = [site.address for site in self.sites]
        if self.scene.turns:
            return Turns(addresses, lambda: clock() * 977.0 % 1.0)
        return Balance(addresses, lambda: clock() * 977.0 % 1.0, slow_start=0.3)

    def _races(self):
        """Hedges after a fixed time, or after a percentile of which enough is known from the start."""
        clock = self.timers.loop.time
        if self.scene.hedged == "live":
            after = LiveDelay(0.5)
            for _ in range(60):
                after.record(clock(), 0.05)
        else:
            after = FixedDelay(self.scene.hedged)
        crowded = crowding(self.bulkhead) if self.balance is None else self.balance.crowded
        hedge = Hedge(after, self.budget, self.on_trial, crowded)
        return Races(hedge, self.buffered, clock, self.timers)

    def plan(self, number, count):
        scene, clock = self.scene, self.timers.loop.time
        source = self.sites[0].source if self.balance is None else balancing(self.balance, clock)
        inner = answering_nothing(NOTHING_ON)(source)
        layers = [observing_calls(self.calls, clock)]
        layers += [standing_in(fallback)] if scene.backed else []
        layers += [shaping(shape)] if scene.shaped else []
        layers += [within_deadline(clock)]
        layers += [retrying(**self.retry)] if scene.retried else []
        layers += [hedging(self.races, deposits=not scene.retried)] if scene.hedged else []
        of_step = {
            "calls": self.calls,
            "nothing_on": NOTHING_ON,
            "stand_in": fallback if scene.backed else None,
            "shape": shape if scene.shaped else None,
            "following": Retrying(**self.retry).following(inner) if scene.retried else None,
            "deposit": self.budget.deposit if scene.retried or scene.hedged else None,
            "races": self.races,
            "inner": inner,
        }
        steps = [
            Step(
                f"s{index}",
                index,
                stack(inner, layers),
                lambda _, index=index: (number, index),
                needs=(index - 1,) if scene.chained and index else (),
                required=scene.required,
                repeatable=scene.repeatable,
                timeout=scene.timeout + 0.0011 * index + 0.00013 * number,  # no two at one instant
                stand_in=fallback if scene.backed else None,
                direct=self._begins(of_step) if self.direct else None,
            )
            for index in range(count)
        ]
        return Plan("GET /x", tuple(steps), LIMIT, merge=lambda _: b"{}")

    def _begins(self, of_step):
        directs = [site.direct(self.balance, **of_step) for site in self.sites]
        if self.balance is None:
            return directs[0]
        return Balanced(self.balance, directs, self.timers.loop.time)

    def trace(self):
        if not self.scene.recorded:
            return TRACE
        trace = recorded_trace(KeptRecordings(), self.timers.loop.time)
        self.recordings.append(trace.recording)
        return trace

    async def request(self, number, request):
        loop = asyncio.get_running_loop()
        await asyncio.sleep(request.at)
        run = Run(self.plan(number, len(request.entries)), self.engine, [], self.trace(), LIMIT)
        handles = []
        if request.leaves is not None:
            handles.append(loop.call_later(request.leaves, run.abandon))
        if request.cancelled is not None:
            handles.append(loop.call_later(request.cancelled, asyncio.current_task().cancel))
        how = "answered"
        try:
            await run.run()
        except asyncio.CancelledError:
            how = "cancelled"
        for handle in handles:
            handle.cancel()
        seen = [(said(o), c and round(c.elapsed, 4)) for o, c in zip(run.outcomes, run.calls, strict=True)]
        if run.abandoned:
            how = "left"
        elif how == "answered" and run.failure is not None and self.scene.required:
            # The cut calls of a failed request may still be ending; its failure is what is answered.
            seen = said(run.failure[1])
        # Nobody looks at the outcomes of a request that was cancelled, or whose client left.
        self.ended.append((number, round(loop.time(), 4), seen if how == "answered" else how))
        run.release()

    def told(self):
        """What must be the same in both forms; whatever is not given back fails here."""
        now = self.timers.loop.time()
        assert self.buffered.used == 0
        assert not any(map(len, self.timers._by_length.values()))
        meters = (sorted(self.attempts.records), sorted(self.calls.records))
        extras = [(each.sent, each.won, each.withheld) for each in (self.budget.retries, self.budget.hedges)]
        learned = self.races and getattr(self.races.hedge.after, "_latencies", None)
        return (
            sorted(self.ended, key=repr),
            [site.told(now) for site in self.sites],
            meters,
            (self.budget.snapshot(now), extras, learned and list(learned._sums)),
            sorted(recorded(record) for recording in self.recordings for record in recording.records),
        )


def said(outcome):
    if isinstance(outcome, Failure):
        return str(outcome.cause), outcome.status
    return outcome and (str(outcome.freshness), outcome.body, outcome.cause)


def recorded(record):
    """What a record tells, but for its ids; of calls as much as the meters are told (see ``request``)."""
    status = record.status if record.kind.value == "attempt" else None
    ended = str(record.cause or record.freshness or "under way"), status or 0
    times = round(record.started, 4), round(record.ended, 4)
    return (record.kind.value, record.name, record.attempt, record.hedge, *times, ended)

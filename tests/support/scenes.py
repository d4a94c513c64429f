"""Scenes of requests that are played with calls made directly and in their plain form, and compared."""

import asyncio
from dataclasses import dataclass, field

from gateway.buffered import Buffered
from gateway.call import Trace, stack
from gateway.layers.backoff import Backoff
from gateway.layers.breaker import Breaker, breaking, refusing_while_open
from gateway.layers.budget import Budget
from gateway.layers.bulkhead import Bulkhead, limiting
from gateway.layers.circuit_rules import CircuitRules
from gateway.layers.circuit_state import CircuitState
from gateway.layers.cold_start import allowing_cold_starts, unhurried
from gateway.layers.deadline import within_deadline
from gateway.layers.fallback import standing_in
from gateway.layers.nothing import answering_nothing
from gateway.layers.observe import observing_attempts, observing_calls
from gateway.layers.ramp import Ramp, ramping
from gateway.layers.retry import Retrying, retrying
from gateway.layers.shape import shaping
from gateway.layers.timeout import timing_out
from gateway.layers.warmth import Warmth
from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.plan.background import Background
from gateway.plan.cold import ColdWire
from gateway.plan.direct import Direct
from gateway.plan.engine import Engine
from gateway.plan.execute import Run
from gateway.plan.model import Plan, Step
from gateway.recording import Kind
from gateway.timers import Timers
from tests.support.meters import RecordingMeter
from tests.support.recordings import KeptRecordings, recorded_trace
from tests.support.virtual_time import run_virtually
from tests.support.wires import BUG, STALE, Entry, ScriptedWire

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


@dataclass(frozen=True)
class Request:
    """One client request: when it comes, what its steps meet, and when its client leaves or is cancelled."""

    at: float
    entries: tuple
    leaves: float | None = None
    cancelled: float | None = None


@dataclass(frozen=True)
class Scene:
    requests: tuple
    slots: int = 3
    timeout: float = 0.2
    repeatable: bool = True
    required: bool = False
    backed: bool = False
    chained: bool = False
    ramped: bool = False
    retried: bool = False
    recorded: bool = False
    shaped: bool = False
    cold: bool = False


@dataclass
class World:
    """What both forms of a scene share in kind, and what is compared after it."""

    scene: Scene
    direct: bool
    ended: list = field(default_factory=list)
    recordings: list = field(default_factory=list)

    def __post_init__(self):
        loop = asyncio.get_running_loop()
        self.timers = Timers(loop)
        self.buffered = Buffered(1 << 20)
        self.background = Background()
        self.engine = Engine(self.timers, self.buffered, self.background, loop.time)
        rules = CircuitRules(minimum_throughput=4, consecutive=None, open_for=0.1, jitter=0.0, timeout=9.0)
        self.bulkhead = Bulkhead(self.scene.slots, waiting=2, max_wait=0.05)
        self.ramp = Ramp(self.bulkhead, first=1)
        if self.scene.ramped:
            self.ramp.begin()
        notice = self.ramp.notice
        self.breaker = Breaker(name="x", rules=rules, clock=loop.time, random=lambda: 0.5, listener=notice)
        self.budget = Budget(0.3, 1.0)
        self.retry = {
            "attempts": 3,
            "backoff": Backoff(0.0217, 0.1, lambda: 0.61),
            "budget": self.budget,
            "half_open": lambda: self.breaker.circuit.state is not CircuitState.CLOSED,
            "clock": loop.time,
            "timers": self.timers,
        }
        self.attempts, self.calls = RecordingMeter(), RecordingMeter()
        script = {(n, i): e for n, r in enumerate(self.scene.requests) for i, e in enumerate(r.entries)}
        self.wire = ScriptedWire(script, self.buffered)
        self.warmth = Warmth(0.3)
        self.warmth.show(2, loop.time())

    def plan(self, number, count):
        clock = self.timers.loop.time
        layers = [observing_calls(self.calls, clock)]
        layers += [standing_in(fallback)] if self.scene.backed else []
        layers += [shaping(shape)] if self.scene.shaped else []
        layers += [within_deadline(clock)]
        layers += [retrying(**self.retry)] if self.scene.retried else []
        layers += [answering_nothing(NOTHING_ON)]
        layers += [observing_attempts(self.attempts, clock), refusing_while_open(self.breaker, clock)]
        cold = self.scene.cold
        told = unhurried(self.scene.timeout, COLD_TIMEOUT) if cold else None
        layers += [limiting(self.bulkhead, self.timers), ramping(self.ramp)]
        layers += (
            [allowing_cold_starts(self.warmth, COLD_TIMEOUT, clock, self.breaker.circuit)] if cold else []
        )
        layers += [breaking(self.breaker, clock, told), timing_out(self.timers)]
        source = stack(self.wire.source, layers)
        per_attempt = stack(self.wire.source, layers[-8 if cold else -7 :])
        direct = Direct(
            ColdWire(self.wire, self.warmth, clock) if cold else self.wire,
            clock=clock,
            timers=self.timers,
            circuit=self.breaker.circuit,
            bulkhead=self.bulkhead,
            attempts=self.attempts,
            calls=self.calls,
            nothing_on=NOTHING_ON,
            stand_in=fallback if self.scene.backed else None,
            shape=shape if self.scene.shaped else None,
            following=Retrying(**self.retry).following(per_attempt) if self.scene.retried else None,
            deposit=self.budget.deposit if self.scene.retried else None,
        )
        steps = [
            Step(
                f"s{index}",
                index,
                source,
                lambda _, index=index: (number, index),
                needs=(index - 1,) if self.scene.chained and index else (),
                required=self.scene.required,
                repeatable=self.scene.repeatable,
                timeout=self.scene.timeout + 0.0011 * index,
                stand_in=fallback if self.scene.backed else None,
                direct=direct if self.direct else None,
            )
            for index in range(count)
        ]
        return Plan("GET /x", tuple(steps), LIMIT, merge=lambda _: b"{}")

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


def said(outcome):
    if isinstance(outcome, Failure):
        return str(outcome.cause), outcome.status
    return outcome and (str(outcome.freshness), outcome.body, outcome.cause)


def told(record):
    """What a record tells, but for its ids; of calls as much as the meters are told (see ``request``)."""
    status = record.status if record.kind is Kind.ATTEMPT else None
    ended = str(record.cause or record.freshness or "under way"), status or 0
    return (
        record.kind.value,
        record.name,
        record.attempt,
        round(record.started, 4),
        round(record.ended, 4),
        ended,
    )


def played(scene, *, direct):
    """What a scene comes to; whatever is not given back fails here."""

    async def play():
        loop_time = asyncio.get_running_loop().time
        world = World(scene, direct)
        await asyncio.gather(*(world.request(*each) for each in enumerate(scene.requests)))
        await world.background.drain(5.0)
        await asyncio.sleep(5.0)
        assert world.wire.in_use == 0
        assert world.bulkhead.in_use == 0
        assert world.buffered.used == 0
        assert len(world.timers.of(scene.timeout)) == 0
        snapshot = world.breaker.snapshot()
        circuit = (snapshot.state, snapshot.total, snapshot.failed, snapshot.in_a_row, snapshot.probes_out)
        circuit += (world.breaker.circuit.generation,)
        meters = (sorted(world.attempts.records), sorted(world.calls.records))
        meters += (world.budget.snapshot(loop_time()), world.budget.retries.won)
        assert world.warmth.in_flight == 0
        return (
            world.warmth.snapshot(loop_time()),
            list(world.warmth._seen),
            sorted(world.ended, key=repr),
            world.wire.sent,
            circuit,
            world.breaker.circuit.generation,
            meters,
            sorted(told(record) for recording in world.recordings for record in recording.records),
        )

    return run_virtually(play)


RESULTS = (
    *(Success(b"1"), Success(b"1"), Success(b"[]"), Success(b"123"), STALE, BUG),
    *(
        Failure(Cause.FAILED, "", 503, 0.1),
        Failure(Cause.REJECTED, "", 404),
        Failure(Cause.REJECTED, "", 400),
    ),
    *(Failure(Cause.THROTTLED, "", 429), Failure(Cause.INCOMPLETE), Failure(Cause.UNREADABLE)),
)


def scene_of(random):
    """Any scene in which no two things happen at one instant: what is first then is a matter of the form."""
    instants = [random.uniform(0.01, 0.6) for _ in range(150)]
    flags = ("repeatable", "required", "backed", "chained", "ramped", "retried", "recorded", "shaped", "cold")
    flags = {name: random.random() < 0.5 for name in flags}
    # A task cancelled in a later attempt has no outcome; a call that is cut then tells its last failure.
    endings = ["", "", "", "leaves", "leaves" if flags["retried"] else "cancelled"]
    requests = []
    for _ in range(random.randint(1, 6)):
        entries = tuple(
            Entry(
                random.choice(RESULTS),
                instants.pop(),
                random.random() < 0.75,
                random.choice([0, 100]),
                Entry(random.choice(RESULTS), instants.pop(), random.random() < 0.75, 10),
            )
            for _ in range(random.randint(1, 4))
        )
        ending = random.choice(endings)
        requests.append(Request(instants.pop(), entries, **({ending: instants.pop()} if ending else {})))
    slots = random.randint(1, 6)
    if flags["cold"]:
        # Whoever is granted a slot begins at the instant at which another call ends: which of the two the
        # environments see first is a matter of the form. So here nobody waits for one.
        slots, flags["ramped"] = 30, False
    return Scene(tuple(requests), slots=slots, **flags)

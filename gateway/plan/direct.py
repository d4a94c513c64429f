"""First attempts without a coroutine: begun in one stretch of code, ended by whoever brings the answer.

The plain form of a call is a coroutine through its layers that waits on a future. Nearly every attempt meets
a closed circuit, a free slot and an idle connection; then nothing waits but the wire, and what the layers do
before and after it can be done at once, without coroutine, future and turn of the loop.

Rules of the file:
1. ``begin`` does all that the layers do on the way down, or nothing: then the plain form is to be used.
2. On the way up the order is that of compiler/stacks.py. The plain stack is the reference: the tests of this
   file run both with the same script and compare outcomes, counts and what was given back.
3. An attempt ends exactly once; what it holds (connection, slot, permit, timer) goes back before its
   outcome is told to anybody.
4. Only a call whose first attempt failed goes on as a coroutine, and only where a layer can do something
   about that. So does one that was hedged: how it ends is decided between two attempts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from typing import Any, Final, Protocol

from gateway.call import Call, Source, Waiter
from gateway.layers.bulkhead import Bulkhead
from gateway.layers.circuit import Circuit
from gateway.layers.circuit_state import CircuitState
from gateway.layers.fallback import StandIn
from gateway.layers.hedge import Races
from gateway.layers.observe import Meter, begin_both
from gateway.layers.shape import Shaping
from gateway.outcome import Failure, Outcome
from gateway.plan.attempt import Attempt
from gateway.recording import Peer
from gateway.timers import Timers

_CLOSED: Final = CircuitState.CLOSED


class Wire(Protocol):
    """A source in two halves."""

    def begin(self, call: Call, now: float, waiter: Waiter, /) -> Any:
        """Send *call*: what it holds until ``end``; ``None``, and nothing done, if that would have to wait.

        *waiter* gets a result later, never at once.
        """

    def end(self, held: Any, result: Any, call: Call, /) -> Outcome | None:
        """Give *held* back, and say what *result* means; ``None``: nothing, and ``anew`` is to be asked."""

    async def anew(self, call: Call, /) -> Outcome:
        """The same attempt from its beginning, waiting for what it needs."""


class Landing(Protocol):
    """The run that a call belongs to."""

    def landed(self, index: int, outcome: Outcome, /) -> None:
        """The step's call ended."""

    def crashed(self, index: int, error: Exception, /) -> Outcome:
        """What the step ends with that raised *error*."""


class Direct:
    """How the calls of one step are made without a coroutine.

    The arguments are what its layers are made of. ``attempts`` is told of each while that still has its slot,
    so that what adapts to attempts, or balances them, may stand before the meter. ``following`` is what its
    retry layer does after a first attempt failed, ``deposit`` what it does before. ``races`` are its hedges,
    which go over ``inner``, the plain form of what is below them. ``peer`` is what recordings call its
    address.
    """

    __slots__ = (
        "attempts",
        "begin_wire",
        "bulkhead",
        "calls",
        "circuit",
        "clock",
        "deposit",
        "following",
        "inner",
        "nothing_on",
        "peer",
        "races",
        "shape",
        "stand_in",
        "timers",
        "wire",
    )

    def __init__(
        self,
        wire: Wire,
        *,
        clock: Callable[[], float],
        timers: Timers,
        circuit: Circuit | None,
        bulkhead: Bulkhead | None,
        attempts: Meter,
        calls: Meter,
        nothing_on: AbstractSet[int] = frozenset(),
        stand_in: StandIn | None = None,
        shape: Shaping | None = None,
        following: Callable[[Call, Failure], Awaitable[Outcome]] | None = None,
        deposit: Callable[[float], None] | None = None,
        races: Races | None = None,
        inner: Source | None = None,
        peer: Peer | None = None,
    ) -> None:
        self.wire = wire
        self.begin_wire = wire.begin
        self.clock = clock
        self.timers = timers
        self.circuit = circuit
        self.bulkhead = bulkhead
        self.attempts = attempts
        self.calls = calls
        self.nothing_on = nothing_on
        self.stand_in = stand_in
        self.shape = shape
        self.following = following
        self.deposit = deposit
        self.races = races
        self.inner = inner
        self.peer = peer

    def begin(self, call: Call, run: Landing, index: int) -> Attempt | None:
        """Make *call*, of *run*'s step *index*; ``None``, and nothing done, if that cannot be direct."""
        circuit, bulkhead = self.circuit, self.bulkhead
        now = self.clock()
        if (
            (circuit is not None and circuit.state is not _CLOSED)
            or (bulkhead is not None and bulkhead.in_use >= bulkhead.direct)
            or call.deadline - now < call.floor
            or call.ended is not None  # a step begun just before failed the request
        ):
            return None
        attempt = Attempt(self, call, run, index, now)
        recording = call.trace.recording
        if recording is not None:
            attempt.records = begin_both(call, recording, self.peer, now)
        try:
            held = self.begin_wire(call, now, attempt)
        except Exception:  # noqa: BLE001 - the plain form meets the same bug, and tells of it
            call.waiter, held = None, None
        if held is None:
            if recording is not None:
                recording.take_back(2)
            return None
        attempt.held = held
        if circuit is not None:
            attempt.permit = circuit.generation
        if bulkhead is not None:
            bulkhead.in_use += 1
        if self.races is not None and call.repeatable:
            assert self.inner is not None, "hedges go over it"
            attempt.race = self.races.begin(call, self.inner, now)
        self.timers.of(call.timeout).start(call)
        if self.deposit is not None:
            self.deposit(now)
        return attempt

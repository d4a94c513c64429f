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
   about that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from typing import Any, Final, Protocol

from gateway.call import Call, Waiter
from gateway.layers.breaker import judge
from gateway.layers.bulkhead import Bulkhead
from gateway.layers.circuit import Circuit
from gateway.layers.circuit_state import CircuitState
from gateway.layers.fallback import StandIn
from gateway.layers.observe import BUG, CANCELLED, Meter
from gateway.layers.timeout import OWN_CUTS
from gateway.outcome import Failure, Outcome, Success
from gateway.plan.flight import Flight
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

    def crashed(self, index: int, /) -> Outcome:
        """The exception being handled, as the step's outcome."""


class Direct:
    """How the calls of one step are made without a coroutine.

    The arguments are what its layers are made of. ``following`` is what its retry layer does after a first
    attempt failed, ``deposit`` what it does before.
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
        "nothing_on",
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
        following: Callable[[Call, Failure], Awaitable[Outcome]] | None = None,
        deposit: Callable[[float], None] | None = None,
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
        self.following = following
        self.deposit = deposit

    def begin(self, call: Call, run: Landing, index: int) -> Attempt | None:
        """Make *call*, of *run*'s step *index*; ``None``, and nothing done, if that cannot be direct."""
        circuit, bulkhead = self.circuit, self.bulkhead
        now = self.clock()
        if (
            (circuit is not None and circuit.state is not _CLOSED)
            or (bulkhead is not None and bulkhead.in_use >= bulkhead.direct)
            or call.deadline - now < call.floor
        ):
            return None
        attempt = Attempt(self, call, run, index, now)
        held = self.begin_wire(call, now, attempt)
        if held is None:
            return None
        attempt.held = held
        if circuit is not None:
            attempt.permit = circuit.generation
        if bulkhead is not None:
            bulkhead.in_use += 1
        self.timers.of(call.timeout).start(call)
        if self.deposit is not None:
            self.deposit(now)
        return attempt


class Attempt:
    """A first attempt under way: to its call and its wire what a future would be, to a plan a ``Flying``."""

    __slots__ = (
        "_call",
        "_direct",
        "_ended",
        "_flight",
        "_index",
        "_on_landing",
        "_run",
        "_started",
        "held",
        "permit",
    )

    def __init__(self, direct: Direct, call: Call, run: Landing, index: int, now: float) -> None:
        self.held: Any = None
        self.permit = 0
        self._direct = direct
        self._call = call
        self._run: Landing | None = run
        self._index = index
        self._started = now
        self._ended = False
        self._flight: Flight | None = None
        self._on_landing: Callable[[Any], object] | None = None

    def done(self) -> bool:
        """It waits for nothing any more."""
        return self._ended

    def set_result(self, result: Any) -> None:
        """The wire's result, or the failure that cut the call."""
        if self._ended:
            return
        self._ended = True
        call, direct = self._call, self._direct
        call.waiter = None
        try:
            outcome = direct.wire.end(self.held, result, call)
        except Exception:  # noqa: BLE001 - as the executor does for the plain form
            self._crash()
            return
        if outcome is None:
            self._flight = Flight(self._anew())
        else:
            self._end(outcome)

    def add_done_callback(self, landed: Callable[[Any], object], /) -> None:
        """Call *landed* with this when the call has ended."""
        self._on_landing = landed

    def cancel(self) -> None:
        """End the call, from the next turn of the loop on, as if its task were cancelled."""
        if self._flight is not None:
            self._flight.cancel()
        else:
            asyncio.get_running_loop().call_soon(self._cancel)

    def _cancel(self) -> None:
        if self._ended:
            return
        self._ended = True
        self._call.waiter = None
        self._direct.wire.end(self.held, CANCELLED, self._call)
        self._tear_down()

    async def _anew(self) -> None:
        """The connection was a stale one: the attempt goes on over another."""
        try:
            outcome = await self._direct.wire.anew(self._call)
        except Exception:  # noqa: BLE001 - as the executor does for the plain form
            self._crash()
        except BaseException:
            self._tear_down()
            raise
        else:
            self._end(outcome)

    def _end(self, outcome: Outcome) -> None:
        """What the layers of the attempt do on the way up, and then those of the call."""
        call, direct = self._call, self._direct
        now = self._release(call, direct)
        elapsed = now - self._started
        circuit = direct.circuit
        if circuit is not None:
            if outcome.__class__ is Success:
                circuit.succeeded(self.permit, now, elapsed)
            else:
                judge(circuit, self.permit, outcome, elapsed, now)
        if direct.bulkhead is not None:
            direct.bulkhead.give()
        direct.attempts.record(outcome, elapsed)
        if outcome.__class__ is Failure:
            if outcome.status in direct.nothing_on:
                assert outcome.status is not None
                outcome = Success(b"null", status=outcome.status)
            elif direct.following is not None:
                self._flight = Flight(self._follow(outcome))
                return
        self._conclude(outcome, elapsed)

    async def _follow(self, failure: Failure) -> None:
        """The first attempt failed, and the retry layer says what becomes of the call."""
        call, direct = self._call, self._direct
        assert direct.following is not None
        try:
            outcome = await direct.following(call, failure)
        except Exception:  # noqa: BLE001 - as the executor does for the plain form
            self._tell(BUG)
            assert self._run is not None
            self._land(self._run.crashed(self._index))
        except BaseException:
            self._tell(CANCELLED)
            self._land(None)
            raise
        else:
            self._conclude(outcome, self._direct.clock() - self._started)

    def _conclude(self, outcome: Outcome, elapsed: float) -> None:
        """What the layers of the call do on the way up, once there is no further attempt."""
        call, direct = self._call, self._direct
        if outcome.__class__ is Failure and direct.stand_in is not None:
            outcome = direct.stand_in(outcome, call.inputs)
        call.elapsed = elapsed
        direct.calls.record(outcome, elapsed)
        self._land(outcome)

    def _crash(self) -> None:
        """A bug of ours in the source: it says nothing about the upstream."""
        self._give_back(BUG)
        assert self._run is not None
        self._land(self._run.crashed(self._index))

    def _tear_down(self) -> None:
        """Cancelled: nobody asks for the outcome."""
        self._give_back(CANCELLED)
        self._land(None)

    def _give_back(self, ending: Failure) -> None:
        """Release what an attempt without an outcome holds, and tell the meters of its *ending*."""
        direct = self._direct
        now = self._release(self._call, direct)
        if direct.circuit is not None:
            if ending is CANCELLED:
                direct.circuit.cut(self.permit, now, now - self._started)
            else:
                direct.circuit.release(self.permit)
        if direct.bulkhead is not None:
            direct.bulkhead.give()
        direct.attempts.record(ending, now - self._started)
        self._tell(ending)

    def _tell(self, ending: Failure) -> None:
        """The call ended without an outcome."""
        self._call.elapsed = self._direct.clock() - self._started
        self._direct.calls.record(ending, self._call.elapsed)

    def _release(self, call: Call, direct: Direct) -> float:
        """End the attempt's timeout; returns the time."""
        direct.timers.of(call.timeout).stop(call)
        if call.ended is not None and call.ended.cause in OWN_CUTS:
            call.ended = None  # the next attempt must not begin as timed out
        return direct.clock()

    def _land(self, outcome: Outcome | None) -> None:
        """Tell the run; ``None``: it is not to be told."""
        run, self._run = self._run, None
        if outcome is not None and run is not None:
            run.landed(self._index, outcome)
        if self._on_landing is not None:
            self._on_landing(self)

"""Equal calls that run at the same time become one: a flight that all of them wait for.

Rules of the file:
1. A flight belongs to none of its waiters: each has its own deadline, and one that leaves cuts nobody else.
2. When the last one has left, the flight is cut, unless what it brings will be kept in a cache.
3. A flight that landed or was cut is never joined: whoever comes next begins a new one, and so does who came
   late and has time left when the flight's own is over.
4. Every waiter counts the body as its own: the last one to go takes over the flight's bytes, the others
   take as many anew, because each makes an answer of its own of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import partial
from typing import Final

from gateway.buffered import Buffered
from gateway.call import Call, Layer, Source, Waiter
from gateway.layers.apart import ITS_TIME_IS_OVER, Apart
from gateway.outcome import Cause, Failure, Outcome

NOBODY_WAITS: Final = Failure(Cause.OUT_OF_TIME, "nobody waits for it any more")
"""Cuts a flight that all have left."""

_NO_ROOM: Final = Failure(Cause.BULKHEAD_FULL, "max_buffered", retry_after=1.0)


@dataclass(frozen=True, slots=True)
class FlightsSnapshot:
    """All flights at an instant; ``begun`` and ``joined`` only ever grow."""

    under_way: int
    waiting: int
    begun: int
    joined: int


class Flight:
    """One shared call. ``outcome`` is ``None`` while it is under way; ``held`` are bytes nobody took over."""

    __slots__ = ("call", "held", "identity", "outcome", "waiting")

    def __init__(self, identity: bytes) -> None:
        self.identity = identity
        self.call: Call | None = None
        self.outcome: Outcome | None = None
        self.waiting: set[Waiter] = set()
        self.held = 0


class Flights:
    """The flights under way, by identity. *buffered* counts the bytes of bodies."""

    __slots__ = ("_begun", "_buffered", "_joined", "_under_way")

    def __init__(self, buffered: Buffered) -> None:
        self._buffered = buffered
        self._under_way: dict[bytes, Flight] = {}
        self._begun = 0
        self._joined = 0

    def under_way(self, identity: bytes) -> Flight | None:
        """The flight to join, if there is one."""
        flight = self._under_way.get(identity)
        if flight is not None:
            self._joined += 1
        return flight

    def begin(self, identity: bytes) -> Flight:
        """A new flight, to be joined from now on."""
        flight = self._under_way[identity] = Flight(identity)
        self._begun += 1
        return flight

    def forget(self, flight: Flight) -> None:
        """Let nobody join it any more."""
        if self._under_way.get(flight.identity) is flight:
            del self._under_way[flight.identity]

    def land(self, flight: Flight, call: Call, outcome: Outcome) -> None:
        """Tell all who wait that the flight's *call* ended; its bytes are theirs, if there is anybody."""
        self.forget(flight)
        flight.outcome = outcome
        if flight.waiting:
            flight.held, call.held = call.held, 0
        for waiter in flight.waiting:
            if not waiter.done():
                waiter.set_result(outcome)

    def share(self, flight: Flight, call: Call) -> Outcome:
        """The outcome of a flight that landed, its bytes counted for *call*, which goes on with it."""
        outcome = flight.outcome
        assert outcome is not None, "it has landed"
        size = flight.held
        if len(flight.waiting) == 1:
            flight.held = 0
        elif not self._buffered.take(size):
            return _NO_ROOM
        call.held += size
        return outcome

    def leave(self, flight: Flight, waiter: Waiter, *, kept: bool) -> None:
        """Wait no longer. If that was the last one, the flight is cut, or its bytes are given back."""
        flight.waiting.discard(waiter)
        if flight.waiting:
            return
        if flight.outcome is not None:
            self._buffered.give(flight.held)
            flight.held = 0
        elif not kept:
            self.forget(flight)
            if flight.call is not None:
                flight.call.cut(NOBODY_WAITS)

    def snapshot(self) -> FlightsSnapshot:
        """The flights now, for the admin pages."""
        waiting = sum(len(flight.waiting) for flight in self._under_way.values())
        return FlightsSnapshot(len(self._under_way), waiting, self._begun, self._joined)

    def __repr__(self) -> str:
        now = self.snapshot()
        return f"<Flights {now.under_way} under way for {now.waiting} calls>"


def coalescing(flights: Flights, apart: Apart, time_limit: float, *, kept: bool = False) -> Layer:
    """Let equal calls wait for one flight, which has *time_limit* seconds. *kept*: a cache wants its answer.

    A call without identity, or one for whose flight there is no room, goes its own way.
    """

    def wrap(inner: Source) -> Source:
        def coalesced(call: Call) -> Awaitable[Outcome]:
            return inner(call) if call.identity is None else shared(call, call.identity)

        async def shared(call: Call, identity: bytes) -> Outcome:
            while call.ended is None:
                flight = flights.under_way(identity) or begun(call, identity)
                if flight is None:
                    return await inner(call)
                _tell(call, flight)
                outcome = await _landed(flights, flight, call, kept=kept)
                if outcome is not ITS_TIME_IS_OVER or call.deadline - apart.clock() < call.floor:
                    return outcome
            return call.ended

        def begun(call: Call, identity: bytes) -> Flight | None:
            flight = flights.begin(identity)
            flight.call = apart.begin(call, inner, time_limit, partial(flights.land, flight))
            if flight.call is None:
                flights.forget(flight)
                return None
            return flight

        return coalesced

    return wrap


def _tell(call: Call, flight: Flight) -> None:
    """Let the recording of *call* say which flight it waits for, if both are recorded."""
    recording = call.trace.recording
    shared = flight.call.trace.recording if recording is not None and flight.call is not None else None
    if recording is not None and shared is not None:
        recording.link(call.step, shared, "flight")


async def _landed(flights: Flights, flight: Flight, call: Call, *, kept: bool) -> Outcome:
    """Wait until the flight lands or the call is cut, whichever comes first."""
    waiter = asyncio.get_running_loop().create_future()
    flight.waiting.add(waiter)
    try:
        first: Outcome = await call.wait(waiter)
        return first if flight.outcome is None else flights.share(flight, call)
    finally:
        flights.leave(flight, waiter, kept=kept)

"""After an outage the load returns step by step: a few calls, and twice as many after each good round.

Three good probes say that an upstream lives, not that it bears full load: its caches are cold, its pools
empty, and everybody who waited comes at once.

Rules of the file:
1. A round is as many good answers as the level allows calls, all to calls that began at this level: so the
   level at most doubles within one round trip, however many calls are offered.
2. What fails counts in no round. Whether it is too much, the breaker judges.
3. While no ramp is under way, nothing is counted and a call costs one look.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Final

from gateway.call import Call, Layer, Source
from gateway.layers.bulkhead import Bulkhead
from gateway.layers.circuit_state import CircuitState, Transition
from gateway.outcome import Outcome, Verdict, verdict

FIRST: Final = 3
"""Calls in flight at the first level: as many as the default breaker's probes, which it stood just now."""

_REFUSING: Final = frozenset({CircuitState.OPEN, CircuitState.HALF_OPEN, CircuitState.FORCED_OPEN})
"""States from which load returns at once; from the other two it never went away."""

_NO_OUTAGE: Final = frozenset({"hint_refuted", "hint_over"})
"""Why circuits close that had only been suspected (``layers.hints``): load was there all the time."""


class Ramp:
    """The policy: caps the slots of *bulkhead*, at *first* to begin with.

    ``level`` is the cap, ``None`` while there is no ramp; ``round`` changes with each level.
    """

    __slots__ = ("_bulkhead", "_first", "_good", "level", "round")

    def __init__(self, bulkhead: Bulkhead, first: int = FIRST) -> None:
        self.level: int | None = None
        self.round = 0
        self._bulkhead = bulkhead
        self._first = first
        self._good = 0

    def begin(self) -> None:
        """From now on load returns step by step (at start-up, too, nobody knows what the upstream bears)."""
        self._set(self._first)

    def end(self) -> None:
        """The cap is gone. Harmless if there is none."""
        if self.level is not None:
            self._set(None)

    def notice(self, transition: Transition) -> None:
        """The upstream's circuit changed its state (made to be its listener)."""
        if transition.new is not CircuitState.CLOSED:
            self.end()
        elif transition.old in _REFUSING and transition.reason not in _NO_OUTAGE:
            self.begin()

    def succeeded(self, began_in: int) -> None:
        """A call that began in the round *began_in* was answered."""
        if began_in != self.round or self.level is None:
            return
        self._good += 1
        if self._good >= self.level:
            self._set(2 * self.level)

    def _set(self, level: int | None) -> None:
        if level is not None and level >= self._bulkhead.limit:
            level = None
        self.round += 1
        self._good = 0
        self.level = level
        self._bulkhead.cap(level)

    def __repr__(self) -> str:
        if self.level is None:
            return f"<Ramp of {self._bulkhead.name}: none>"
        return f"<Ramp of {self._bulkhead.name}: {self._good} of {self.level} answers at this level>"


def ramping(ramp: Ramp) -> Layer:
    """Count the good answers while *ramp* is under way. Stands inside the bulkhead that it caps."""

    def wrap(inner: Source) -> Source:
        async def counted(call: Call) -> Outcome:
            began_in = ramp.round
            outcome = await inner(call)
            if verdict(outcome) is Verdict.SUCCESS:
                ramp.succeeded(began_in)
            return outcome

        def ramped(call: Call) -> Awaitable[Outcome]:
            return inner(call) if ramp.level is None else counted(call)

        return ramped

    return wrap

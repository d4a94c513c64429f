"""Direct attempts at an upstream that has cold starts: those that meet one take the plain form.

There the layer of ``layers/cold_start.py`` gives them the time for it; here is only counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.call import Call, Waiter
from gateway.layers.cold_start import shows_life
from gateway.layers.warmth import Warmth
from gateway.outcome import Outcome
from gateway.plan.direct import Wire


class ColdWire:
    """*inner*, for as long as there is a warm environment for each call."""

    __slots__ = ("_again", "_anew", "_begin", "_clock", "_end", "_warmth")

    def __init__(self, inner: Wire, warmth: Warmth, clock: Callable[[], float]) -> None:
        self._begin = inner.begin
        self._end = inner.end
        self._anew = inner.anew
        self._warmth = warmth
        self._clock = clock
        self._again: dict[Call, int] = {}  # between ``end`` and ``anew``, the number that a call has kept

    def begin(self, call: Call, now: float, waiter: Waiter) -> tuple[Any, int] | None:
        """Send the call; ``None``, and nothing done, if it is cold or would have to wait."""
        if self._warmth.is_cold(now):
            return None
        held = self._begin(call, now, waiter)
        return None if held is None else (held, self._warmth.begin(now))

    def end(self, held: tuple[Any, int], result: Any, call: Call) -> Outcome | None:
        """Give *held* back, and say what *result* means; see ``plan.direct.Wire``."""
        inner, number = held
        outcome: Outcome | None = None
        again = False
        try:
            outcome = self._end(inner, result, call)
            again = outcome is None
        finally:
            if again:
                self._again[call] = number
            else:
                self._warmth.end(number, self._clock(), answered=shows_life(outcome))
        return outcome

    async def anew(self, call: Call) -> Outcome:
        """The same attempt from its beginning."""
        number = self._again.pop(call)
        outcome: Outcome | None = None
        try:
            outcome = await self._anew(call)
        finally:
            self._warmth.end(number, self._clock(), answered=shows_life(outcome))
        return outcome

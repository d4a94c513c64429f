"""Knows how many calls at once an upstream can answer without starting something new for them.

For functions that run one call per environment (AWS Lambda): a call is *cold* if it needs one more
environment than are known to be warm. They are known by what was answered: a call that began as the n-th in
flight and was answered has shown that there are n of them.

Rules of the file:
1. Pure: no clock, no loop. Every *now* is an instant on the caller's monotonic clock.
2. Environments are told apart by how many were busy, nothing else: which one answers is not ours to know.
3. Whoever begins a call ends it exactly once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WarmthSnapshot:
    """At an instant: environments known to be warm, and calls in flight. The others only ever grow: calls
    that began cold, those of them that were answered, and those that were not within ``cold_timeout``.
    """

    warm: int
    in_flight: int
    cold: int
    answered: int
    late: int


class Warmth:
    """The environments of one upstream. One is warm for *cold_after* seconds after its last answer.

    ``on_growth``, if there is one, is told when a call begins for which there is no environment, or that
    takes the last one.
    """

    __slots__ = ("_answered", "_cold", "_cold_after", "_late", "_seen", "in_flight", "on_growth")

    def __init__(self, cold_after: float) -> None:
        self.in_flight = 0
        self.on_growth: Callable[[], None] | None = None
        self._cold_after = cold_after
        self._seen: list[float] = []  # [n - 1]: when n of them were last known to be there
        self._cold = self._answered = self._late = 0

    def warm(self, now: float) -> int:
        """How many environments are known to be warm."""
        seen = self._seen
        while seen and now - seen[-1] > self._cold_after:
            seen.pop()
        return len(seen)

    def is_cold(self, now: float) -> bool:
        """Whether a call that begins now needs another environment. A look only."""
        return self.in_flight >= self.warm(now)

    def begin(self, now: float) -> int:
        """A call begins: which one in flight it is."""
        self.in_flight += 1
        if self.on_growth is not None and self.in_flight >= self.warm(now):
            self.on_growth()
        return self.in_flight

    def end(self, number: int, now: float, *, answered: bool) -> None:
        """The call that was the *number*-th in flight ended. *answered*: its environment is there."""
        self.in_flight -= 1
        if answered:
            self.show(number, now)

    def show(self, number: int, now: float) -> None:
        """*number* environments are known to be there."""
        seen = self._seen
        if number > len(seen):
            seen.extend([now] * (number - len(seen)))
        seen[number - 1] = now

    def tally(self, *, answered: bool, late: bool) -> None:
        """A cold call ended; *late*: not within the time that it was given."""
        self._cold += 1
        self._answered += answered
        self._late += late

    def snapshot(self, now: float) -> WarmthSnapshot:
        """All of it, for metrics and the admin pages."""
        return WarmthSnapshot(self.warm(now), self.in_flight, self._cold, self._answered, self._late)

    def __repr__(self) -> str:
        return f"<Warmth {self.in_flight} in flight, {len(self._seen)} environments seen>"

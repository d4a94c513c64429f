"""How many extra attempts an upstream may be asked: a share of its first attempts, and a few per second.

One budget per upstream, shared by retries and hedges, because to the upstream they are the same thing. With
three attempts at a total outage an upstream without one is asked 3.00 times per request; with 10 % and one
per second 1.11 times at 100 requests a second, 1.20 at 10 and 1.10 at 1000.

Rules of the file:
1. Each first attempt deposits ``ratio`` tokens, each second ``per_second``; an extra attempt withdraws one.
   So there are never more extra attempts than ``ratio · first attempts + per_second · (seconds + 1)``.
2. What is not withdrawn is forgotten within about ``window`` seconds, all but one token: a quiet day must
   not pay for a storm, and a quiet upstream must still get its retry.
3. Nothing here waits or reads a clock, and a first attempt is never asked whether it may be made.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import Final

WINDOW: Final = 10.0
"""Seconds within which unused tokens are forgotten (Finagle's retry budget has the same)."""

_TICK: Final = 0.1
"""Seconds that may pass before a deposit looks at the clock; keeps the exponential off most calls."""

_ONE: Final = 1.0 - 1e-9
"""A token, as far as ten times 0.1 is one."""

_LONGEST: Final = 100.0
"""Windows of idleness that are told apart; e⁻¹⁰⁰ is nothing, and still not zero times an endless budget."""


class Extra:
    """Extra attempts of one kind; each number only ever grows.

    ``sent`` were made, ``won`` gave the call its answer. ``withheld`` counts how often one was due and could
    not be paid for; a hedge can be due several times.
    """

    __slots__ = ("sent", "withheld", "won")

    def __init__(self) -> None:
        self.sent = 0
        self.won = 0
        self.withheld = 0

    def __repr__(self) -> str:
        return f"<Extra {self.sent} sent, {self.won} won, {self.withheld} withheld>"


@dataclass(frozen=True, slots=True)
class BudgetSnapshot:
    """A budget at an instant: ``tokens`` to withdraw, and what only ever grows."""

    tokens: float
    first_attempts: int
    retries: int
    hedges: int
    withheld: int


class Budget:
    """The tokens of one upstream. Every *now* is an instant on the caller's monotonic clock, in seconds.

    *ratio* of ``inf`` is an endless budget. Begins with one second's tokens. ``retries`` and ``hedges`` are
    counted by those who make them.
    """

    __slots__ = ("_at", "_tokens", "first_attempts", "hedges", "per_second", "ratio", "retries", "window")

    def __init__(self, ratio: float, per_second: float, window: float = WINDOW) -> None:
        self.ratio = ratio
        self.per_second = per_second
        self.window = window
        self.first_attempts = 0
        self.retries = Extra()
        self.hedges = Extra()
        self._tokens = per_second
        self._at: float | None = None

    def deposit(self, now: float) -> None:
        """A first attempt is made."""
        if self._at is None or now - self._at > _TICK:
            self._age(now)
        self._tokens += self.ratio
        self.first_attempts += 1

    def withdraw(self, now: float) -> bool:
        """Pay for one extra attempt; ``False``, and nothing paid, if there is no token."""
        self._age(now)
        if self._tokens < _ONE:
            return False
        self._tokens = max(0.0, self._tokens - 1.0)
        return True

    def restore(self) -> None:
        """Give back the token of an extra attempt that was paid for and not made."""
        self._tokens += 1.0

    def snapshot(self, now: float) -> BudgetSnapshot:
        """The budget now, for metrics and the admin pages."""
        self._age(now)
        return BudgetSnapshot(
            tokens=self._tokens,
            first_attempts=self.first_attempts,
            retries=self.retries.sent,
            hedges=self.hedges.sent,
            withheld=self.retries.withheld + self.hedges.withheld,
        )

    def _age(self, now: float) -> None:
        """Let time pass: up to one token grows, what is above fades towards what ``window`` seconds bring.

        A clock that steps back does neither.
        """
        passed = 0.0 if self._at is None else max(0.0, now - self._at)
        self._at = now
        grown = self.per_second * passed
        if self._tokens < 1.0:
            missing = 1.0 - self._tokens
            if grown <= missing:
                self._tokens += grown
                return
            self._tokens = 1.0
            passed -= missing / self.per_second
        resting = 1.0 + self.per_second * self.window
        left = exp(-min(passed / self.window, _LONGEST))
        self._tokens = resting + (self._tokens - resting) * left

    def __repr__(self) -> str:
        return (
            f"<Budget {self._tokens:.1f} tokens, {self.ratio:.0%} of first attempts + {self.per_second:g}/s>"
        )

"""How long a first attempt may be alone: a fixed time, or a percentile of what first attempts take."""

from __future__ import annotations

from typing import Final, Protocol

from gateway.layers.budget import Budget
from gateway.layers.percentile import Latencies

MINIMUM_SAMPLES: Final = 50
"""Calls in the last minute below which a percentile says too little to act on."""

SHORTEST: Final = 0.001
"""Seconds that a live delay is at least: below that a hedge races against our own loop."""

REFRESH: Final = 0.5
"""Seconds for which a percentile is used before it is looked up again (10 µs)."""

SHARE: Final = 0.9
"""What may be hedged of the calls above the percentile; the rest makes room for what was saved up."""

SAVED: Final = 1.0
"""Seconds whose unused hedges may be sent at once; with ``SHARE``, any ten seconds keep to the percentile."""

RESERVED: Final = 2.0
"""What must be there of the share, while it is short, for a call that asks for the first time: one token for
it, and one for the next stalled call. (On a machine that is busy itself, many calls lie a little above a
percentile of few ms, and used up what the stalled ones needed: p99 was that of the stalls.)"""


class HedgeDelay(Protocol):
    """When a hedge is due; all *now* are instants on one monotonic clock, in seconds."""

    @property
    def typical(self) -> float:
        """Seconds that an attempt usually takes; 0 if that is not known."""

    def begin(self, now: float) -> float | None:
        """A first attempt begins: seconds until its hedge is due, ``None`` if that cannot be said."""

    def afford(self, now: float, *, again: bool) -> bool:
        """Whether one more hedge is within the share of calls that this delay is meant to hedge.

        *again*: the call asked before, so it is not just a slow one.
        """

    def record(self, now: float, seconds: float) -> None:
        """A first attempt took *seconds*, or was cut after so many because its hedge had won."""


class FixedDelay:
    """Always *seconds*; how many hedges that makes is up to the budget alone."""

    __slots__ = ("seconds", "typical")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.typical = 0.0

    def begin(self, now: float) -> float | None:  # noqa: ARG002 - as the protocol says
        """Always the same."""
        return self.seconds

    def afford(self, now: float, *, again: bool) -> bool:  # noqa: ARG002 - as the protocol says
        """Always."""
        return True

    def record(self, now: float, seconds: float) -> None:
        """Nothing is learned."""

    def __repr__(self) -> str:
        return f"<FixedDelay {self.seconds * 1000:g} ms>"


class LiveDelay:
    """The *quantile* (0.95 is p95) of the last minute's first attempts.

    Only first attempts are recorded, with the time at which they were cut if their hedge won: such a time
    is too short, but on the right side of the delay, so the share of calls above it stays true. Hedges
    would be cut long before their time is known.

    When everything becomes slow at once, every call lies above the delay until that has followed (within
    ``1 - quantile`` of a minute's calls); so there are never more hedges than ``1 - quantile`` of calls.
    ``seconds`` is the delay as of the last look.
    """

    __slots__ = ("_latencies", "_share", "_short_until", "_stale_at", "quantile", "seconds", "typical")

    def __init__(self, quantile: float) -> None:
        self.quantile = quantile
        self.typical = 0.0
        self._latencies = Latencies()
        self._share = Budget(SHARE * (1.0 - quantile), 0.0, SAVED)
        self.seconds: float | None = None
        self._stale_at = 0.0
        self._short_until = 0.0

    def begin(self, now: float) -> float | None:
        """The percentile, once there are enough samples."""
        self._share.deposit(now)
        if now >= self._stale_at:
            self._refresh(now)
        return self.seconds

    def afford(self, now: float, *, again: bool) -> bool:
        """Whether this hedge is still one of the ``1 - quantile``.

        Once they have run out, calls that are a little slow leave one for those that ask again.
        """
        share = self._share
        left = again or now >= self._short_until or share.snapshot(now).tokens >= RESERVED
        if left and share.withdraw(now):
            return True
        self._short_until = now + SAVED
        return False

    def record(self, now: float, seconds: float) -> None:
        """Count it in the last minute."""
        self._latencies.record(now, seconds)

    def _refresh(self, now: float) -> None:
        latencies = self._latencies
        latencies.roll(now)
        self._stale_at = now + REFRESH
        if latencies.total < MINIMUM_SAMPLES:
            self.seconds = None
            return
        self.seconds = max(SHORTEST, latencies.quantile(self.quantile))
        self.typical = latencies.quantile(0.5)

    def __repr__(self) -> str:
        now = "unknown yet" if self.seconds is None else f"{self.seconds * 1000:.3g} ms"
        return f"<LiveDelay p{self.quantile * 100:g}, {now}>"

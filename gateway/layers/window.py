"""What an upstream's last seconds looked like: calls, failures, slow calls and the longest Retry-After.

A ring of ten buckets with running sums, so that recording costs the same whatever the traffic. The window
reaches back at least nine tenths of its length and never further than all of it.
"""

from __future__ import annotations

from typing import Final

BUCKETS: Final = 10


class _Bucket:
    """A tenth of the window."""

    __slots__ = ("failed", "retry_after", "slow", "total")

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.total = 0
        self.failed = 0
        self.slow = 0
        self.retry_after = 0.0


class Window:
    """Counts over the last *length* seconds; ``total``, ``failed`` and ``slow`` hold as of the last roll.

    ``total`` and ``failed`` and ``slow`` count calls; a slow failure counts once in each.
    """

    __slots__ = ("_bucket", "_ends", "_ring", "_slot", "_width", "failed", "length", "slow", "total")

    def __init__(self, length: float) -> None:
        self.length = length
        self._width = length / BUCKETS
        self._ring = tuple(_Bucket() for _ in range(BUCKETS))
        self._bucket = self._ring[0]
        self._slot = 0
        self._ends = 0.0
        self.total = 0
        self.failed = 0
        self.slow = 0

    def add(self, now: float, *, failed: bool, slow: bool, retry_after: float = 0.0) -> None:
        """Count one call that ended at *now*; *retry_after* is what its answer asked for, in seconds."""
        if now >= self._ends:
            self.roll(now)
        bucket = self._bucket
        bucket.total += 1
        self.total += 1
        if failed:
            bucket.failed += 1
            self.failed += 1
        if slow:
            bucket.slow += 1
            self.slow += 1
        if retry_after > bucket.retry_after:  # noqa: PLR1730 - max() would keep a NaN
            bucket.retry_after = retry_after

    def add_healthy(self, now: float) -> None:
        """Count a quick success: ``add`` without its questions, for the path of nearly every call."""
        if now >= self._ends:
            self.roll(now)
        self._bucket.total += 1
        self.total += 1

    def roll(self, now: float) -> None:
        """Forget what is further back than the window's length. A clock that steps back forgets nothing."""
        slot = int(now / self._width)
        for passed in range(min(slot - self._slot, BUCKETS)):
            bucket = self._ring[(slot - passed) % BUCKETS]
            self.total -= bucket.total
            self.failed -= bucket.failed
            self.slow -= bucket.slow
            bucket.clear()
        if slot > self._slot:
            self._slot = slot
            self._bucket = self._ring[slot % BUCKETS]
            self._ends = (slot + 1) * self._width

    def retry_after(self) -> float:
        """The longest Retry-After in the window, in seconds; 0 if there was none."""
        return max(bucket.retry_after for bucket in self._ring)

    def clear(self) -> None:
        """Forget everything."""
        for bucket in self._ring:
            bucket.clear()
        self.total = self.failed = self.slow = 0

    def __repr__(self) -> str:
        return f"<Window {self.failed} failed, {self.slow} slow of {self.total} in {self.length:g} s>"

"""Percentiles of the last minute's latencies, at one addition per call.

A histogram with sixteen buckets to the octave, kept in a ring of twelve slots with running sums: recording
costs the same whatever the traffic, and a percentile is right to about a twentieth. It is rounded up to its
bucket's bound, so that fewer calls lie above it than it says, never more.
"""

from __future__ import annotations

from math import ceil, frexp, ldexp
from typing import Final

SLOTS: Final = 12
_FINE: Final = 16  # buckets to the octave
_LOWEST: Final = -12  # frexp's exponent of the first octave: from 122 µs
_OCTAVES: Final = 19  # up to 64 s
_COUNT: Final = _FINE * _OCTAVES
_SMALLEST: Final = ldexp(0.5, _LOWEST)

BOUNDS: Final = tuple(
    ldexp((_FINE + i % _FINE + 1) / (2 * _FINE), _LOWEST + i // _FINE) for i in range(_COUNT)
)
"""The upper bounds of all buckets, in seconds: the only values a percentile can have."""


def bucket(seconds: float) -> int:
    """The index of the bucket that *seconds* fall into; the outermost ones take what lies outside."""
    if seconds < _SMALLEST:  # zero, too, which has no exponent
        return 0
    mantissa, exponent = frexp(seconds)
    index = (exponent - _LOWEST) * _FINE + int(mantissa * 2 * _FINE) - _FINE
    return index if index < _COUNT else _COUNT - 1


class Latencies:
    """The latencies of the last *window* seconds; ``total`` of them as of the last roll.

    The window reaches back at least eleven twelfths of its length and never further than all of it.
    """

    __slots__ = ("_current", "_ends", "_ring", "_slot", "_sums", "_width", "total")

    def __init__(self, window: float = 60.0) -> None:
        self._width = window / SLOTS
        self._ring = tuple([0] * _COUNT for _ in range(SLOTS))
        self._sums = [0] * _COUNT
        self._current = self._ring[0]
        self._slot = 0
        self._ends = 0.0
        self.total = 0

    def record(self, now: float, seconds: float) -> None:
        """A call that ended at *now* took *seconds*."""
        if now >= self._ends:
            self.roll(now)
        index = bucket(seconds)
        self._current[index] += 1
        self._sums[index] += 1
        self.total += 1

    def quantile(self, share: float) -> float:
        """Seconds within which *share* of the latencies lie; 0 if there are none."""
        if not self.total:
            return 0.0
        above = self.total - ceil(share * self.total)
        index = _COUNT - 1  # from above, where the percentiles that are asked for lie
        above -= self._sums[index]
        while above >= 0:
            index -= 1
            above -= self._sums[index]
        return BOUNDS[index]

    def roll(self, now: float) -> None:
        """Forget what is further back than the window's length. A clock that steps back forgets nothing."""
        slot = int(now / self._width)
        for passed in range(min(slot - self._slot, SLOTS)):
            self._forget(self._ring[(slot - passed) % SLOTS])
        if slot > self._slot:
            self._slot = slot
            self._current = self._ring[slot % SLOTS]
            self._ends = (slot + 1) * self._width

    def _forget(self, counts: list[int]) -> None:
        for index, count in enumerate(counts):
            if count:
                self._sums[index] -= count
                self.total -= count
                counts[index] = 0

    def __repr__(self) -> str:
        return f"<Latencies of {self.total} calls, p95 {self.quantile(0.95) * 1000:.3g} ms>"

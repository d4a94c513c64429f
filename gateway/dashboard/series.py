"""How a meter's numbers change: looks at it now and then, and tells what came in between.

Rules of the file:
1. A meter only ever counts; rates, shares and percentiles are differences of two looks at it.
2. A look at a meter that did not move costs one comparison: most routes of many are idle.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from gateway.dashboard.snapshot import MINUTE
from gateway.telemetry.histogram import BOUNDS

Key = tuple[str, ...]


class Durations(Protocol):
    """A histogram over ``BOUNDS``."""

    buckets: list[int]


class Counting(Protocol):
    """A meter: how often what happened, and how long it took."""

    @property
    def seconds(self) -> Durations:
        """How long it took."""

    def counts(self) -> Mapping[Key, int]:
        """How often each kind of ending happened; only ever grows."""


class _Look(NamedTuple):
    at: float
    buckets: list[int]
    counts: Mapping[Key, int]


class Change(NamedTuple):
    """What came within ``seconds``: durations by bucket, endings by kind."""

    seconds: float
    buckets: list[int]
    counts: Mapping[Key, int]

    @property
    def total(self) -> int:
        """All endings."""
        return sum(self.counts.values())

    def rate(self, count: int) -> float:
        """*count* of them, a second."""
        return count / self.seconds if self.seconds > 0 else 0.0


class Series:
    """The looks of the last minute at a meter's *seconds* and *counts*.

    Every *now* is seconds on one monotonic clock.
    """

    __slots__ = ("_counts", "_looks", "_seconds")

    def __init__(self, seconds: Durations, counts: Callable[[], Mapping[Key, int]] = dict) -> None:
        self._seconds = seconds
        self._counts = counts
        self._looks: deque[_Look] = deque()

    def look(self, now: float) -> None:
        """Look at the meter."""
        looks, buckets = self._looks, self._seconds.buckets
        if looks and looks[-1].buckets == buckets:
            looks.append(_Look(now, looks[-1].buckets, looks[-1].counts))
        else:
            looks.append(_Look(now, buckets.copy(), self._counts()))
        while len(looks) > 2 and looks[1].at <= now - MINUTE:
            looks.popleft()

    def forget(self) -> None:
        """There was no look yet."""
        self._looks.clear()

    @property
    def quiet(self) -> bool:
        """Whether nothing came within the last minute."""
        return self._looks[0].buckets is self._looks[-1].buckets

    def last(self) -> Change:
        """What came between the last two looks."""
        looks = self._looks
        return _between(looks[-2] if len(looks) > 1 else looks[-1], looks[-1])

    def minute(self) -> Change:
        """What came within the last minute, or since the first look."""
        return _between(self._looks[0], self._looks[-1])

    def within(self, seconds: float) -> Change:
        """What came within the last *seconds* before the last look, or since the first if that was later."""
        new = self._looks[-1]
        old = new
        for look in reversed(self._looks):
            old = look
            if new.at - look.at >= seconds:
                break
        return _between(old, new)


def _between(old: _Look, new: _Look) -> Change:
    if old.buckets is new.buckets:
        return Change(new.at - old.at, [0] * len(new.buckets), {})
    before = old.counts
    counts = {key: count - before.get(key, 0) for key, count in new.counts.items()}
    buckets = [b - a for a, b in zip(old.buckets, new.buckets, strict=True)]
    return Change(new.at - old.at, buckets, counts)


def percentile(buckets: Sequence[int], share: float) -> float | None:
    """The duration that *share* of them stayed below, in seconds; ``None`` if there are none.

    A histogram knows only the bucket; within it they are taken to lie evenly. Above the last bound it is
    that bound.
    """
    rank = share * sum(buckets)
    if not rank:
        return None
    lower, below = 0.0, 0
    for count, upper in zip(buckets, BOUNDS, strict=False):
        if count and below + count >= rank:
            return lower + (upper - lower) * (rank - below) / count
        lower, below = upper, below + count
    return BOUNDS[-1]

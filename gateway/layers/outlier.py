"""Which address of an upstream fails markedly more than the others, and is therefore left alone for a while.

A circuit asks whether an address is any good; this asks whether the others are better. An address that fails
every fifth call keeps its circuit closed, and yet nobody should be sent there while its siblings fail none.

Rules of the file:
1. Leaving an address out is advice: whoever picks may go there if nothing else is left.
2. At most the agreed share is out at once. When more of them fail, it is the upstream that is in trouble
   and not an address, and there is nothing better to turn to.
3. Only a failure can make an outlier, so a success costs no more than being counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gateway.layers.open_time import OpenTime
from gateway.layers.window import Window

WINDOW: Final = 10.0
"""Seconds that are compared; the breaker's ``sampling_window``."""

LEAST_CALLS: Final = 20
"""Calls that an address, and the others together, must have ended within them before they are compared."""

LEAST_RATIO: Final = 0.1
"""An address that fails less than this is good enough…"""

TIMES_WORSE: Final = 3.0
"""…and one is not worth leaving out unless it fails so many times as often as the others together."""

FIRST: Final = 5.0
LONGEST: Final = 60.0
JITTER: Final = 0.2
"""How long an address is left out, in seconds: as a circuit stays open by default, doubled each time."""


class Outliers:
    """The addresses of one upstream, by their places 0 … *count* - 1.

    At most *share* of them (rounded down) is out at once. Every *now* is on one monotonic clock; *random*
    gives numbers in [0, 1). ``ejections`` counts for each place how often it was put out.
    """

    __slots__ = ("_most", "_times", "_until", "_windows", "ejections")

    def __init__(self, count: int, share: float, random: Callable[[], float]) -> None:
        self._most = int(count * share)
        self._windows = [Window(WINDOW) for _ in range(count)]
        self._times = [OpenTime(FIRST, LONGEST, JITTER, random) for _ in range(count)]
        self._until = [0.0] * count
        self.ejections = [0] * count

    def is_out(self, place: int, now: float) -> bool:
        """Whether the address at *place* should be left alone now."""
        return now < self._until[place]

    def succeeded(self, place: int, now: float) -> None:
        """A call to it ended well."""
        self._windows[place].add_healthy(now)

    def failed(self, place: int, now: float) -> bool:
        """A call to it failed; ``True`` if that puts it out from now on."""
        self._windows[place].add(now, failed=True, slow=False)
        if self.is_out(place, now) or not self._stands_out(place, now):
            return False
        if sum(until > now for until in self._until) >= self._most:
            return False
        times = self._times[place]
        if self._until[place]:
            times.forgive(int((now - self._until[place]) / WINDOW))
        self._until[place] = now + times.draw()
        self._windows[place].clear()
        self.ejections[place] += 1
        return True

    def _stands_out(self, place: int, now: float) -> bool:
        mine = self._windows[place]
        total = failed = 0
        for window in self._windows:
            window.roll(now)
            if window is not mine:
                total += window.total
                failed += window.failed
        if mine.total < LEAST_CALLS or total < LEAST_CALLS:
            return False
        ratio = mine.failed / mine.total
        return ratio >= LEAST_RATIO and ratio >= TIMES_WORSE * failed / total

    def __repr__(self) -> str:
        return f"<Outliers {sum(self.ejections)} ejections so far, at most {self._most} at once>"

"""As many slots as an upstream answers without getting slower: a limit that follows its round trip times.

More calls than an upstream can work on do not get done sooner, they only wait inside it. So the time without
load is measured, and the limit is held where calls take a little longer than that: a short queue, so that it
never idles, and no more.

Rules of the file:
1. The time without load is *measured*, with fewer calls in flight, again and again. A moving average drifts
   with the overload it should show (Netflix's concurrency-limits had to mend that, its pull request 88), and
   a smallest time ever seen is an outlier that throttles for good.
2. Only calls that began within a window count in it: older ones tell of an older limit. (Drops count always;
   they began long before.)
3. A limit that is not used up is not the reason of anything: it stays as it is.
4. What ran out of time is no sample but a *drop*, and drops alone shrink the limit: an upstream whose every
   call hangs has round trip times that never change (the same project's issue 137).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, sqrt
from typing import Final

from mypy_extensions import mypyc_attr

_SOON: Final = 0.1
"""Share of the usual time after which a measurement that surprised is repeated."""

_LONG: Final = 2.0
"""A call that we cut after this many times the time without load would have been late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradientRules:
    """The numbers of a ``Gradient``; limits are calls in flight, times seconds.

    The limit starts at ``first`` and stays between ``least`` and ``most``. It settles where calls take
    ``tolerance`` times the time without load (Envoy's default is 1.25). A window ends after ``samples`` calls
    and ``shortest`` seconds, or with ``few`` calls after ``longest``. The time without load is measured with
    ``step`` times the limit, ``every`` so many seconds, spread by ``jitter`` so that replicas do not do it
    together. A time counts as another one if it differs by the share ``noise``.
    """

    least: int = 4
    first: int = 20
    most: int = 1000
    tolerance: float = 1.15
    samples: int = 100
    few: int = 10
    shortest: float = 0.1
    longest: float = 1.0
    every: float = 30.0
    jitter: float = 0.15
    step: float = 0.65
    noise: float = 0.15

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.first <= self.most:
            raise ValueError(f"limits must rise from 1, not {self.least}, {self.first}, {self.most}")
        # Else a queue that was once taken for normal would look normal at every later measurement.
        if self.step * self.tolerance >= 1.0 - self.noise:
            raise ValueError("step and tolerance leave no difference that is greater than the noise")


class _Window:
    """What ended since ``began``: round trip times, how many were dropped, and the most in flight."""

    __slots__ = ("began", "dropped", "peak", "times")

    def __init__(self, began: float) -> None:
        self.began = began
        self.times: list[float] = []
        self.dropped = 0
        self.peak = 0


def _typical(times: list[float]) -> float:
    """The mean of all but the slowest tenth.

    By Little's law the mean is what grows in proportion to the calls in flight (a median does not while they
    travel in batches); but stalls, which say nothing about load, must not move it.
    """
    kept = sorted(times)[: max(1, len(times) * 9 // 10)]
    return sum(kept) / len(kept)


@mypyc_attr(allow_interpreted_subclasses=True)
class Gradient:
    """The policy: told how attempts end, it says how many may be in flight (``slots``).

    ``limit`` is the same as a number that grows by fractions, and without the reduction for measuring.
    ``unloaded`` is the time without load in seconds, ``None`` until it was measured. *random* gives numbers
    in [0, 1). Every *now* is an instant on the caller's monotonic clock.
    """

    __slots__ = (
        "_again_at",
        "_level",
        "_lowest",
        "_measure_below",
        "_random",
        "_searching",
        "_window",
        "limit",
        "rules",
        "slots",
        "unloaded",
    )

    def __init__(self, rules: GradientRules, random: Callable[[], float]) -> None:
        self.rules = rules
        self.limit = float(rules.first)
        self.unloaded: float | None = None
        self._random = random
        self._window: _Window | None = None
        self._searching = True
        self._again_at = inf
        self._measure_below = 0.0
        self._lowest = inf
        self._level: int | None = None
        self._measure()
        self.slots = self._now_allowed()

    @property
    def measuring(self) -> bool:
        """Whether the slots are fewer for the moment, to see how long calls take without load."""
        return self._level is not None

    def record(self, now: float, elapsed: float, in_flight: int, *, dropped: bool = False) -> int:
        """An attempt ended at *now* after *elapsed* seconds, with *in_flight* under way; returns the slots.

        *dropped*: it ran out of time, or the upstream said that it has too many.
        """
        window = self._window
        if window is None:
            window = self._window = _Window(now - elapsed)
        if in_flight > window.peak:  # noqa: PLR1730 - max() costs more
            window.peak = in_flight
        if dropped:
            window.dropped += 1
        elif now - elapsed >= window.began:
            window.times.append(elapsed)
        else:
            return self.slots
        if self._is_full(window, now):
            self._close(window, now)
        return self.slots

    def cut(self, now: float, elapsed: float, in_flight: int) -> int:
        """We ended an attempt ourselves: a drop if it was late already, else it says nothing."""
        if self.unloaded is None or elapsed < _LONG * self.unloaded:
            return self.slots
        return self.record(now, elapsed, in_flight, dropped=True)

    def _is_full(self, window: _Window, now: float) -> bool:
        rules = self.rules
        count = len(window.times) + window.dropped
        lasted = now - window.began
        if count >= rules.samples:
            return lasted >= rules.shortest
        return count >= rules.few and lasted >= rules.longest

    def _close(self, window: _Window, now: float) -> None:
        """Draw the conclusions of *window*, and begin the next one."""
        self._window = _Window(now)
        typical = _typical(window.times) if 2 * len(window.times) >= self.rules.few else None
        if self._level is not None:
            self._measured(typical, now)
        elif typical is not None:
            self._follow(typical, window.peak)
        if window.dropped:
            self._searching = False
            self._scale(1.0 - 0.5 * window.dropped / (window.dropped + len(window.times)))
        # A limit that fell to half of what it was without making calls quicker fell for the wrong reason.
        if self._level is None and (now >= self._again_at or self.limit < self._measure_below):
            self._measure()
        self.slots = self._now_allowed()

    def _follow(self, typical: float, peak: int) -> None:
        """Move the limit to where calls take as long as they may."""
        if 2 * peak < self.limit:
            return
        assert self.unloaded is not None
        tolerated = self.rules.tolerance * self.unloaded
        if typical > tolerated:
            self._searching = False
            self._scale(0.5 + 0.5 * max(tolerated / typical, 0.5))
            return
        room = min(1.0, (tolerated - typical) / (tolerated - self.unloaded))
        # Doubling finds the order of magnitude; from the first sign of a queue on, steps are small.
        growth = self.limit if self._searching else 0.5 * sqrt(self.limit)
        self.limit = min(self.limit + room * growth, float(self.rules.most))

    def _measure(self) -> None:
        self._level = self._below(int(self.limit))
        self._lowest = inf

    def _measured(self, typical: float | None, now: float) -> None:
        """Go down step by step until calls get no quicker: that is the time without load."""
        assert self._level is not None
        known, first = self.unloaded, self._lowest == inf
        noise = self.rules.noise
        soon = True
        if typical is not None:
            if first and known is not None and abs(typical - known) <= noise * known:
                self.unloaded = 0.5 * (known + typical)  # as before: two measurements are better than one
                soon = False
            elif typical < (1.0 - noise) * self._lowest and self._level > self.rules.least:
                self._lowest = typical
                self._level = self._below(self._level)
                return
            else:
                self.unloaded = min(typical, self._lowest)
        self._level = None
        self._measure_below = 0.5 * self.limit
        # A surprise may be a fluke: it is looked at again before much is built on it.
        wait = self.rules.every * (1.0 + self.rules.jitter * self._random())
        self._again_at = now if self.unloaded is None else now + (_SOON * wait if soon else wait)

    def _below(self, level: int) -> int:
        return max(self.rules.least, int(self.rules.step * level))

    def _scale(self, factor: float) -> None:
        self.limit = max(self.limit * factor, float(self.rules.least))

    def _now_allowed(self) -> int:
        limit = int(self.limit)
        return limit if self._level is None else min(self._level, limit)

    def __repr__(self) -> str:
        if self.unloaded is None:
            return f"<Gradient {self.slots} slots, time without load not known yet>"
        state = "measuring with" if self.measuring else "limit"
        return f"<Gradient {state} {self.slots}, {self.unloaded * 1000:.1f} ms without load>"

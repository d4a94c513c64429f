"""Where the hot path puts its numbers: one meter per place, bound at start-up, with nothing to look up.

Rules of the file:
1. ``record`` neither blocks nor raises, and allocates only for what is rare.
2. The usual ending has a plain counter of its own; all others share a dict.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import Final

from mypy_extensions import mypyc_attr

from gateway.outcome import Failure, Freshness, Outcome
from gateway.telemetry.histogram import BOUNDS, Histogram

NOTHING: Final = "nothing"
"""What a step that did not answer served."""

NO_CAUSE: Final = "none"
"""The cause of what did not fail."""

_LIVE: Final = Freshness.LIVE


@mypyc_attr(allow_interpreted_subclasses=True)
class CallMeter:
    """How the calls of one step ended, and how long they took."""

    __slots__ = ("_live", "_others", "seconds")

    def __init__(self) -> None:
        self.seconds = Histogram()
        self._live = 0
        self._others: defaultdict[tuple[str, ...], int] = defaultdict(int)

    def record(self, outcome: Outcome, seconds: float) -> None:
        """One call ended as *outcome* after *seconds*."""
        histogram = self.seconds  # `observe`, inlined: a third of the time
        histogram.buckets[bisect_left(BOUNDS, seconds)] += 1
        histogram.total += seconds
        if outcome.__class__ is Failure:
            self._others[NOTHING, outcome.cause] += 1
        elif outcome.cause is None and outcome.freshness is _LIVE:
            self._live += 1
        else:
            self._others[outcome.freshness, outcome.cause or NO_CAUSE] += 1  # type: ignore[union-attr]

    def counts(self) -> dict[tuple[str, ...], int]:
        """Calls by what was served and the cause."""
        return {(_LIVE, NO_CAUSE): self._live, **self._others}


@mypyc_attr(allow_interpreted_subclasses=True)
class AttemptMeter:
    """How the attempts at one upstream ended, and how long they took."""

    __slots__ = ("_answered", "_failed", "seconds")

    def __init__(self) -> None:
        self.seconds = Histogram()
        self._answered = 0
        self._failed: defaultdict[tuple[str, ...], int] = defaultdict(int)

    def record(self, outcome: Outcome, seconds: float) -> None:
        """One attempt ended as *outcome* after *seconds*."""
        histogram = self.seconds
        histogram.buckets[bisect_left(BOUNDS, seconds)] += 1
        histogram.total += seconds
        if outcome.cause is None:
            self._answered += 1
        else:
            self._failed[(outcome.cause,)] += 1

    def counts(self) -> dict[tuple[str, ...], int]:
        """Attempts by cause."""
        return {(NO_CAUSE,): self._answered, **self._failed}


class StreamMeter:
    """The answers of one route that went piece by piece: how they ended, and how many bytes went."""

    __slots__ = ("endings", "open", "received", "sent")

    def __init__(self) -> None:
        self.open = 0
        self.received = 0
        self.sent = 0
        self.endings: defaultdict[tuple[str, ...], int] = defaultdict(int)

    def begin(self) -> None:
        """One has begun."""
        self.open += 1

    def end(self, ending: str, received: int, sent: int) -> None:
        """It ended. *received* and *sent* are bytes of bodies, from the client and to it."""
        self.open -= 1
        self.received += received
        self.sent += sent
        self.endings[(ending,)] += 1

    def ways(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """Bytes by the way they went."""
        return ("in", self.received), ("out", self.sent)

    def counts(self) -> dict[tuple[str, ...], int]:
        """Answers by how they ended."""
        return dict(self.endings)


@mypyc_attr(allow_interpreted_subclasses=True)
class RequestMeter:
    """How the requests of one route were answered, and how long they took."""

    __slots__ = ("_counts", "gone", "seconds")

    def __init__(self) -> None:
        self.seconds = Histogram()
        self.gone = 0
        self._counts: defaultdict[tuple[int, bool], int] = defaultdict(int)

    def record(self, status: int, degraded: bool, seconds: float) -> None:  # noqa: FBT001 - one hot caller
        """One request was answered with *status* after *seconds*."""
        histogram = self.seconds
        histogram.buckets[bisect_left(BOUNDS, seconds)] += 1
        histogram.total += seconds
        self._counts[status, degraded] += 1

    def client_gone(self) -> None:
        """One client left before its answer."""
        self.gone += 1

    def counts(self) -> dict[tuple[str, ...], int]:
        """Requests by status and whether a part was degraded."""
        return {(str(status), "yes" if bad else "no"): n for (status, bad), n in self._counts.items()}

"""What became of every request of a run, and the figures that follow from it.

A request's *kind* is read off its answer alone, the same way for the gateway and for a peer, so that nobody
is judged by what it says about itself. The exception is a stale copy: only the ``degraded`` field tells it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import compress
from math import inf
from typing import Any

import msgspec

from bench.openloop import percentile

PARTS = 3
"""Parts of a profile; an answer is useful if each of them holds something."""


class Kind(StrEnum):
    """What became of one request; one letter, so that a run of them is a text."""

    COMPLETE = "c"
    """200, every part is there, and none stands in for a failure."""
    STALE = "s"
    """200, every part is there, some from a copy that is older than it should be."""
    PARTIAL = "p"
    """200, and a part is missing or empty."""
    REFUSED = "e"
    """Another status."""
    LOST = "l"
    """No answer."""
    LEFT = "h"
    """The client hung up; nobody's fault."""


class _Answer(msgspec.Struct):
    profile: dict[str, Any]
    degraded: dict[str, Any] = {}


_answer = msgspec.json.Decoder(_Answer)


def kind_of(status: int, body: bytes) -> Kind:
    """The kind of an answer."""
    if status != 200:
        return Kind.REFUSED
    try:
        answer = _answer.decode(body)
    except msgspec.DecodeError:
        return Kind.PARTIAL
    if len(answer.profile) != PARTS or not all(answer.profile.values()):
        return Kind.PARTIAL
    return Kind.STALE if answer.degraded else Kind.COMPLETE


class Record(msgspec.Struct, frozen=True):
    """A whole run: request number *n* was due at ``n / rate`` s.

    ``kinds`` has one letter per request, ``took`` the seconds from when it was due to its last byte (0 if it
    had no answer). ``late`` is percentile 99 of how late the generator itself was.
    """

    rate: float
    kinds: str
    took: Sequence[float]
    late: float = 0.0

    def since(self, start: float) -> Record:
        """The requests that were due at *start* or later, as a run of their own."""
        first = max(round(start * self.rate), 0)
        return Record(self.rate, self.kinds[first:], self.took[first:], self.late)

    def due(self, *kinds: Kind) -> list[float]:
        """When the requests of these *kinds* were due."""
        return [number / self.rate for number, kind in enumerate(self.kinds) if kind in kinds]

    def share(self, *kinds: Kind) -> float:
        """The share of these *kinds* among the requests whose clients stayed; 1 of none."""
        stayed = len(self.kinds) - self.kinds.count(Kind.LEFT)
        return sum(map(self.kinds.count, kinds)) / stayed if stayed else 1.0

    def slowest(self, *shares: float) -> list[float]:
        """Percentiles of the time to an answer, errors included; infinite where there was none."""
        stayed = [kind != Kind.LEFT for kind in self.kinds]
        times = (inf if kind == Kind.LOST else took for kind, took in zip(self.kinds, self.took, strict=True))
        ordered = sorted(compress(times, stayed))
        return [percentile(ordered, share) for share in shares]


@dataclass(frozen=True)
class Figures:
    """A run in numbers. ``hits`` are requests at the upstreams per request of a client, by service.

    ``success`` is the share answered 200, ``useful`` the share with something in every part, ``complete``
    the share in which no part stands in for a failure. Times are seconds.
    """

    requests: int
    success: float
    useful: float
    complete: float
    p50: float
    p99: float
    p999: float
    hits: dict[str, float]

    @property
    def all_hits(self) -> float:
        """At all upstreams together."""
        return sum(self.hits.values())


def figures(record: Record, hits: dict[str, float]) -> Figures:
    """The figures of a run that caused so many *hits* per request at each service."""
    p50, p99, p999 = record.slowest(0.5, 0.99, 0.999)
    return Figures(
        requests=len(record.kinds),
        success=record.share(Kind.COMPLETE, Kind.STALE, Kind.PARTIAL),
        useful=record.share(Kind.COMPLETE, Kind.STALE),
        complete=record.share(Kind.COMPLETE),
        p50=p50,
        p99=p99,
        p999=p999,
        hits=hits,
    )


def slices(record: Record, seconds: float) -> Iterable[tuple[float, Record]]:
    """The run in pieces of so many *seconds*, each with the time it begins at."""
    size = max(round(seconds * record.rate), 1)
    for first in range(0, len(record.kinds), size):
        piece = slice(first, first + size)
        yield first / record.rate, Record(record.rate, record.kinds[piece], record.took[piece])

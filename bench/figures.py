"""From the samples of several rounds to one figure per row: medians, and multiples of bare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.rows import Row


@dataclass(frozen=True)
class Sample:
    """One short run against one row.

    ``cpu`` is the server's CPU seconds per request, ``p50`` and ``p99`` are seconds, ``rate`` is per second.
    ``busy`` is the share of its core that the server used: well below 1, it was not the bottleneck.
    """

    cpu: float
    rate: float
    p50: float
    p99: float
    busy: float


@dataclass(frozen=True)
class Spread:
    """The median of several values, with the lowest and the highest of them."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of at least one value."""
        return cls(median(values), min(values), max(values))


@dataclass(frozen=True)
class Figure:
    """What the table says about a row: ``multiple`` of bare and medians; or why there is nothing to say."""

    row: Row
    multiple: Spread | None = None
    sample: Sample | None = None
    failed: str = ""

    @property
    def on_target(self) -> bool | None:
        """Whether the median keeps the row's target; ``None`` without a target or a figure."""
        if self.row.target is None or self.multiple is None:
            return None
        return self.multiple.median <= self.row.target


def figures(
    rows: Sequence[Row], samples: Mapping[str, Sequence[Sample]], failed: Mapping[str, str]
) -> list[Figure]:
    """One figure per row. *samples* hold one entry per round under the row's name, ``bare`` among them.

    A row is divided by bare **round by round**, so that a drift of the machine does not move it.
    """
    bare = samples.get("bare", ()) if "bare" not in failed else ()
    found = []
    for row in rows:
        own = samples.get(row.name, ())
        if row.name in failed:
            found.append(Figure(row, failed=failed[row.name]))
        elif not own or not bare:
            found.append(Figure(row, failed="nothing to compare with: bare failed"))
        else:
            multiples = [mine.cpu / yardstick.cpu for mine, yardstick in zip(own, bare, strict=True)]
            found.append(Figure(row, Spread.of(multiples), _middle(own)))
    return found


def _middle(samples: Sequence[Sample]) -> Sample:
    fields = ("cpu", "rate", "p50", "p99", "busy")
    return Sample(**{name: median(getattr(sample, name) for sample in samples) for name in fields})

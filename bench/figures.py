"""From the samples of several rounds to one figure per row: medians, and multiples of bare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.rows import Row, Versus


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
class Round:
    """A sample with what bare cost right before and after it (CPU seconds per request, the mean of both).

    *number* is that of the round; rows that much depends on have several samples in one.
    """

    sample: Sample
    bare: float
    number: int = 1

    @property
    def multiple(self) -> float:
        """The sample's cost as a multiple of bare."""
        return self.sample.cpu / self.bare


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
    """What the table says about a row: ``multiple`` of bare and medians; or why there is nothing to say.

    ``failed`` is a fault of the run, ``left_out`` is not.
    """

    row: Row
    multiple: Spread | None = None
    sample: Sample | None = None
    failed: str = ""
    left_out: str = ""

    @property
    def on_target(self) -> bool | None:
        """Whether the median keeps the row's target; ``None`` without a target or a figure."""
        if self.row.target is None or self.multiple is None:
            return None
        return self.multiple.median <= self.row.target


@dataclass(frozen=True)
class Ratio:
    """What one thing costs: the ratio of two rows."""

    versus: Versus
    spread: Spread

    @property
    def on_target(self) -> bool | None:
        """Whether the median keeps the target; ``None`` without one."""
        return None if self.versus.target is None else self.spread.median <= self.versus.target


def figures(
    rows: Sequence[Row],
    rounds: Mapping[str, Sequence[Round]],
    failed: Mapping[str, str],
    left_out: Mapping[str, str],
) -> list[Figure]:
    """One figure per row. *rounds* hold the row's rounds under its name."""
    found = []
    for row in rows:
        own = rounds.get(row.name, ())
        if row.name in failed or row.name in left_out:
            reasons = failed.get(row.name, ""), left_out.get(row.name, "")
            found.append(Figure(row, failed=reasons[0], left_out=reasons[1]))
        elif not own:
            found.append(Figure(row, failed="nothing to compare with: bare failed"))
        else:
            spread = Spread.of([each.multiple for each in own])
            found.append(Figure(row, spread, _middle([each.sample for each in own])))
    return found


def ratios(comparisons: Sequence[Versus], rounds: Mapping[str, Sequence[Round]]) -> list[Ratio]:
    """What can be said of *comparisons*; taken **round by round**, so that a drift does not move them."""
    found = []
    for versus in comparisons:
        row, against = _costs(rounds.get(versus.row, ())), _costs(rounds.get(versus.against, ()))
        compared = [row[number] / against[number] for number in row if number in against]
        if compared:
            found.append(Ratio(versus, Spread.of(compared)))
    return found


def _costs(rounds: Sequence[Round]) -> dict[int, float]:
    """What a request cost in each round, by its number."""
    taken: dict[int, list[float]] = {}
    for each in rounds:
        taken.setdefault(each.number, []).append(each.sample.cpu)
    return {number: median(costs) for number, costs in taken.items()}


def _middle(samples: Sequence[Sample]) -> Sample:
    fields = ("cpu", "rate", "p50", "p99", "busy")
    return Sample(**{name: median(getattr(sample, name) for sample in samples) for name in fields})

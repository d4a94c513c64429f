"""What a run found, as the generated part of docs/faults.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import inf

from bench.faults.scenarios import ALONE
from bench.faults.seen import Figures
from bench.faults.targets import Check, checks
from bench.faults.trial import Trial
from bench.table import Markers, aligned

FAULTS = Markers("<!-- faults: begin, written by make faults -->", "<!-- faults: end -->")

COLUMNS = (
    "what",
    "success",
    "useful",
    "complete",
    "p50 ms",
    "p99 ms",
    "p99.9 ms",
    "users",
    "orders",
    "recs",
    "calls per request",
    "trips",
)


@dataclass(frozen=True)
class Findings:
    """Everything that one run found. ``about`` says when, on what and how it was measured."""

    trials: Sequence[Trial]
    about: str = ""

    @property
    def failed(self) -> list[Trial]:
        """Those that did not come to figures."""
        return [trial for trial in self.trials if trial.failed]

    def by_scenario(self) -> list[list[Trial]]:
        """The trials of each scenario, in the order of the run."""
        return [list(group) for _, group in groupby(self.trials, key=lambda trial: trial.scenario.name)]


def page(found: Findings) -> str:
    """The targets, then every scenario with its picture and its table."""
    parts = ["### Targets", targets(checks(found.trials))]
    for trials in found.by_scenario():
        scenario = trials[0].scenario
        parts += [f"### {scenario.title}", scenario.text]
        if scenario not in ALONE:
            parts.append(f"![{scenario.title}](faults/{scenario.name}.svg)")
        parts.append(table(trials))
    if found.failed:
        parts.append(f"Failed: {'; '.join(map(_failure, found.failed))}.")
    return "\n\n".join([*parts, found.about])


def targets(found: Sequence[Check]) -> str:
    """One line per target."""
    return aligned(("target", "found", ""), [(each.target, each.found, _verdict(each)) for each in found])


def table(trials: Sequence[Trial]) -> str:
    """One line per variant that was asked."""
    return aligned(COLUMNS, [_cells(trial, trial.figures) for trial in trials if trial.figures])


def _cells(trial: Trial, figures: Figures) -> list[str]:
    shares = [share(value) for value in (figures.success, figures.useful, figures.complete)]
    times = [milli(value) for value in (figures.p50, figures.p99, figures.p999)]
    hits = [f"{value:.2f}" for value in (*figures.hits.values(), figures.all_hits)]
    trips = "" if trial.variant.peer else str(sum(trial.trips.values()))
    return [trial.variant.label, *shares, *times, *hits, trips]


def _failure(trial: Trial) -> str:
    return f"{trial.variant.label} in {trial.scenario.title}: {trial.failed.splitlines()[0]}"


def _verdict(check: Check) -> str:
    return "" if check.reached is None else "reached" if check.reached else "**missed**"


def share(value: float) -> str:
    """A share in percent; only all is 100 %, only nothing is 0 %."""
    if 0 < value < 1:
        return f"{min(max(value * 100, 0.1), 99.9):.1f} %"
    return f"{value * 100:.0f} %"


def milli(seconds: float) -> str:
    """Milliseconds with three digits; a time without end is none."""
    if seconds == inf:
        return "none"
    return f"{seconds * 1e3:.1f}" if seconds < 0.1 else f"{seconds * 1e3:.0f}"

"""What a run found, as the text of docs/benchmarks.md and the short table of the README."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.figures import Figure, Ratio, Spread
from bench.latency import Latency
from bench.memory import EACH_TARGET, IDLE_TARGET, Memory
from bench.table import aligned, multiple, verdict

_SHARES = (("gateway-1", 1), ("gateway-3", 3), ("gateway-10", 10))


@dataclass(frozen=True)
class Findings:
    """Everything that one run found; parts that were not measured are empty."""

    figures: Sequence[Figure]
    ratios: Sequence[Ratio] = ()
    latencies: Sequence[Latency] = ()
    memory: Memory | None = None
    about: str = ""
    retaken: Sequence[str] = ()

    @property
    def failed(self) -> bool:
        """Whether anything went wrong that should not."""
        return any(figure.failed for figure in self.figures) or bool(self.memory and self.memory.failed)


def page(found: Findings) -> str:
    """All tables with their headings, and the line that says when, on what and how it was measured."""
    parts = ["### Cost per request", table(found.figures), *_left_out(found.figures)]
    if found.ratios:
        parts += ["### What one thing costs", comparisons(found.ratios)]
    if shares := floor(found.figures):
        parts += ["### Where it goes", shares]
    if found.latencies:
        parts += ["### Latency at a fixed rate, in ms from the time a request was due"]
        parts += [latencies(found.latencies), *_not_asked(found.latencies)]
    if found.memory:
        parts += ["### Memory", memory(found.memory)]
    if found.retaken:
        parts.append(f"Samples that went wrong and were taken again: {', '.join(found.retaken)}.")
    return "\n\n".join([*parts, found.about])


def short(found: Findings) -> str:
    """The few rows that a reader of the README wants."""
    rows = [
        [
            figure.row.label,
            multiple(figure.multiple.median),
            _micro(figure.sample.cpu),
            f"{figure.sample.rate:,.0f}",
        ]
        for figure in found.figures
        if figure.row.short and figure.multiple and figure.sample
    ]
    warning = crowded(found.figures[0]).strip()
    shown = aligned(("what", "× bare", "CPU µs per request", "requests/s on one core"), rows)
    return f"{shown}\n\n{warning}" if warning else shown


def table(figures: Sequence[Figure]) -> str:
    """One line per row that was measured or failed."""
    columns = (
        "what",
        "× bare",
        "spread",
        "target",
        "",
        "CPU µs per request",
        "requests/s",
        "p50 ms",
        "p99 ms",
    )
    return aligned(columns, [_cells(figure) for figure in figures if not figure.left_out])


def comparisons(ratios: Sequence[Ratio]) -> str:
    """One line per pair of rows."""
    rows = [
        [
            ratio.versus.label,
            f"× {ratio.spread.median:.2f}",
            f"{ratio.spread.low:.2f} – {ratio.spread.high:.2f}",
            _target(ratio.versus.target),
            verdict(ratio.on_target),
        ]
        for ratio in ratios
    ]
    return aligned(("what", "cost", "spread", "target", ""), rows)


def floor(figures: Sequence[Figure]) -> str:
    """What of the gateway's cost is raw sockets and what is uvicorn's; empty without all the rows for it.

    Raw sockets between the measured numbers of calls are interpolated.
    """
    cost = {figure.row.name: figure.sample.cpu for figure in figures if figure.sample}
    needed = {"bare", "floor-0", "floor-3", "floor-10", "gateway-1", "gateway-3", "gateway-10"}
    if not needed <= cost.keys():
        return ""
    each = (cost["floor-3"] - cost["floor-0"]) / 3
    raw = {1: cost["floor-0"] + each, 3: cost["floor-3"], 10: cost["floor-10"]}
    server = cost["bare"] - cost["floor-0"]
    rows = [
        [
            f"{calls} call{'s' * (calls > 1)}",
            _micro(cost[name]),
            _micro(raw[calls]),
            _micro(server),
            _micro(cost[name] - raw[calls] - server),
            multiple((raw[calls] + server) / cost["bare"]),
        ]
        for name, calls in _SHARES
    ]
    columns = (
        "µs per request",
        "gateway",
        "raw sockets",
        "uvicorn",
        "the rest: the gateway's own",
        "floor × bare",
    )
    per_call = (cost["gateway-10"] - cost["gateway-1"]) / 9
    bottom = (cost["floor-10"] - cost["floor-0"]) / 10
    words = (
        f"One more call costs {_micro(per_call)} µs in the gateway and {_micro(bottom)} µs on raw sockets: "
        "an `asyncio.Protocol` on uvloop that writes and reads the same bytes and parses nothing, that is, "
        "the kernel's work and the loop's. *uvicorn* is bare less a raw answer; the *floor* is both together."
    )
    return f"{aligned(columns, rows)}\n\n{words}"


def latencies(found: Sequence[Latency]) -> str:
    """One line per case that was asked."""
    rows = []
    for each in found:
        seen = each.seen
        if seen is None:
            continue
        times = [_milli(value) for value in (seen.p50, seen.p99, seen.p999, seen.highest)]
        shares = [
            _share(count, seen.requests) for count in (seen.whole, seen.partial, seen.refused + seen.lost)
        ]
        what = f"{each.case.trouble.label}: {each.case.row.label}"
        rows.append([what, f"{each.case.rate:,}", *times, *shares, f"{each.busy:.0%}", _milli(seen.late)])
    columns = (
        "what",
        "per s",
        "p50",
        "p99",
        "p99.9",
        "highest",
        "whole",
        "partial",
        "failed",
        "core",
        "own p99",
    )
    return aligned(columns, rows)


def memory(found: Memory) -> str:
    """What is taken at rest and per request in flight."""
    if found.failed:
        return f"Failed: {found.failed}"
    each = f"per request in flight, {found.in_flight:,} of 3 calls at {found.rate:,.0f}/s, no errors"
    rows = [
        [
            "at rest",
            f"{found.idle / 1e6:.0f} MB",
            f"≤ {IDLE_TARGET / 1e6:.0f} MB",
            verdict(found.idle <= IDLE_TARGET),
        ],
        [
            each,
            f"{found.each / 1e3:.1f} kB",
            f"≤ {EACH_TARGET / 1e3:.0f} kB",
            verdict(found.each <= EACH_TARGET),
        ],
    ]
    return aligned(("resident memory", "measured", "target", ""), rows)


def crowded(bare: Figure) -> str:
    """A warning if others used the server's core: bare keeps it fully busy when it has it for itself."""
    if bare.sample is None or bare.sample.busy >= 0.9:
        return ""
    share = f"{bare.sample.busy:.0%}".replace("%", " %")
    return f" **The machine was busy with other work: bare had only {share} of its core.**"


def _cells(figure: Figure) -> list[str]:
    row, sample, spread = figure.row, figure.sample, figure.multiple
    target = _target(row.target)
    if sample is None or spread is None:
        return [row.label, "failed", "", target, "", "", "", "", ""]
    cost = [_micro(sample.cpu), f"{sample.rate:,.0f}", _milli(sample.p50), _milli(sample.p99)]
    return [row.label, multiple(spread.median), _range(spread), target, verdict(figure.on_target), *cost]


def _left_out(figures: Sequence[Figure]) -> list[str]:
    reasons = [f"{figure.row.label}: {figure.left_out}" for figure in figures if figure.left_out]
    return [f"Left out: {'; '.join(reasons)}."] if reasons else []


def _not_asked(found: Sequence[Latency]) -> list[str]:
    reasons = [f"{e.case.row.label} at {e.case.rate:,}/s ({e.left_out})" for e in found if e.left_out]
    return [f"Not asked: {'; '.join(dict.fromkeys(reasons))}."] if reasons else []


def _range(spread: Spread) -> str:
    return f"{multiple(spread.low)} – {multiple(spread.high)}"


def _target(target: float | None) -> str:
    return f"≤ {target:g}" if target else ""


def _micro(seconds: float) -> str:
    return f"{seconds * 1e6:.1f}"


def _milli(seconds: float) -> str:
    return f"{seconds * 1e3:.2f}" if seconds < 0.1 else f"{seconds * 1e3:.0f}"


def _share(count: int, of: int) -> str:
    share = 100 * count / max(of, 1)
    return (
        "" if not count else f"{share:.0f} %" if share >= 99.95 or share == round(share) else f"{share:.1f} %"
    )

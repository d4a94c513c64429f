"""The figures as a Markdown table, and the pages that hold it between two markers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.figures import Figure

BEGIN = "<!-- bench: begin, written by make bench -->"
END = "<!-- bench: end -->"

_COLUMNS = ("what", "× bare", "spread", "target", "CPU µs per request", "requests/s", "p50 ms", "p99 ms")


def markdown(found: Iterable[Figure]) -> str:
    """One line per row, aligned so that it also reads well in a terminal."""
    cells = [list(_COLUMNS), *(_cells(figure) for figure in found)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_COLUMNS))]
    lines = [
        _line([_padded(cell, i, width) for i, (cell, width) in enumerate(zip(row, widths, strict=True))])
        for row in cells
    ]
    rule = _line(["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])])
    return "\n".join([lines[0], rule, *lines[1:]])


def multiple(value: float) -> str:
    """A multiple with as many digits as mean something."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def written(page: str, content: str) -> str:
    """*page* with *content* between its markers. Raises ``ValueError`` without one pair."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in rest or END in after:
        raise ValueError(f"the page needs these two lines once each: {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{content}\n\n{END}{after}"


def write(pages: Iterable[Path], content: str) -> Sequence[Path]:
    """Put *content* into every page that has markers; returns those that changed."""
    changed = []
    for page in pages:
        text = page.read_text() if page.exists() else ""
        if BEGIN in text and (new := written(text, content)) != text:
            page.write_text(new)
            changed.append(page)
    return changed


def _cells(figure: Figure) -> list[str]:
    row, sample, spread = figure.row, figure.sample, figure.multiple
    target = f"≤ {row.target:g}" if row.target else ""
    if sample is None or spread is None:
        return [row.label, "failed", "", target, "", "", "", ""]
    return [
        row.label,
        multiple(spread.median),
        f"{multiple(spread.low)} – {multiple(spread.high)}",
        target,
        f"{sample.cpu * 1e6:.1f}",
        f"{sample.rate:,.0f}",
        f"{sample.p50 * 1e3:.2f}",
        f"{sample.p99 * 1e3:.2f}",
    ]


def _padded(cell: str, column: int, width: int) -> str:
    return cell.ljust(width) if column == 0 else cell.rjust(width)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"

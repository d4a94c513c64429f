"""Markdown tables, and the pages that hold generated text between two markers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple


class Markers(NamedTuple):
    """The two lines of a page between which the text is generated."""

    begin: str
    end: str


BENCH = Markers("<!-- bench: begin, written by make bench -->", "<!-- bench: end -->")
FLAME = Markers("<!-- flame: begin, written by python -m bench.flame -->", "<!-- flame: end -->")
STEPS = Markers("<!-- steps: begin, written by make bench -->", "<!-- steps: end -->")
SHORT = Markers("<!-- measured -->", "<!-- /measured -->")


def aligned(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table that also reads well in a terminal; the first column holds words, the others numbers."""
    cells = [list(columns), *(list(row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(columns))]
    lines = [
        _line([_padded(cell, i, width) for i, (cell, width) in enumerate(zip(row, widths, strict=True))])
        for row in cells
    ]
    rule = _line(["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])])
    return "\n".join([lines[0], rule, *lines[1:]])


def multiple(value: float) -> str:
    """A multiple with as many digits as mean something."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def verdict(kept: bool | None) -> str:  # noqa: FBT001 - what a target's check said
    """Whether a target was reached, in a word; empty if there is none."""
    return "" if kept is None else "met" if kept else "**missed**"


def written(page: str, content: str, markers: Markers) -> str:
    """*page* with *content* between *markers*. Raises ``ValueError`` without one pair of them."""
    before, begin, rest = page.partition(markers.begin)
    _, end, after = rest.partition(markers.end)
    if not begin or not end or markers.begin in rest or markers.end in after:
        raise ValueError(f"the page needs these two lines once each: {markers.begin} and {markers.end}")
    return f"{before}{markers.begin}\n\n{content}\n\n{markers.end}{after}"


def write(page: Path, content: str, markers: Markers) -> bool:
    """Put *content* into *page* if it has *markers*; whether that changed it."""
    text = page.read_text() if page.exists() else ""
    if markers.begin not in text or (new := written(text, content, markers)) == text:
        return False
    page.write_text(new)
    return True


def _padded(cell: str, column: int, width: int) -> str:
    return cell.ljust(width) if column == 0 else cell.rjust(width)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"

"""The three tables of the screen, each cut to the lines there are.

Rules of the file:
1. Everything is said in words and numbers; colour only repeats it (``NO_COLOR``, terminals without colour).
2. Names are shortened, numbers never: 80 columns hold all columns.
3. If not all rows fit, those in trouble stay, and a last line counts the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from gateway.top import cells
from gateway.top.why import why

if TYPE_CHECKING:
    from gateway.dashboard.snapshot import Request, Route, Upstream

_WELL: Final = frozenset({"closed", "unguarded", "disabled", "metrics_only"})
"""States that let everybody through."""

_GONE: Final = frozenset({"open", "forced_open"})

_MUCH: Final = 0.05
"""Share of errors or degraded answers from which on it stands out."""

_NAMES: Final = frozenset({"upstream", "route", "degraded, failed or slow", "why"})

_NARROW: Final = 8
"""Columns that a name keeps."""

_Row = TypeVar("_Row")


def upstreams(rows: Sequence[Upstream], room: int) -> Table:
    """State, traffic, times and limits of each upstream, in at most *room* lines."""
    table = _table("upstream", "state", ">rate", ">errors", ">p50", ">p99", ">in flight", ">budget")
    shown = _fitting(rows, room - 1, lambda row: row.state not in _WELL or row.errors >= _MUCH)
    for row in shown:
        table.add_row(
            _name(row.name),
            _state(row),
            cells.rate(row.rate),
            _share(row.errors, row.rate),
            cells.duration(row.p50),
            cells.duration(row.p99),
            cells.occupied(row.in_flight, row.slots),
            cells.tokens(row.budget),
        )
    return _counted(table, len(rows) - len(shown))


def routes(rows: Sequence[Route], room: int) -> Table:
    """Traffic and times of each route, in at most *room* lines."""
    table = _table("route", ">rate", ">errors", ">degraded", ">p50", ">p99")
    shown = _fitting(rows, room - 1, lambda row: max(row.errors, row.degraded) >= _MUCH)
    for row in shown:
        table.add_row(
            _name(row.route),
            cells.rate(row.rate),
            _share(row.errors, row.rate),
            _share(row.degraded, row.rate),
            cells.duration(row.p50),
            cells.duration(row.p99),
        )
    return _counted(table, len(rows) - len(shown))


def requests(rows: Sequence[Request], room: int) -> Table:
    """The first of *rows* that *room* lines have place for."""
    table = _table("at", ">status", ">took", "degraded, failed or slow", "why")
    for row in rows[: max(0, room - 1)]:
        table.add_row(
            time.strftime("%H:%M:%S", time.localtime(row.at)),
            Text(str(row.status), "red" if row.status >= 500 else ""),
            cells.duration(row.seconds),
            _name(row.route),
            _name(why(row)),
        )
    return table


def _table(*titles: str) -> Table:
    """An empty table. A title with ``>`` has numbers below it; only columns of names give way for others."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in titles:
        justify: JustifyMethod = "right" if title.startswith(">") else "left"
        if title in _NAMES:  # its cells say themselves that they do not wrap: only so it can be narrowed
            table.add_column(_name(title), justify=justify, min_width=_NARROW)
        else:
            table.add_column(_name(title.lstrip(">")), justify=justify, no_wrap=True)
    return table


def _fitting(rows: Sequence[_Row], room: int, urgent: Callable[[_Row], bool]) -> Sequence[_Row]:
    """All *rows*, or the *urgent* ones first as far as *room* lines go, one of which counts the others."""
    if len(rows) <= room:
        return rows
    return sorted(rows, key=lambda row: not urgent(row))[: max(0, room - 1)]


def _counted(table: Table, left_out: int) -> Table:
    if left_out:
        table.add_row(_name(f"and {left_out} more"))
    return table


def _name(text: str) -> Text:
    return Text(cells.plain(text), no_wrap=True, overflow="ellipsis")


def _state(row: Upstream) -> Text:
    """``open 4.2 s``; of several addresses that are not all as well as the upstream: ``closed, 1/3 out``."""
    words = row.state.replace("_", "-")
    if row.state == "open" and row.open_remaining > 0:
        words += f" {cells.countdown(row.open_remaining)}"
    out = sum(each.ejected or each.state in _GONE for each in row.addresses)
    if out and row.state not in _GONE:
        words += f", {out}/{len(row.addresses)} out"
    style = "bold red" if row.state in _GONE else "yellow" if out or row.state not in _WELL else "green"
    return Text(cells.plain(words), style)


def _share(of_one: float, rate: float) -> Text:
    return Text(cells.share(of_one if rate else None), "red" if of_one >= _MUCH else "")

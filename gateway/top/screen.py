"""The whole screen: who is asked, whether it answers, and the tables in the lines that the terminal has."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from rich.console import Group, RenderableType
from rich.text import Text

from gateway.top import cells, tables

if TYPE_CHECKING:
    from gateway.dashboard.snapshot import Process, Snapshot

UNBOUNDED: Final = 10_000
"""Lines of what is no screen: nothing is cut."""

_KEYS: Final = "q quits"

_LEAST: Final = 3
"""Lines that a table gets in any case: titles, a row, and how many more there are."""

_COLOURS: Final = {"healthy": "green", "degraded": "yellow", "unhealthy": "bold red"}


def screen(
    snapshot: Snapshot | None,
    admin: str,
    *,
    trouble: str | None = None,
    age: float = 0.0,
    height: int = UNBOUNDED,
) -> RenderableType:
    """What to show in *height* lines. *trouble*: why the gateway does not answer; then the numbers of *age*
    seconds ago stay.
    """
    parts: list[RenderableType] = [_head(snapshot, admin, _KEYS if height < UNBOUNDED else "")]
    if trouble is not None:
        parts.append(_away(trouble, None if snapshot is None else age))
    elif snapshot is not None:
        parts.append(_process(snapshot.process))
    if snapshot is not None:
        parts += _body(snapshot, height - len(parts))
    return Group(*parts)


def _head(snapshot: Snapshot | None, admin: str, keys: str) -> Text:
    at = "" if snapshot is None else time.strftime("  %H:%M:%S", time.localtime(snapshot.at))
    return _line(("gateway ", "bold"), cells.plain(admin), at, (f"  {keys}" if keys else "", "dim"))


def _process(process: Process) -> Text:
    """How the gateway itself is."""
    told = [
        *([process.phase] if process.phase != "ready" else []),
        *([] if process.stand_ins else ["stand-ins off"]),
        cells.rate(process.rate),
        f"errors {cells.share(process.errors if process.rate else None)}",
        f"degraded {cells.share(process.degraded if process.rate else None)}",
        f"loop lag {cells.duration(process.loop_lag)}",
    ]
    return _line(
        (cells.plain(process.status), _COLOURS.get(process.status, "")),
        cells.plain("".join(f", {each}" for each in told)),
    )


def _away(trouble: str, age: float | None) -> Text:
    since = "" if age is None else f" for {age:.0f} s"
    return _line((f"no answer{since}, asking on: {cells.plain(trouble)}", "bold yellow"))


def _line(*parts: str | tuple[str, str]) -> Text:
    return Text.assemble(*parts, no_wrap=True, overflow="ellipsis")


def _body(snapshot: Snapshot, height: int) -> list[RenderableType]:
    """The tables, an empty line before each. Of the requests those with a problem come first."""
    requests = [*snapshot.problems, *snapshot.slowest]
    wanted = [len(rows) + 1 for rows in (snapshot.upstreams, snapshot.routes, requests)]
    room = _shared(wanted, height - len(wanted))
    shown = (
        tables.upstreams(snapshot.upstreams, room[0]),
        tables.routes(snapshot.routes, room[1]),
        tables.requests(requests, room[2]),
    )
    return [part for table in shown if table.row_count for part in (Text(), table)]


def _shared(wanted: list[int], lines: int) -> list[int]:
    """*lines* among those who want so many each: the first ones leave the others the least."""
    given: list[int] = []
    for number, each in enumerate(wanted):
        after = sum(min(_LEAST, other) for other in wanted[number + 1 :])
        given.append(max(min(_LEAST, each), min(each, lines - after)))
        lines -= given[-1]
    return given

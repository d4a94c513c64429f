"""The tables of docs/telemetry.md, made from the names themselves."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from gateway.telemetry import attributes, events, names
from gateway.telemetry.exposition import exposed
from gateway.telemetry.names import Name


def _table(columns: str, rows: Iterable[tuple[str, ...]]) -> str:
    """Markdown; *columns* are separated by commas."""
    head = tuple(columns.split(", "))
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _code(words: Iterable[str]) -> str:
    return " ".join(f"`{word}`" for word in words)


def _metrics() -> str:
    every = (value for value in vars(names).values() if isinstance(value, Name))
    return _table(
        "metric, kind, labels, meaning",
        ((f"`{exposed(each)}`", each.kind.value, _code(each.labels), each.help) for each in every),
    )


def _spans() -> str:
    return _table(
        "span, kind, meaning", ((f"`{each.name}`", each.kind, each.help) for each in attributes.SPANS)
    )


def _attributes() -> str:
    return _table(
        "attribute, on, meaning",
        (
            (f"`{each.name}`", ", ".join(where.value for where in each.where), each.help)
            for each in attributes.all_attributes()
        ),
    )


def _events() -> str:
    return _table(
        "event, level, facts, when",
        (
            (f"`{each.name}`", logging.getLevelName(each.level).lower(), _code(each.facts), each.help)
            for each in events.all_events()
        ),
    )


TABLES: Final[Mapping[str, Callable[[], str]]] = {
    "metrics": _metrics,
    "spans": _spans,
    "attributes": _attributes,
    "events": _events,
}
"""What makes the Markdown between ``<!-- name: begin -->`` and ``<!-- name: end -->``, by that name."""


def page(text: str) -> str:
    """*text* with every table as the names give it now. Raises ``ValueError`` if a mark is missing."""
    for table, made in TABLES.items():
        begin, end = f"<!-- {table}: begin -->\n", f"<!-- {table}: end -->"
        before, found, rest = text.partition(begin)
        _, ended, after = rest.partition(end)
        if not (found and ended):
            raise ValueError(f"the page has no place for {table}")
        text = f"{before}{begin}{made()}{end}{after}"
    return text

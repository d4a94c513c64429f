"""The tables of docs/telemetry.md, made from the names themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from gateway.telemetry import names
from gateway.telemetry.exposition import exposed
from gateway.telemetry.names import Name


def _metrics() -> str:
    lines = ["| metric | kind | labels | meaning |", "|---|---|---|---|"]
    for name in vars(names).values():
        if isinstance(name, Name):
            labels = " ".join(f"`{label}`" for label in name.labels)
            lines.append(f"| `{exposed(name)}` | {name.kind.value} | {labels} | {name.help} |")
    return "\n".join(lines) + "\n"


TABLES: Final[Mapping[str, Callable[[], str]]] = {"metrics": _metrics}
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

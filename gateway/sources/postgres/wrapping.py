"""Wraps a statement so that PostgreSQL itself writes each row as JSON: one column, one document per row.

Its own ``to_json`` knows every type there is and keeps every digit, and costs less than half of decoding
values and encoding them again (docs/decisions/0022): 31 µs for a row of seven columns, the whole
query, where asyncpg alone takes 45 for the same row as Python objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.sources.database.query import Piece

_ROW: Final = '"gateway row"'
_VALUE: Final = '"gateway value"'
_SELECT: Final = "select convert_to({}::text, 'UTF8') from "
_JSON: Final = {
    "many": f"row_to_json({_ROW})",
    "one": f"row_to_json({_ROW})",
    "value": f"to_json({_ROW}.{_VALUE})",
}
_NAMED: Final = {"many": _ROW, "one": _ROW, "value": f"{_ROW}({_VALUE})"}
# A comment at the end of a statement ends with its line, so what follows begins with a new one.


def reading(statement: Sequence[Piece], result: str, max_rows: int) -> list[Piece]:
    """A statement that may stand in parentheses: it reads."""
    limit = max_rows + 1 if result == "many" else 1
    return [f"{_SELECT.format(_JSON[result])}(\n", *statement, f"\n) {_NAMED[result]} limit {limit}"]


def writing(head: Sequence[Piece], main: Sequence[Piece], result: str) -> list[Piece]:
    """One that writes and returns rows. *head* is its own ``with …`` without what follows, or nothing."""
    begin = [*head, ",\n"] if head else ["with "]
    return [*begin, f"{_NAMED[result]} as (\n", *main, f"\n) {_SELECT.format(_JSON[result])}{_ROW}"]

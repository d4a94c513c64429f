"""One step's statement and one call's values, for the binary protocol; and the JSON that rows become.

Values never are text of a statement: they are bound to its ``?`` by the server.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from gateway.sources.database.query import AnyStatement, Piece, Query, Value

JSON_TYPE: Final = 245
"""MySQL's type of a JSON column. (MariaDB has none: there it is text.)"""

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


class Statement(AnyStatement):
    """A step's statement. ``pieces`` are text, and numbers of parameters from 1 on."""

    __slots__ = ("order", "text")

    def __init__(self, name: str, pieces: Sequence[Piece], result: str, **rest: Any) -> None:
        super().__init__(name, result, **rest)
        self.text = "".join("?" if isinstance(piece, int) else piece for piece in pieces)
        self.order = tuple(piece - 1 for piece in pieces if isinstance(piece, int))


def arguments(query: Query) -> tuple[Any, ...]:
    """The values as asyncmy binds them, one for each ``?``: numbers as numbers, objects and lists as JSON."""
    statement = query.statement
    written = [
        _argument(value, literal=literal)
        for value, literal in zip(query.values, statement.literal, strict=True)
    ]
    return tuple([written[index] for index in statement.order])


def _argument(value: Value, *, literal: bool) -> Any:
    if isinstance(value, list):
        return _encode(value).decode()
    if isinstance(value, bytes):
        return value.decode() if value[:1] in b"[{" else _decode(value)
    return _decode(value) if literal and value is not None else value


def body_of(result: str, columns: Sequence[tuple[Any, ...]], rows: Sequence[tuple[Any, ...]]) -> bytes:
    """The JSON document that *rows* are; *columns* have name and type first."""
    json = [index for index, column in enumerate(columns) if column[1] == JSON_TYPE]
    if json:
        rows = [_with_json(row, json) for row in rows]
    if result == "value":
        return _encode(rows[0][0]) if rows else b"null"
    names = [str(column[0]) for column in columns]
    if result == "one":
        return _encode(dict(zip(names, rows[0], strict=True))) if rows else b"null"
    return _encode([dict(zip(names, row, strict=True)) for row in rows])


def _with_json(row: tuple[Any, ...], json: Sequence[int]) -> tuple[Any, ...]:
    values = list(row)
    for index in json:
        if values[index] is not None:
            values[index] = msgspec.Raw(values[index])
    return tuple(values)

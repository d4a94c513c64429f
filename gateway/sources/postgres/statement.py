"""One step's statement and one call's values: text for the server, and nothing of a value ever in it.

Rules of the file:
1. Values travel as parameters of type text, each cast to what the server itself says that its place takes:
   so every type has the one reader that knows all of its forms, PostgreSQL's own.
2. ``null`` is NULL, for a parameter of type json as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from gateway.sources.database.query import AnyStatement, Piece, Value
from gateway.sources.database.session import Unfit

_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode
_text = msgspec.json.Decoder(str).decode
_JSON_TYPES: Final = frozenset({"json", "jsonb"})


class Type(NamedTuple):
    """A type as the server names it; an array's name ends in ``[]``."""

    schema: str
    name: str

    @property
    def cast(self) -> str:
        """How it stands behind ``::``."""
        element, array = self.name.removesuffix("[]"), "[]" if self.name.endswith("[]") else ""
        return f"{_quoted(self.schema)}.{_quoted(element)}{array}"


class Learned(NamedTuple):
    """What the server said of a statement: its final text, and how each value is written. ``plain``: texts go
    as they are.
    """

    text: str
    writers: tuple[Callable[[Value, int], str | None], ...]
    plain: bool = False


class Statement(AnyStatement):
    """A step's statement, wrapped so that each of its rows comes as one JSON document.

    ``pieces`` make its text. Of ``many`` rows there are at most ``max_rows``, and one more to show that there
    are too many. ``learned`` is ``None`` until a connection has asked the server for the types.
    """

    __slots__ = ("learned", "max_rows", "pieces")

    def __init__(
        self, name: str, pieces: Sequence[Piece], result: str, *, max_rows: int = 1000, **rest: Any
    ) -> None:
        super().__init__(name, result, **rest)
        self.pieces = tuple(pieces)
        self.max_rows = max_rows
        self.learned: Learned | None = None if self.literal else Learned(self.bare, ())

    @property
    def bare(self) -> str:
        """Its text with nothing said about types."""
        return "".join(f"${piece}" if isinstance(piece, int) else piece for piece in self.pieces)

    def learn(self, types: Sequence[Type]) -> Learned:
        """Its parameters are of *types*."""
        text = "".join(
            f"${piece}::text::{types[piece - 1].cast}" if isinstance(piece, int) else piece
            for piece in self.pieces
        )
        writers = tuple(
            _writer(type_, literal=literal) for type_, literal in zip(types, self.literal, strict=True)
        )
        plain = not any(type_.name.endswith("[]") or type_.name in _JSON_TYPES for type_ in types)
        self.learned = Learned(text, writers, plain)
        return self.learned

    def forget(self) -> None:
        """The database has changed: ask for the types again."""
        if self.literal:
            self.learned = None


def arguments(learned: Learned, values: tuple[Value, ...]) -> Sequence[Value]:
    """*values* as texts. Raises ``Unfit``."""
    if learned.plain:
        for value in values:
            if value.__class__ is not str:
                break
        else:
            return values
    return [
        None if value is None else write(value, number)
        for number, (write, value) in enumerate(zip(learned.writers, values, strict=True), 1)
    ]


def _writer(type_: Type, *, literal: bool) -> Callable[[Value, int], str | None]:
    if type_.name.endswith("[]"):
        return _array
    if type_.name in _JSON_TYPES:
        return _json_of_literal if literal else _json

    def text(value: Value, number: int) -> str | None:
        if isinstance(value, str):
            return value
        if isinstance(value, bytes) and value[:1] not in b"[{":
            return _scalar(value)
        raise Unfit(number, type_.name)

    return text


def _scalar(value: bytes) -> str | None:
    """A JSON text, number, boolean or null as PostgreSQL reads it."""
    if value[:1] == b'"':
        return _text(value)
    return None if value == b"null" else value.decode()


def _json(value: Value, _: int) -> str | None:
    if isinstance(value, bytes):
        return None if value == b"null" else value.decode()
    return msgspec.json.encode(value).decode()


def _json_of_literal(value: Value, number: int) -> str | None:
    return value if isinstance(value, str) else _json(value, number)


def _array(value: Value, number: int) -> str | None:
    if isinstance(value, list):
        return "{" + ",".join(map(_element, value)) + "}"
    if isinstance(value, bytes):
        if value[:1] == b"[":
            return _array_of(value)
        if value != b"null":
            raise Unfit(number, "an array")
        return None
    return None if value is None else "{" + _element(value) + "}"


def _array_of(value: bytes) -> str:
    written: list[str] = []
    for raw in _elements(value):
        element = bytes(raw).strip()
        if element[:1] == b"[":
            written.append(_array_of(element))
        elif element[:1] == b"{":
            written.append(_element(element.decode()))
        else:
            text = _scalar(element)
            written.append("NULL" if text is None else _element(text))
    return "{" + ",".join(written) + "}"


def _element(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def body_of(statement: Statement, rows: Sequence[Any], status: str) -> bytes | None:
    """The JSON document that *rows* are; ``None`` if there are too many. *status* is ``INSERT 0 3``."""
    result = statement.result
    if result == "many":
        if len(rows) > statement.max_rows:
            return None
        return b"[" + b",".join([row[0] or b"null" for row in rows]) + b"]"
    if result == "count":
        return status.rpartition(" ")[2].encode()
    return (rows[0][0] if rows else None) or b"null"

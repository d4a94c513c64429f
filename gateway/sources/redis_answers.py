"""What Redis answers → JSON bytes, each command in its own shape, texts as the step wants them.

Redis knows texts (bytes), whole numbers, nothing, and lists of these. What is not there is ``null``.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Any, Final

import msgspec

from gateway.outcome import Failure
from gateway.sources.bodies import checked


class Shape(Enum):
    """How the answer of a command becomes JSON."""

    ANY = auto()
    """As it is: texts, numbers, lists of them in each other."""
    OBJECT = auto()
    """Names and values in turn become an object; without any there was none: ``null``."""
    FIELDS = auto()
    """The values of the fields that were asked for become an object of them; ``null`` if all are missing."""
    SCORED = auto()
    """Members and scores in turn become ``[{"member": …, "score": 1.5}]``."""
    ENTRIES = auto()
    """Entries of a stream become ``[{"id": "1-0", "fields": {…}}]``."""
    NUMBER = auto()
    """Texts are numbers; ``inf`` stays a text, as JSON has no number for it."""
    LEFT = auto()
    """-2 says that there is no such key: ``null``."""
    TYPE = auto()
    """``none`` says that there is no such key: ``null``."""
    JSON = auto()
    """Texts are JSON, or the server is broken."""


Write = Callable[[bytes], bytes]
"""A text as JSON. Raises ``UnreadableError``."""

Encode = Callable[[Any, Sequence[bytes]], bytes]
"""From an answer and the command's arguments to JSON. Raises ``UnreadableError``."""

_NULL: Final = b"null"
_NUMBER: Final = re.compile(rb"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_json = msgspec.json.encode


class UnreadableError(Exception):
    """An answer that is not what was said of it. *args*: why, without any of its bytes."""


def as_text(value: bytes) -> bytes:
    """The text as a string."""
    try:
        return _json(value.decode())
    except UnicodeDecodeError:
        raise UnreadableError("a value is not UTF-8: write values: base64") from None


def as_json(value: bytes) -> bytes:
    """The text is JSON itself."""
    document = checked(value)
    if isinstance(document, Failure):
        raise UnreadableError(f"a value is {document.detail}")
    return document


def as_it_looks(value: bytes) -> bytes:
    """Objects and arrays are themselves, all else is a string: so ``42`` never changes its type."""
    if value[:1] in {b"{", b"["}:
        document = checked(value)
        if not isinstance(document, Failure):
            return document
    return as_text(value)


def as_base64(value: bytes) -> bytes:
    """The bytes in base64."""
    return b'"' + b64encode(value) + b'"'


VALUES: Final[dict[str, Write]] = {
    "auto": as_it_looks,
    "json": as_json,
    "text": as_text,
    "base64": as_base64,
}
"""What ``values:`` of a step says."""


def encoder(shape: Shape, values: str) -> Encode:
    """The function that makes JSON of answers of this shape; *values* is one of ``VALUES``."""
    write = VALUES[values]
    if shape in _WITH_VALUES:
        make = _WITH_VALUES[shape]
        return lambda answer, arguments: make(answer, arguments, write)
    if shape is Shape.ANY:
        return lambda answer, _: _any(answer, write)
    if shape is Shape.JSON:
        return lambda answer, _: _any(answer, as_json)
    if shape is Shape.NUMBER:
        return lambda answer, _: _any(answer, _as_number)
    return _left if shape is Shape.LEFT else _type


def _any(answer: Any, write: Write) -> bytes:
    kind = answer.__class__
    if kind is bytes:
        return write(answer)
    if answer is None:
        return _NULL
    if kind is int:
        return b"%d" % answer
    if kind is not list:  # an error that a script hands on within its answer
        raise UnreadableError("an error stands within the answer")
    return b"[" + b",".join([_any(each, write) for each in answer]) + b"]"


def _object(answer: Any, _: Sequence[bytes], write: Write) -> bytes:
    return _members(answer[::2], answer[1::2], write) if answer else _NULL


def _fields(answer: Any, arguments: Sequence[bytes], write: Write) -> bytes:
    if all(value is None for value in answer):
        return _NULL
    return _members(arguments[1:], answer, write)


def _members(names: Sequence[bytes], values: Sequence[Any], write: Write) -> bytes:
    # A name that stands twice is written twice; what decodes it takes the last (docs/contract.md section 5).
    pairs = [as_text(name) + b":" + _any(value, write) for name, value in zip(names, values, strict=True)]
    return b"{" + b",".join(pairs) + b"}"


def _scored(answer: Any, _: Sequence[bytes], write: Write) -> bytes:
    members = [
        b'{"member":%b,"score":%b}' % (write(member), _as_number(score))
        for member, score in zip(answer[::2], answer[1::2], strict=True)
    ]
    return b"[" + b",".join(members) + b"]"


def _entries(answer: Any, _: Sequence[bytes], write: Write) -> bytes:
    entries = [
        b'{"id":%b,"fields":%b}' % (as_text(name), _members(pairs[::2], pairs[1::2], write))
        for name, pairs in answer
    ]
    return b"[" + b",".join(entries) + b"]"


def _as_number(value: bytes) -> bytes:
    return value if _NUMBER.fullmatch(value) else as_text(value)


def _left(answer: Any, _: Sequence[bytes]) -> bytes:
    return _NULL if answer == -2 else b"%d" % answer


def _type(answer: Any, _: Sequence[bytes]) -> bytes:
    return _NULL if answer == b"none" else as_text(answer)


_WITH_VALUES: Final = {
    Shape.OBJECT: _object,
    Shape.FIELDS: _fields,
    Shape.SCORED: _scored,
    Shape.ENTRIES: _entries,
}

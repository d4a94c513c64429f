"""The functions that values go through in templates: ``{user.name | trim | lower}``.

A value is text (``str``) or JSON (``bytes``); a function says which of the two it takes, and gives either, or
``None`` where there is nothing. A number or boolean is text as it was written.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Literal
from urllib.parse import quote

import msgspec

from gateway.plan.fields import is_null, items, members, text_of
from gateway.shaping.tree import Unfit

Kind = Literal["text", "list", "json"]
Piped = str | bytes | None

_number = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\Z").match


@dataclass(frozen=True, slots=True)
class Function:
    """What values go through. ``takes`` and ``gives`` are kinds; ``arguments`` are types, the optional ones
    behind ``least``. ``run`` gets the value and the arguments, and raises ``Unfit``.
    """

    takes: Kind
    gives: Kind
    run: Callable[..., Piped]
    arguments: tuple[type, ...] = ()
    least: int = 0


def _sliced(text: str, start: int, end: int | None = None) -> str:
    return text[start:end]


def _unbase64(text: str) -> str:
    try:
        padded = text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)
        return base64.b64decode(padded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Unfit("is not base64 of a text") from None


def _split(text: str, separator: str) -> bytes:
    return msgspec.json.encode(text.split(separator))


def _elements(value: bytes) -> list[msgspec.Raw]:
    found = items(value)
    if found is None:
        raise Unfit("is not a list")
    return found


def _join(value: bytes, separator: str = ",") -> str:
    texts = [text_of(bytes(element)) for element in _elements(value)]
    if None in texts:
        raise Unfit("holds more than texts, numbers and booleans")
    return separator.join(text for text in texts if text is not None)


def _at(index: int) -> Callable[[bytes], bytes | None]:
    def run(value: bytes) -> bytes | None:
        elements = _elements(value)
        found = bytes(elements[index]) if elements else b"null"
        return None if is_null(found) else found

    return run


def _unique(value: bytes) -> bytes:
    return msgspec.json.encode(list({bytes(element): element for element in _elements(value)}.values()))


def _length(value: bytes) -> bytes:
    for read in (items, members):
        found = read(value)
        if found is not None:
            return b"%d" % len(found)
    text = text_of(value)
    return b"%d" % len(text or "")


def _as_number(text: str) -> bytes:
    if not _number(text.strip()):
        raise Unfit("is not a number")
    return text.strip().encode()


FUNCTIONS: Final[Mapping[str, Function]] = {
    "lower": Function("text", "text", str.lower),
    "upper": Function("text", "text", str.upper),
    "trim": Function("text", "text", str.strip),
    "replace": Function("text", "text", str.replace, (str, str), 2),
    "slice": Function("text", "text", _sliced, (int, int), 1),
    "base64": Function("text", "text", lambda text: base64.b64encode(text.encode()).decode()),
    "base64url": Function(
        "text", "text", lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    ),
    "unbase64": Function("text", "text", _unbase64),
    "sha256": Function("text", "text", lambda text: sha256(text.encode()).hexdigest()),
    "urlencode": Function("text", "text", lambda text: quote(text, safe="")),
    "split": Function("text", "list", _split, (str,), 1),
    "join": Function("list", "text", _join, (str,)),
    "first": Function("list", "json", _at(0)),
    "last": Function("list", "json", _at(-1)),
    "unique": Function("list", "list", _unique),
    "length": Function("json", "json", _length),
    "number": Function("text", "json", _as_number),
    "json": Function("json", "text", bytes.decode),
}
"""By the word that stands behind ``|``."""


def piped(value: Piped, calls: tuple[tuple[Function, tuple[Any, ...]], ...]) -> Piped:
    """*value* after all *calls*, pairs of function and arguments; ``None`` stays so. Raises ``Unfit``."""
    for function, arguments in calls:
        if value is None:
            return None
        value = function.run(as_text(value) if function.takes == "text" else as_json(value), *arguments)
    return value


def as_text(value: str | bytes) -> str:
    """*value* as text. Raises ``Unfit`` for an object or array."""
    if isinstance(value, str):
        return value
    text = text_of(value)
    if text is None:
        raise Unfit("is an object or array, not a text")
    return text


def as_json(value: str | bytes) -> bytes:
    """*value* as JSON."""
    return msgspec.json.encode(value) if isinstance(value, str) else value

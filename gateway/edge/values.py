"""The types a reference may name (docs/contract.md section 4): what is one, and its canonical form.

``str`` and ``path`` are any text. ``int`` has at most 18 digits (it fits 64 bits everywhere); a ``number``
is JSON's and keeps its digits; a ``uuid`` is sent on in lower case.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import msgspec

from gateway.plan.fields import text_of

_int = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\Z").match
_number = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\Z").match
_uuid = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z").match

PLAIN: Final = frozenset({"int", "uuid", "bool"})
"""Types whose canonical form needs no escaping anywhere, and can never be refused."""

_QUOTED: Final = frozenset({"str", "path", "uuid"})
"""Types whose values are strings in JSON."""


def _canonical_int(text: str) -> str | None:
    if not _int(text):
        return None
    return "0" if text == "-0" else text


def _canonical_number(text: str) -> str | None:
    return text if _number(text) else None


def _canonical_bool(text: str) -> str | None:
    return text if text in {"true", "false"} else None


def _canonical_uuid(text: str) -> str | None:
    return text.lower() if _uuid(text) else None


_CANONICAL: Final[dict[str, Callable[[str], str | None]]] = {
    "int": _canonical_int,
    "number": _canonical_number,
    "bool": _canonical_bool,
    "uuid": _canonical_uuid,
}


def canonical(type_: str) -> Callable[[str], str | None] | None:
    """Turns text into the canonical form of *type_*, ``None`` if it is none (no function: any text is)."""
    return _CANONICAL.get(type_)


def json_of(type_: str) -> Callable[[str], bytes]:
    """Turns canonical text into JSON: numbers and booleans as they stand, the rest as strings."""
    if type_ in _QUOTED:
        return msgspec.json.encode
    return str.encode


def checked_json(type_: str) -> Callable[[bytes], bytes | None]:
    """Turns a JSON value into the canonical one of *type_*; ``None`` if it has another type.

    JSON has types of its own, so ``"7"`` is no ``int`` and ``7`` is no ``str``.
    """
    convert = canonical(type_)
    quoted = type_ in _QUOTED

    def check(data: bytes) -> bytes | None:
        if data.startswith(b'"') is not quoted:
            return None
        text = text_of(data)
        if text is None or convert is None:
            return data if text is not None else None
        text = convert(text)
        return None if text is None else write(text)

    write = json_of(type_)
    return check

"""Looks into JSON bytes for one field, without decoding what lies beside it.

Takes bytes that are known to be one JSON document (sources and the edge check that). Values come back as the
bytes they were written with, so numbers keep their digits.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_string = msgspec.json.Decoder(str).decode

Json = bytes | msgspec.Raw

_BLANKS = b" \t\r\n"
_LONGEST_NULL = 16
"""Bytes up to which a document is looked at for being ``null`` with blanks around it."""


def members(data: Json) -> dict[str, msgspec.Raw] | None:
    """The members of an object, ``None`` if *data* is none. Of a key written twice the last one counts."""
    try:
        return _members(data)
    except (msgspec.ValidationError, RecursionError):
        return None


def items(data: Json) -> list[msgspec.Raw] | None:
    """The elements of an array, ``None`` if *data* is none."""
    try:
        return _items(data)
    except (msgspec.ValidationError, RecursionError):
        return None


def pick(data: Json, keys: Sequence[str | int]) -> bytes | None:
    """The value that *keys* lead to; ``None`` if there is none, or if it is ``null``."""
    value: Json | None = data
    for key in keys:
        value = _step_into(value, key)  # type: ignore[arg-type]
        if value is None:
            return None
    found = bytes(value)  # type: ignore[arg-type]
    return None if is_null(found) else found


def _step_into(data: Json, key: str | int) -> msgspec.Raw | None:
    if isinstance(key, str):
        inside = members(data)
        return None if inside is None else inside.get(key)
    elements = items(data)
    return elements[key] if elements is not None and key < len(elements) else None


def is_null(data: bytes) -> bool:
    """Whether the document is ``null``."""
    return data == b"null" or (len(data) <= _LONGEST_NULL and data.strip(_BLANKS) == b"null")


def text_of(data: bytes) -> str | None:
    """A string decoded, a number or boolean as written; ``None`` for ``null``, objects and arrays."""
    data = data.strip(_BLANKS)
    first = data[:1]
    if first == b'"':
        return _string(data)
    return None if first in b"{[n" else data.decode("ascii")

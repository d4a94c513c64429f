"""A JSON document that is decoded only where somebody looks: the rest of it stays the bytes it came as.

    Value = Raw | dict of Values | list of Values | None

Rules of the file:
1. Opening a value decodes one level of it; what lies below is ``Raw`` again. The opened value replaces it in
   what holds it, so nothing is opened twice and everything is encoded once, at the end.
2. What is absent or ``null`` is nothing: ``None`` here. What is there, but is no object where a member is
   wanted, or no array where an element is, raises ``Unfit``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from gateway.shaping.path import STAR, Key

Raw = msgspec.Raw
Value = Any
"""``Raw``, or an opened ``dict`` or ``list`` of values, or ``None`` for null."""
Place = tuple[Any, Any]
"""A container and the key, or index, of one value in it."""

_members: Final = msgspec.json.Decoder(dict[str, Raw]).decode
_elements: Final = msgspec.json.Decoder(list[Raw]).decode
_records: Final = msgspec.json.Decoder(list[dict[str, Raw] | None]).decode
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode

_OBJECT, _ARRAY, _NULL = b"{[n"


class Unfit(Exception):  # noqa: N818 - what a document is, not an error of ours
    """A document that is not of the form its shape is for; the text is for logs and holds no value of it."""


def opened(container: Any, key: Any) -> dict[str, Value] | list[Value] | None:
    """The object or array at *key* of *container*, decoded one level; ``None`` for null."""
    value = container[key]
    if value.__class__ is Raw:
        first = memoryview(value)[0]
        if first == _OBJECT:
            value = container[key] = _members(value)
        elif first == _ARRAY:
            value = container[key] = _elements(value)
        elif first == _NULL:
            return None
        else:
            raise Unfit("a text, number or boolean where an object or array is expected")
    return value  # type: ignore[no-any-return]  # opened, it is a container


def opened_list(container: Any, key: Any) -> list[Value] | None:
    """The array at *key* of *container*; ``None`` for null."""
    value = opened(container, key)
    if value is not None and value.__class__ is not list:
        raise Unfit("an object where an array is expected")
    return value


def open_elements(container: Any, key: Any) -> None:
    """Open an array at *key* with all its elements at once, if they are objects, which most are."""
    value = container[key]
    if value.__class__ is Raw and memoryview(value)[0] == _ARRAY:
        try:
            container[key] = _records(value)
        except msgspec.ValidationError:
            return  # other elements: whoever asks for their members will tell


def keys_of(container: Any, key: Key) -> Sequence[Any]:
    """The keys or indices of *container* that *key* means; empty if there is no such member or element."""
    if key is STAR:
        return list(container) if container.__class__ is dict else range(len(container))
    if container.__class__ is dict:
        if key.__class__ is not str:
            raise Unfit("an object where an array is expected")
        return (key,) if key in container else ()
    if key.__class__ is not int:
        raise Unfit("an array where an object is expected")
    return (key,) if key < len(container) else ()


def places(container: Any, key: Any, keys: Sequence[Key]) -> list[Place]:
    """The places that *keys* lead to from the value at *key* of *container*, in the document's order.

    Everything on the way is opened, the values at its end are not.
    """
    found: list[Place] = [(container, key)]
    for depth, each in enumerate(keys):
        deeper: list[Place] = []
        opens_more = each is STAR and depth + 1 < len(keys)
        for there, at in found:
            if opens_more:
                open_elements(there, at)
            inner: Any = opened(there, at)
            if inner is not None:
                deeper += [(inner, one) for one in keys_of(inner, each)]
        found = deeper
    return found


def holders(container: Any, key: Any, keys: Sequence[Key]) -> list[Any]:
    """What *keys* lead to, opened: objects and arrays. Nulls are left out."""
    found = places(container, key, keys)
    return [holder for there, at in found if (holder := opened(there, at)) is not None]


def is_null(value: Value) -> bool:
    """Whether *value* is null."""
    return value is None or (value.__class__ is Raw and memoryview(value)[0] == _NULL)


def bytes_of(value: Value) -> bytes:
    """The JSON of *value*."""
    return bytes(value) if value.__class__ is Raw else _encode(value)


def sealed(value: Value) -> Value:
    """*value* as bytes again: what is put at several places must not be opened and changed at all of them."""
    return value if value.__class__ is Raw else Raw(_encode(value))


def plain(value: Value) -> Any:
    """*value* as Python data."""
    return _decode(value if value.__class__ is Raw else _encode(value))


def look(value: Value, keys: Sequence[Key]) -> Value:
    """The value that *keys* (no ``*``) lead to from *value*; ``None`` if there is none.

    Opens *value* for good only where it is opened already.
    """
    found = places([value], 0, keys)
    return found[0][0][found[0][1]] if found else None

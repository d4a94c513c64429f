"""A JSON document that is decoded only where somebody looks: the rest of it stays the bytes it came as.

    Value = Raw | dict of Values | list of Values | None

Rules of the file:
1. Opening a value decodes one level of it; what lies below is ``Raw`` again. The opened value replaces it in
   what holds it, so nothing is opened twice and everything is encoded once, at the end.
2. What is absent or ``null`` is nothing: ``None`` here. What is there, but is no object where a member is
   wanted, or no array where an element is, raises ``Unfit``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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


def open_records(container: Any, key: Any) -> list[Any] | None:
    """The array at *key*, with all its elements opened at once: for arrays of objects, which most are."""
    value = container[key]
    if value.__class__ is Raw and memoryview(value)[0] == _ARRAY:
        try:
            records: list[Any] = _records(value)
        except msgspec.ValidationError:  # an array in it, perhaps: what asks for its members will tell
            return opened_list(container, key)
        container[key] = records
        return records
    return opened_list(container, key)


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


def places(container: Any, key: Any, keys: Sequence[Key]) -> Iterator[Place]:
    """The places that *keys* lead to from the value at *key* of *container*, in the document's order.

    Everything on the way is opened, the values at its end are not.
    """
    if not keys:
        yield container, key
        return
    if keys[0] is STAR and len(keys) > 1:
        inner: Any = open_records(container, key) if _is_array(container[key]) else opened(container, key)
    else:
        inner = opened(container, key)
    if inner is None:
        return
    for found in keys_of(inner, keys[0]):
        yield from places(inner, found, keys[1:])


def _is_array(value: Value) -> bool:
    return value.__class__ is Raw and memoryview(value)[0] == _ARRAY


def holders(container: Any, key: Any, keys: Sequence[Key]) -> Iterator[Any]:
    """What *keys* lead to, opened: objects and arrays. Nulls are left out."""
    for there, at in places(container, key, keys):
        holder = opened(there, at)
        if holder is not None:
            yield holder


def objects(container: Any, key: Any, keys: Sequence[Key]) -> Iterator[dict[str, Value]]:
    """The objects that *keys* lead to, opened. Nulls are left out; an array is unfit."""
    for holder in holders(container, key, keys):
        if holder.__class__ is not dict:
            raise Unfit("an array where an object is expected")
        yield holder


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
    """The value that *keys* (no ``*``) lead to from *value*; ``None`` if there is none. Opens nothing for
    good: for reading a key of every element.
    """
    box = [value]
    found: Value = None
    for container, key in places(box, 0, keys):
        found = container[key]
    return found

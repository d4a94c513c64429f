"""What shapes do with arrays: flatten, sort, limit, group, append, join.

The elements stay bytes; only the keys they are sorted, grouped or joined by are looked at. An array that is
absent or ``null`` stays so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import msgspec

from gateway.shaping.members import NOTHING, Box, Operation, put, take
from gateway.shaping.path import STAR, Key, Path, PathFault
from gateway.shaping.tree import (
    Raw,
    Unfit,
    Value,
    bytes_of,
    is_null,
    look,
    opened,
    opened_list,
    places,
    sealed,
)


def _each(path: Path, change: Callable[[list[Value]], Any]) -> Operation:
    """Replace every array that *path* leads to by what *change* makes of it."""

    def run(box: Box) -> None:
        for container, key in places(box, 0, path.keys):
            elements = opened_list(container, key)
            if elements is not None:
                container[key] = change(elements)

    return run


def flatten(path: Path) -> Operation:
    """One array of the elements of those that it holds; elements that are no arrays stay, one level only."""

    def change(elements: list[Value]) -> list[Value]:
        flat: list[Value] = []
        for index, element in enumerate(elements):
            is_array = element.__class__ is list or (element.__class__ is Raw and bytes(element)[:1] == b"[")
            flat += (opened_list(elements, index) or ()) if is_array else (element,)
        return flat

    return _each(path, change)


def limit(path: Path, most: int) -> Operation:
    """The first *most* elements."""
    return _each(path, lambda elements: elements[:most])


def sort(path: Path, by: Sequence[tuple[Path, bool]]) -> Operation:
    """Sort by these keys of the elements, the first one first; the second of a pair says: descending.

    Numbers come before texts and texts before booleans, each by value (texts by code points); what has no
    such key comes last, in either direction, and equal elements keep their order. Keys (``element_key``) are
    no arrays and no objects.
    """
    readers = [(element_values(key), descending) for key, descending in reversed(by)]

    def change(elements: list[Value]) -> list[Value]:
        for read, descending in readers:
            there: list[tuple[tuple[int, Any], Value]] = []
            without: list[Value] = []
            for element, value in zip(elements, read(elements), strict=True):
                if value is None:
                    without.append(element)
                else:
                    there.append((_rank(value), element))
            there.sort(key=itemgetter(0), reverse=descending)
            elements = [element for _, element in there] + without
        return elements

    return _each(path, change)


def _rank(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, int | float):
        return 0, value
    if isinstance(value, str):
        return 1, value
    raise Unfit("an object or array as the key to sort by")


def group(path: Path, by: Path) -> Operation:
    """An object of arrays: the elements by the text of this key, in the order of their first ones.

    Elements without such a key are left out.
    """
    read = element_texts(by)

    def change(elements: list[Value]) -> dict[str, Value]:
        groups: dict[str, Value] = {}
        for element, text in zip(elements, read(elements), strict=True):
            if text is not None:
                groups.setdefault(text, []).append(element)
        return groups

    return _each(path, change)


def append(source: Path, target: Path) -> Operation:
    """Move the elements of one array (or of all that a ``*`` finds) to the end of another."""
    if STAR in target.keys or not all(isinstance(key, str) for key in target.keys):
        raise PathFault("the array to append to is one, named by members", 0)
    if not source.keys:
        raise PathFault("the whole document cannot be moved", 0)

    def run(box: Box) -> None:
        moved = take(box, 0, source.keys)
        if moved is NOTHING or is_null(moved):
            return
        holder = [moved]
        lists = opened_list(holder, 0) or []
        if source.stars:
            lists = [one for index in range(len(lists)) for one in opened_list(lists, index) or ()]
        put(box, 0, target.keys, [*_list_at(box, target), *lists])

    return run


def join(
    path: Path, other: Path, on: Sequence[tuple[Path, Path]], name: str, *, many: bool = False
) -> Operation:
    """Elements of the array at *path* get, as *name*, those at *other* whose keys have the same texts.

    *on* are pairs of keys: of an element of ours, of an element of theirs. *many*: all of them, as an array;
    else the first one, or null. Raises ``PathFault``.
    """
    if other.stars:
        raise PathFault("the array to look up in is one", other.text.find("*"))
    ours, theirs = [element_texts(one) for one, _ in on], [element_texts(one) for _, one in on]

    def run(box: Box) -> None:
        index: dict[tuple[str, ...], list[Value]] = {}
        others = _list_at(box, other)
        for one, key in zip(others, _rows(theirs, others), strict=True):
            if None not in key:
                index.setdefault(key, []).append(sealed(one))
        for container, at in places(box, 0, path.keys):
            elements = opened_list(container, at) or []
            wanted = _rows(ours, elements)
            for position, key in enumerate(wanted):
                element = opened(elements, position)
                if element is not None:
                    found = index.get(key, [])
                    element[name] = found if many else found[0] if found else None  # type: ignore[call-overload]

    return run


def _rows(readers: Sequence[Callable[[list[Value]], list[str | None]]], elements: list[Value]) -> list[Any]:
    """What each element is looked up by: a text for each key, or ``None`` for one that it has not."""
    return list(zip(*(read(elements) for read in readers), strict=True))


def _list_at(box: Box, path: Path) -> list[Value]:
    """The array that *path*, without ``*``, leads to; empty if there is none."""
    found = [look(box[0], path.keys)]
    return [] if found[0] is None else opened_list(found, 0) or []


def element_key(path: Path) -> Path:
    """*path*, if it can be a key of an element: one value, named by members. Raises ``PathFault``."""
    if not path.keys or not all(isinstance(key, str) for key in path.keys):
        raise PathFault("a key of an element is one value", 0, "write its name, or names with dots between")
    return path


def element_values(key: Path) -> Callable[[list[Value]], list[Any]]:
    """The function that reads the value of *key* of every element, decoded; ``None`` where there is none.

    One pass over their bytes, in which nothing but the keys is looked at. An element that is neither object
    nor null is unfit.
    """
    decode = msgspec.json.Decoder(list[_keyed(key.keys, Any)]).decode  # type: ignore[misc]

    def read(elements: list[Value]) -> list[Any]:
        try:
            found: list[Any] = decode(bytes_of(elements))
        except msgspec.ValidationError as error:
            raise Unfit(f"an element is not of the form for its key: {error}") from None
        for name in names:
            found = [None if one is None else getattr(one, name) for one in found]
        return found

    names = ["key"] * len(key.keys)
    return read


def element_texts(key: Path) -> Callable[[list[Value]], list[str | None]]:
    """The same as text, so that ``42`` and ``"42"`` are equal; an object or array is unfit."""
    decode = element_values(key)

    def read(elements: list[Value]) -> list[str | None]:
        return [_text(value) for value in decode(elements)]

    return read


def _keyed(keys: Sequence[Key], value: Any) -> Any:
    """The type of an element of which nothing but the value at *keys* is decoded."""
    for key in reversed(keys):
        value = msgspec.defstruct("Keyed", [("key", value | None, None)], rename={"key": str(key)}) | None
    return value


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return bytes_of(value).decode()
    raise Unfit("an object or array as a key")

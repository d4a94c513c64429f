"""What shapes do with arrays: flatten, sort, limit, group, append, join.

The elements stay bytes; only the keys they are sorted, grouped or joined by are looked at. An array that is
absent or ``null`` stays so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from gateway.plan.fields import text_of
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
    plain,
    sealed,
)

Keys = Sequence[Key]


def _each(path: Path, change: Callable[[list[Value]], Any]) -> Operation:
    """Replace every array that *path* leads to by what *change* makes of it."""

    def run(box: Box) -> None:
        for container, key in list(places(box, 0, path.keys)):
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

    def change(elements: list[Value]) -> list[Value]:
        for key, descending in reversed(by):
            there: list[tuple[tuple[int, Any], Value]] = []
            without: list[Value] = []
            for element in elements:
                value = look(element, key.keys)
                if is_null(value):
                    without.append(element)
                else:
                    there.append((_rank(plain(value)), element))
            there.sort(key=lambda pair: pair[0], reverse=descending)
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

    def change(elements: list[Value]) -> dict[str, Value]:
        groups: dict[str, Value] = {}
        for element in elements:
            text = _text(look(element, by.keys))
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
    ours, theirs = [one.keys for one, _ in on], [one.keys for _, one in on]

    def match(elements: list[Value], position: int, index: dict[tuple[str, ...], list[Value]]) -> None:
        element = opened(elements, position)
        if element is None:
            return
        if not isinstance(element, dict):
            raise Unfit("an array where an object is expected")
        key = _texts(element, ours)
        found = index.get(key, []) if key is not None else []
        element[name] = found if many else found[0] if found else None

    def run(box: Box) -> None:
        index: dict[tuple[str, ...], list[Value]] = {}
        for one in _list_at(box, other):
            key = _texts(one, theirs)
            if key is not None:
                index.setdefault(key, []).append(sealed(one))
        for container, at in places(box, 0, path.keys):
            elements = opened_list(container, at) or []
            for position in range(len(elements)):
                match(elements, position, index)

    return run


def _list_at(box: Box, path: Path) -> list[Value]:
    """The array that *path*, without ``*``, leads to; empty if there is none."""
    found = [look(box[0], path.keys)]
    return [] if found[0] is None else opened_list(found, 0) or []


def _texts(element: Value, keys: Iterable[Keys]) -> tuple[str, ...] | None:
    """What an element is looked up by; ``None`` if a part of it is missing."""
    texts = [_text(look(element, one)) for one in keys]
    return None if None in texts else tuple(texts)  # type: ignore[arg-type]


def _text(value: Value) -> str | None:
    """A key as text: ``42`` and ``"42"`` are the same; ``None`` if there is none."""
    if is_null(value):
        return None
    text = text_of(bytes_of(value))
    if text is None:
        raise Unfit("an object or array as a key")
    return text


def element_key(path: Path) -> Path:
    """*path*, if it can be a key of an element: one value. Raises ``PathFault``."""
    if path.stars or not path.keys:
        raise PathFault("a key of an element is one value", 0, "write the path inside of the element")
    return path

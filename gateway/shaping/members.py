"""What shapes do with the members of objects: omit, rename, move, set, wrap, unwrap.

An operation works on a box, a list whose one value is the document (see ``tree``); ``program`` says what all
of them have in common. Functions, and the ``add`` of classes, refuse paths that cannot be meant.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gateway.shaping.path import STAR, Key, Path, PathFault
from gateway.shaping.tree import (
    Place,
    Raw,
    Unfit,
    Value,
    holders,
    is_null,
    keys_of,
    open_elements,
    opened,
    places,
)

Box = list[Value]
Operation = Callable[[Box], None]


class Omitting:
    """Leaves parts out: whole ones, and parts of parts."""

    def __init__(self) -> None:
        self._gone: list[Key] = []
        self._below: dict[Key, Omitting] = {}

    def add(self, path: Path) -> None:
        """Leave this part out too. Raises ``PathFault``."""
        if not path.keys:
            raise PathFault("the whole document cannot be left out")
        self._add(path.keys)

    def _add(self, keys: Sequence[Key]) -> None:
        if len(keys) == 1:
            self._gone.append(keys[0])
        else:
            self._below.setdefault(keys[0], Omitting())._add(keys[1:])  # noqa: SLF001 - its own kind

    def __call__(self, box: Box) -> None:
        """Leave them out."""
        self._prune([(box, 0)])

    def _prune(self, found: list[Place]) -> None:
        """Take the parts out of the values at these places; below first, so that no index moves before."""
        if STAR in self._below:
            for there, at in found:
                open_elements(there, at)
        holders = [holder for there, at in found if (holder := opened(there, at)) is not None]
        for key, branch in self._below.items():
            below = [(holder, one) for holder in holders for one in keys_of(holder, key)]
            branch._prune(below)  # noqa: SLF001 - its own kind
        for holder in holders:
            if holder.__class__ is dict and STAR not in self._gone:
                for name in self._gone:
                    if name.__class__ is not str:
                        raise Unfit("an object where an array is expected")
                    holder.pop(name, None)
            else:
                gone = {one for key in self._gone for one in keys_of(holder, key)}
                for one in sorted(gone, reverse=True) if holder.__class__ is list else gone:
                    del holder[one]


class Renaming:
    """Gives members other names, in their places. A renamed member replaces one that has the name already.

    All paths name things as they were before.
    """

    def __init__(self) -> None:
        self._parents: dict[tuple[Key, ...], dict[str, str]] = {}

    def add(self, path: Path, name: str) -> None:
        """Rename this one too. Raises ``PathFault``."""
        if not path.keys or not isinstance(path.keys[-1], str):
            raise PathFault("only members of objects have names", len(path.text) - 1)
        names = self._parents.setdefault(path.keys[:-1], {})
        if name in names.values():
            raise PathFault(f"two members get the name `{name}`")
        names[path.keys[-1]] = name
        # The deepest first: what is above them has its old name until they are found.
        self._parents = dict(sorted(self._parents.items(), key=lambda item: -len(item[0])))

    def __call__(self, box: Box) -> None:
        """Rename them."""
        for keys, new in self._parents.items():
            if STAR in keys[-1:]:
                for there, at in places(box, 0, keys[:-1]):
                    open_elements(there, at)
            name_of, names = new.get, frozenset(new.values())
            for there, at in places(box, 0, keys):
                holder: Any = opened(there, at)
                if holder.__class__ is list:
                    raise Unfit("an array where an object is expected")
                if holder is None or new.keys().isdisjoint(holder):
                    continue
                if names.isdisjoint(holder):
                    there[at] = {name_of(key, key): value for key, value in holder.items()}
                else:
                    there[at] = _replacing(holder, new)


def _replacing(holder: dict[str, Value], new: dict[str, str]) -> dict[str, Value]:
    """*holder* renamed, without the members whose names others get."""
    taken = {name for old, name in new.items() if old in holder}
    return {new.get(key, key): value for key, value in holder.items() if key in new or key not in taken}


def move(source: Path, target: Path) -> Operation:
    """Take a part from one place and put it at another, with the objects on its way made.

    A ``*`` of the target is the one that the source has there: ``items.*.a`` to ``items.*.b.c``. If the
    source has more of them than the target, all that is found becomes one array. Raises ``PathFault``.
    """
    shared = _shared(source, target)
    prefix, rest, way = source.keys[:shared], source.keys[shared:], target.keys[shared:]

    def run(box: Box) -> None:
        for container, key in places(box, 0, prefix):
            value = take(container, key, rest)
            if value is not NOTHING and (not way or not is_null(container[key])):
                put(container, key, way, value)

    return run


def _shared(source: Path, target: Path) -> int:
    """How many keys both paths begin with, up to the last ``*`` of *target*."""
    if not source.keys:
        raise PathFault("the whole document cannot be moved", 0, "`wrap` puts it under a name")
    last = max((at for at, key in enumerate(target.keys) if key is STAR), default=-1)
    if source.keys[: last + 1] != target.keys[: last + 1]:
        where = target.text.rfind("*")
        hint = f"up to its last `*` it must read as `{source}` does"
        raise PathFault("the target's `*` is not one of the source's", where, hint)
    if any(isinstance(key, int) for key in target.keys[last + 1 :]):
        raise PathFault("a target is a member of an object, not an element", target.text.rfind("["))
    return last + 1


NOTHING = object()
"""What ``take`` gives if there is nothing."""


def take(container: Any, key: Any, keys: Sequence[Key]) -> Value:
    """Remove what *keys* lead to and return it: one value, an array of all if a ``*`` is among the keys."""
    if not keys:
        value, container[key] = container[key], None
        return value
    found: list[Value] = []
    for holder in holders(container, key, keys[:-1]):
        at = keys_of(holder, keys[-1])
        found += [holder[one] for one in at]
        for one in reversed(at):
            del holder[one]
    if STAR in keys:
        return found
    return found[0] if found else NOTHING


def put(container: Any, key: Any, keys: Sequence[Key], value: Value) -> None:
    """Place *value* where *keys* (names only) lead; objects on the way are made where there is nothing."""
    for name in keys:
        if key is not None and isinstance(container, dict) and key not in container:
            container[key] = {}
        holder = opened(container, key)
        if holder is None:
            holder = container[key] = {}
        if holder.__class__ is not dict:
            raise Unfit("an array where an object is expected")
        container, key = holder, name
    container[key] = value


def constant(path: Path, value: Raw) -> Operation:
    """Put the same JSON everywhere that *path* leads. Raises ``PathFault``."""
    last = max((at for at, key in enumerate(path.keys) if key is STAR), default=-1)
    if not path.keys:
        raise PathFault("the whole document cannot be set", 0, "a step with `value:` answers a constant")
    if any(isinstance(key, int) for key in path.keys[last + 1 :]):
        raise PathFault("only members of objects can be set", path.text.rfind("["))
    prefix, way = path.keys[: last + 1], path.keys[last + 1 :]

    def run(box: Box) -> None:
        for container, key in places(box, 0, prefix):
            if not way or not is_null(container[key]):
                put(container, key, way, value)

    return run


def wrap(path: Path) -> Operation:
    """Put the document under a name, or several within each other. Raises ``PathFault``."""
    if not path.keys or not all(isinstance(key, str) for key in path.keys):
        raise PathFault("a document is wrapped by names", 0, "write a name, or several with dots between")

    def run(box: Box) -> None:
        for name in reversed(path.keys):
            box[0] = {name: box[0]}

    return run


def unwrap(path: Path) -> Operation:
    """Make a part the document; an array of all parts if there is a ``*`` in the path."""

    def run(box: Box) -> None:
        found = [container[key] for container, key in places(box, 0, path.keys)]
        box[0] = found if path.stars else found[0] if found else None

    return run

"""The tree a YAML document becomes: plain values that still know where they were written.

Includes, defaults, call forms and environment variables are all worked on this tree, so a value that
moved is still reported where its author wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.config.faults import Place


class Broken:
    """The value of something already reported; whatever else is wrong with it is not worth a line."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "BROKEN"


BROKEN: Final = Broken()

Path = tuple[str | int, ...]
"""Keys and indexes that lead from the top of the document to a value."""


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """One value. ``source`` is its text as written (with ``${NAME}``), ``value`` what it means.

    ``verbatim`` marks values that are text wherever they come from: ``limit: 5`` in a query is "5".
    """

    place: Place
    source: str
    value: Any
    verbatim: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A key of a mapping, with its own place, and its value."""

    place: Place
    value: Node


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """A mapping in the order of the document."""

    place: Place
    entries: AbstractMapping[str, Entry] = field(default_factory=dict)

    def get(self, key: str) -> Node | None:
        """The value of *key*, if it is there."""
        entry = self.entries.get(key)
        return entry.value if entry else None

    def replaced(self, entries: AbstractMapping[str, Entry]) -> Mapping:
        """The same mapping with other entries."""
        return Mapping(self.place, entries)

    def without(self, keys: Iterable[str]) -> Mapping:
        """The same mapping without *keys*."""
        dropped = set(keys)
        return self.replaced({key: entry for key, entry in self.entries.items() if key not in dropped})


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """A list."""

    place: Place
    items: tuple[Node, ...] = ()


Node = Scalar | Mapping | Sequence


def broken(place: Place, source: str = "") -> Scalar:
    """A value that has been reported at *place*."""
    return Scalar(place, source, BROKEN)


def plain(node: Node) -> Any:
    """The data of a tree, without its places."""
    if isinstance(node, Mapping):
        return {key: plain(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.value


def is_broken(node: Node | None) -> bool:
    """Whether something in *node* has been reported already."""
    if isinstance(node, Mapping):
        return any(is_broken(entry.value) for entry in node.entries.values())
    if isinstance(node, Sequence):
        return any(map(is_broken, node.items))
    return node is not None and node.value is BROKEN


def follow(root: Node, path: Path) -> tuple[Entry, int]:
    """The deepest value *path* leads to, as an entry, and how many steps of the path led there.

    The entry of a list's item, and of the root, has the value's own place as its key's.
    """
    entry = Entry(root.place, root)
    for depth, key in enumerate(path):
        value = entry.value
        if isinstance(value, Mapping) and str(key) in value.entries:
            entry = value.entries[str(key)]
        elif isinstance(value, Sequence) and isinstance(key, int) and key < len(value.items):
            entry = Entry(value.items[key].place, value.items[key])
        else:
            return entry, depth
    return entry, len(path)


Change = Callable[[str, Entry, Mapping], Mapping]
"""Makes a mapping of the entry with this name whose value is this mapping."""


def each(parent: Mapping, key: str, change: Change) -> Mapping:
    """*parent* with every mapping under its *key* changed; what is no mapping is left as it is."""
    entry = parent.entries.get(key)
    if entry is None or not isinstance(entry.value, Mapping):
        return parent
    changed: dict[str, Entry] = {}
    for name, own in entry.value.entries.items():
        value = own.value
        changed[name] = Entry(own.place, change(name, own, value)) if isinstance(value, Mapping) else own
    return parent.replaced({**parent.entries, key: Entry(entry.place, entry.value.replaced(changed))})

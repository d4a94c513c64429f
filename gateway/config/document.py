"""One YAML document → a tree of values with places; everything wrong with its form is collected.

PyYAML parses; what the words mean (scalars.py), merge keys, duplicate keys and limits are ours, because
PyYAML follows YAML 1.1, takes the last of two equal keys and expands what an attacker wrote.
"""

from __future__ import annotations

from typing import Any

import yaml
from yaml.composer import Composer
from yaml.error import Mark, YAMLError
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from gateway.config.faults import Fault, File, Place, Wrong
from gateway.config.nodes import Entry, Mapping, Node, Scalar, Sequence, broken
from gateway.config.scalars import resolve
from gateway.config.syntax import TooDeepError, fault_of, lines_of

MAX_DEPTH = 64
"""Levels of nesting; the deepest key of a real configuration stands on level 8."""
MAX_VALUES = 200_000
"""Values after all aliases are expanded: room for ten thousand routes, none for alias bombs."""


def parse(text: str, name: str, faults: list[Fault], order: int = 0) -> Node | None:
    """The tree of the one document in *text*; None if it cannot be parsed or holds nothing."""
    file = File(name, lines_of(text), order)
    try:
        root = _Composer(text, file, faults).get_single_node()
    except YAMLError as error:
        faults.append(fault_of(error, file, text))
        return None
    if root is None:
        faults.append(Fault(Place(file), "the file is empty"))
        return None
    try:
        return _Builder(file, text, faults).node(root)
    except _TooMuch as error:
        faults.append(error.fault)
        return None


class _Composer(Reader, Scanner, Parser, Composer, BaseResolver):
    """PyYAML without its 1.1 resolver; refuses tags and bottomless nesting."""

    def __init__(self, text: str, file: File, faults: list[Fault]) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        BaseResolver.__init__(self)
        self._file = file
        self._faults = faults
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "tag", None) is not None:
            place = _place(self._file, event.start_mark, event.start_mark)
            self._faults.append(
                Fault(place, "tags such as `!!str` or `!name` are not used here", "remove it")
            )
            event.tag = None
        self._depth += 1
        if self._depth > MAX_DEPTH:
            message = f"nested more than {MAX_DEPTH} levels deep"
            raise TooDeepError(problem=message, problem_mark=event.start_mark)
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


class _TooMuch(Exception):  # noqa: N818 - carries a fault, is not one
    def __init__(self, fault: Fault) -> None:
        self.fault = fault


class _Builder:
    """Turns PyYAML's nodes into ours, in document order; an alias becomes the same object again."""

    def __init__(self, file: File, text: str, faults: list[Fault]) -> None:
        self._file = file
        self._text = text
        self._faults = faults
        self._done: dict[int, Node] = {}
        self._extent: dict[int, tuple[int, int]] = {}  # values and levels of a finished node
        self._open: set[int] = set()

    def node(self, source: yaml.Node) -> Node:
        """The tree for *source*. Raises `_TooMuch` for alias bombs."""
        key = id(source)
        if key in self._open:
            place = self._place(source)
            raise _TooMuch(Fault(place, "this value contains itself, through its own alias"))
        if key not in self._done:
            self._open.add(key)
            self._done[key] = built = self._build(source)
            self._open.discard(key)
            self._measure(built)
        return self._done[key]

    def _build(self, source: yaml.Node) -> Node:
        if isinstance(source, yaml.MappingNode):
            return self._mapping(source)
        place = self._place(source)
        if isinstance(source, yaml.SequenceNode):
            return Sequence(place, tuple([self.node(item) for item in source.value]))
        assert isinstance(source, yaml.ScalarNode)
        return self._scalar(source, place)

    def _scalar(self, source: yaml.ScalarNode, place: Place) -> Node:
        if source.style is not None:
            return Scalar(place, source.value, source.value)
        try:
            return Scalar(place, source.value, resolve(source.value))
        except Wrong as wrong:
            shown = source.value if len(source.value) < 40 else source.value[:36] + "…"
            self._faults.append(Fault(place, wrong.message.replace("{it}", shown), wrong.hint))
            return broken(place, source.value)

    def _mapping(self, source: yaml.MappingNode) -> Node:
        place = self._place(source)
        if (name := _unquoted_reference(source, self._text)) is not None:
            self._faults.append(
                Fault(
                    place,
                    f"`{{{name}}}` without quotes is a mapping, not a reference",
                    f'quote it: "{{{name}}}"',
                )
            )
            return broken(place, f"{{{name}}}")
        own = self._own(source)
        entries: dict[str, Entry] = {}
        for key, entry in own.items():
            if key == "<<" and entry.place.file is self._file and self._is_merge(source):
                merged = self._merged(entry)
                entries |= {
                    name: value for name, value in merged.items() if name not in own and name not in entries
                }
            else:
                entries[key] = entry
        return Mapping(place, entries)

    @staticmethod
    def _is_merge(source: yaml.MappingNode) -> bool:
        return any(key.value == "<<" and key.style is None for key, _ in source.value)

    def _own(self, source: yaml.MappingNode) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        for key, value in source.value:
            place = self._place(key)
            if not isinstance(key, yaml.ScalarNode):
                self._faults.append(Fault(place, "a key must be text", "text with braces needs quotes"))
                self.node(value)
            elif key.value in entries:
                first = entries[key.value].place
                self._faults.append(Fault(place, f"`{key.value}` stands here twice", "", (first,)))
                self.node(value)
            else:
                entries[key.value] = Entry(place, self.node(value))
        return entries

    def _merged(self, entry: Entry) -> dict[str, Entry]:
        parts = entry.value.items if isinstance(entry.value, Sequence) else (entry.value,)
        merged: dict[str, Entry] = {}
        for part in parts:
            if isinstance(part, Mapping):
                merged |= {key: value for key, value in part.entries.items() if key not in merged}
            else:
                message = "`<<` takes a mapping, usually an alias such as `*common`"
                self._faults.append(Fault(entry.place, message))
        return merged

    def _measure(self, node: Node) -> None:
        children: list[Node] = []
        if isinstance(node, Mapping):
            children = [entry.value for entry in node.entries.values()]
        elif isinstance(node, Sequence):
            children = list(node.items)
        extents = [self._extent.get(id(child), (1, 1)) for child in children]
        values = 1 + sum(extent[0] for extent in extents)
        levels = 1 + max((extent[1] for extent in extents), default=0)
        self._extent[id(node)] = (values, levels)
        if values > MAX_VALUES:
            raise _TooMuch(Fault(node.place, f"more than {MAX_VALUES} values once its aliases are expanded"))
        if levels > MAX_DEPTH:
            raise _TooMuch(Fault(node.place, f"nested more than {MAX_DEPTH} levels deep through its aliases"))

    def _place(self, source: yaml.Node) -> Place:
        return _place(self._file, source.start_mark, source.end_mark)


def _place(file: File, start: Mark, end: Mark) -> Place:
    width = end.column - start.column if end.line == start.line else 1
    return Place(file, start.line + 1, start.column + 1, max(1, width))


def _unquoted_reference(source: yaml.MappingNode, text: str) -> str | None:
    """``user_id`` of ``{user_id}``: a flow mapping of one name to nothing at all."""
    if not source.flow_style or len(source.value) != 1:
        return None
    key, value = source.value[0]
    if not isinstance(key, yaml.ScalarNode) or not isinstance(value, yaml.ScalarNode):
        return None
    is_nothing = value.style is None and value.value == ""
    has_colon = ":" in text[key.end_mark.index : value.start_mark.index]  # `{ name: }` is another mistake
    return str(key.value) if is_nothing and not has_colon else None

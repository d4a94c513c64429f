"""A file of another system (JSON, YAML or TOML) → a tree that still knows where everything was written."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gateway.config.document import parse
from gateway.config.faults import ConfigError, Fault, File, Place
from gateway.config.nodes import Entry, Mapping, Node, Scalar, Sequence, plain

_TEMPLATED: Final = "it has `{{`: if it is a template, render it first and import what comes out"


class UnreadableError(Exception):
    """The file cannot be read as what it is said to be; the message is for people, with its place."""


@dataclass(frozen=True, slots=True)
class At:
    """A value of a foreign document and the way to it: ``endpoints[2].backend[0]``.

    What is not there is an ``At`` too, which is false, at the place of what it is missing in. Reading never
    raises: a value of another kind than was asked for is as if it were not there.
    """

    node: Node | None
    path: str
    place: Place

    def __bool__(self) -> bool:
        return self.node is not None

    def __getitem__(self, key: str | int) -> At:
        node, path = self.node, self._path_to(key)
        if isinstance(key, int):
            if isinstance(node, Sequence) and key < len(node.items):
                return At(node.items[key], path, node.items[key].place)
        elif isinstance(node, Mapping) and key in node.entries:
            entry = node.entries[key]
            return At(entry.value, path, entry.place)
        return At(None, path, self.place)

    def first(self, *keys: str) -> At:
        """The first of *keys* that is there; else what is missing is the first."""
        return next((self[key] for key in keys if self[key]), self[keys[0]])

    @property
    def keys(self) -> tuple[str, ...]:
        """The names in a mapping."""
        return tuple(self.node.entries) if isinstance(self.node, Mapping) else ()

    def members(self) -> Iterator[tuple[str, At]]:
        """The names of a mapping with their values."""
        for key in self.keys:
            yield key, self[key]

    def items(self) -> Iterator[At]:
        """The values of a list."""
        for index in range(len(self.node.items) if isinstance(self.node, Sequence) else 0):
            yield self[index]

    @property
    def value(self) -> Any:
        """The plain value; ``None`` for what is not there."""
        return plain(self.node) if self.node is not None else None

    @property
    def text(self) -> str:
        """The text, ``""`` for anything else."""
        return self.node.value if isinstance(self.node, Scalar) and isinstance(self.node.value, str) else ""

    @property
    def number(self) -> float | None:
        """The number, if it is one; also one that is written as text, as some do in templates."""
        value = self.value
        if isinstance(value, bool):
            return None
        try:
            return float(value) if isinstance(value, int | float | str) else None
        except ValueError:
            return None

    @property
    def flag(self) -> bool:
        """Whether it is ``true``."""
        return self.value is True

    @property
    def texts(self) -> list[str]:
        """The texts of a list; one text alone is a list of one."""
        if self.text:
            return [self.text]
        return [item.text for item in self.items() if item.text]

    def _path_to(self, key: str | int) -> str:
        if isinstance(key, int):
            return f"{self.path}[{key}]"
        if not key.replace("_", "").replace("-", "").isalnum():
            return f'{self.path}["{key}"]'
        return f"{self.path}.{key}" if self.path else key


def read_foreign(path: Path) -> At:
    """The document in the file at *path*. Raises `UnreadableError`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnreadableError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UnreadableError(f"{path}: this is not UTF-8") from None
    return parsed(text, str(path))


def parsed(text: str, name: str) -> At:
    """The document in *text*, read as what the ending of *name* says. Raises `UnreadableError`."""
    if name.endswith(".toml"):
        return _toml(text, name)
    if text.lstrip().startswith(("{", "[")):
        # JSON may be indented with tabs, YAML may not; inside of JSON's texts there are none.
        text = text.replace("\t", " ")
    faults: list[Fault] = []
    root = parse(text, name, faults)
    if root is None or faults:
        hint = f"\n{_TEMPLATED}" if "{{" in text else ""
        raise UnreadableError(f"{ConfigError(faults)}{hint}")
    return At(root, "", root.place)


def _toml(text: str, name: str) -> At:
    place = Place(File(name))
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnreadableError(f"{name}: {error}") from None
    return At(_node(data, place), "", place)


def _node(value: Any, place: Place) -> Node:
    """TOML's values have no places: all of them stand where the file begins, told apart by their paths."""
    if isinstance(value, dict):
        return Mapping(place, {str(key): Entry(place, _node(inner, place)) for key, inner in value.items()})
    if isinstance(value, list):
        return Sequence(place, tuple(_node(item, place) for item in value))
    return Scalar(place, str(value), value)

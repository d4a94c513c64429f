"""``${NAME}`` and ``${NAME:-default}`` in values, replaced once, as text and nothing but text.

Rules of the file:
1. What comes from the environment is never structure and never a reference: its braces are doubled
   for templates, and it is put in only after call forms have been taken apart.
2. A value that is one ``${NAME}`` and nothing else is read as a scalar: a number, a boolean, a word.
3. People are shown the name, never the value: `EnvText` keeps the text as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as AbstractMapping
from typing import Any, Self

from gateway.config.faults import Fault, Wrong
from gateway.config.nodes import Entry, Mapping, Node, Scalar, Sequence, broken
from gateway.config.scalars import resolve

Environment = AbstractMapping[str, str]

_VARIABLE = re.compile(r"\$\$\{|\$\{(?P<body>[^}]*)(?P<end>\}?)")
_BODY = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>.*))?", re.DOTALL)


NO_TEXT = "\0"
"""Stands in a template for a value of the environment inside a reference, where no text can stand."""


class Noted(AbstractMapping[str, str]):
    """An environment that remembers what a configuration took from it: ``values_taken``, by name.

    They may be secrets, so whoever writes log lines must know them.
    """

    def __init__(self, environ: Environment) -> None:
        self._environ = environ
        self.values_taken: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        value = self._environ[name]
        self.values_taken[name] = value
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._environ)

    def __len__(self) -> int:
        return len(self._environ)


class EnvText(str):
    """Text with something from the environment in it.

    ``source`` is the text with the ``${NAME}``, for faults and ``explain``. ``template`` is what a template
    reads: the substituted parts are text in it, whatever they hold, and ``NO_TEXT`` where only structure
    can stand.
    """

    __slots__ = ("source", "template")

    source: str
    template: str

    def __new__(cls, value: str, source: str, template: str) -> Self:
        """*value* with the two texts that go with it."""
        text = super().__new__(cls, value)
        text.source = source
        text.template = template
        return text

    def __repr__(self) -> str:
        return f"EnvText({self.source!r})"

    def __reduce__(self) -> tuple[type[EnvText], tuple[str, str, str]]:
        return EnvText, (str(self), self.source, self.template)


def _as_text(value: str, before: str) -> str:
    """*value* so written that a template that begins with *before* reads it as text."""
    doubled = value.replace("{", "{{").replace("}", "}}")
    braces = before.replace("{}", "").replace("{{", "").replace("}}", "")
    _, opened, inside = braces.rpartition("{")
    if not opened or "}" in inside:
        return doubled
    return doubled.replace("'", "''") if inside.count("'") % 2 else NO_TEXT


def substituted(node: Node, environ: Environment, faults: list[Fault]) -> Node:
    """*node* with every variable in its values replaced; faults for those that are not set."""
    return _Substitution(environ, faults).node(node)


class _Substitution:
    def __init__(self, environ: Environment, faults: list[Fault]) -> None:
        self._environ = environ
        self._faults = faults
        self._done: dict[int, Node] = {}  # what an alias repeats is worked on once

    def node(self, node: Node) -> Node:
        if id(node) not in self._done:
            self._done[id(node)] = self._fresh(node)
        return self._done[id(node)]

    def _fresh(self, node: Node) -> Node:
        if isinstance(node, Mapping):
            entries = {k: Entry(e.place, self.node(e.value)) for k, e in node.entries.items()}
            return node.replaced(entries)
        if isinstance(node, Sequence):
            return Sequence(node.place, tuple([self.node(item) for item in node.items]))
        if isinstance(node.value, str) and "${" in node.value:
            return self._scalar(node)
        return node

    def _scalar(self, node: Scalar) -> Scalar:
        try:
            return Scalar(node.place, node.source, self._value(node), node.verbatim)
        except Wrong as wrong:
            place = node.place.narrowed(str(wrong.at[0]) if wrong.at else "")
            self._faults.append(Fault(place, wrong.message, wrong.hint))
            return broken(node.place, node.source)

    def _value(self, node: Scalar) -> Any:
        source: str = node.value
        values: list[str] = []
        templates: list[str] = []
        end = 0
        matches = list(_VARIABLE.finditer(source))
        for match in matches:
            literal = source[end : match.start()]
            end = match.end()
            value = "${" if match["body"] is None else self._lookup(match)
            values += (literal, value)
            templates.append(literal)
            templates.append(_as_text(value, "".join(templates)))
        text = "".join(values) + source[end:]
        if all(match["body"] is None for match in matches):
            return text  # only `$${`: nothing came from the environment
        if not node.verbatim and len(matches) == 1 and matches[0].group() == source:
            try:
                value = resolve(text)
            except Wrong as wrong:
                raise Wrong(wrong.message.replace("{it}", f"the value of `{source}`"), wrong.hint) from None
            if not isinstance(value, str):
                return value
        return EnvText(text, node.source, "".join(templates) + source[end:])

    def _lookup(self, match: re.Match[str]) -> str:
        parts = _BODY.fullmatch(match["body"])
        if parts is None or not match["end"]:
            raise Wrong(
                f"`{match.group()}` is not a variable",
                "write ${NAME} or ${NAME:-default}, or $${ for a literal ${",
                at=(match.group(),),
            )
        name, default = parts["name"], parts["default"]
        value = self._environ.get(name)
        if default is not None:
            return value or default  # as in a shell, `:-` also stands in for an empty value
        if value is None:
            raise Wrong(
                f"the environment variable `{name}` is not set",
                f"set it, or give a default: ${{{name}:-…}}",
                at=(match.group(),),
            )
        return value

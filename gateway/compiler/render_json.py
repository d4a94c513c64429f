"""Compiles a JSON value with references in its strings: a step's ``json``, ``respond`` or ``fallback``.

A string that is one reference becomes the value itself with its JSON type; longer text becomes a string. What
no reference touches is encoded once, here. The table of missing values is docs/contract.md section 4:

    in a step            an absent request part leaves its key out; an absent field of a step is ``null``;
                         a step that did not answer, or a gap inside longer text, skips the step
    respond, fallback    ``null``, for the value or the whole longer text

An absent request part that has no key of its own is ``null`` in a list, and a 400 as the whole body.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from gateway.compiler.names import Names, Use, Where
from gateway.compiler.reads import NULL, Read, json_read
from gateway.compiler.references import Ref, TemplateFault, constant_text
from gateway.compiler.render_text import Part, check_text, demand_text, json_text
from gateway.outcome import Failure, Outcome
from gateway.plan.merge import splicing
from gateway.plan.model import Merge, Scope


@dataclass(frozen=True, slots=True)
class _Text:
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class _Object:
    members: tuple[tuple[bytes, _Node], ...]


@dataclass(frozen=True, slots=True)
class _Array:
    elements: tuple[_Node, ...]


_Node = bytes | Use | _Text | _Object | _Array


class JsonTemplate:
    """A JSON value whose strings are templates. ``faults`` has all that is wrong, each under its path in it.

    ``uses`` are the references in it. Compile it (``body``, ``answer`` or ``stand_in``) only without faults,
    and when all templates of the route have been read.
    """

    def __init__(self, names: Names, value: Any, where: Where) -> None:
        self.faults: list[TemplateFault] = []
        self.uses: list[Use] = []
        self._names = names
        self._where = where
        self._root = self._node(value, ())
        if where is Where.STEP and isinstance(self._root, Use) and self._root.slot is not None:
            slot = self._root.slot
            slot.required = slot.required or self._root.ref.default is None

    def _node(self, value: Any, path: tuple[str | int, ...]) -> _Node:
        if isinstance(value, dict):
            return _Object(
                tuple((self._key(key, path), self._node(inner, (*path, key))) for key, inner in value.items())
            )
        if isinstance(value, list | tuple):
            return _Array(tuple(self._node(inner, (*path, index)) for index, inner in enumerate(value)))
        if not isinstance(value, str):
            return msgspec.json.encode(value)
        try:
            return self._string(value)
        except TemplateFault as fault:
            self.faults.append(fault.under(*path))
            return NULL

    def _key(self, key: Any, path: tuple[str | int, ...]) -> bytes:
        try:
            return msgspec.json.encode(constant_text(str(key), "a key")) + b":"
        except TemplateFault as fault:
            self.faults.append(fault.under(*path, key))
            return b""

    def _string(self, text: str) -> _Node:
        parts = self._names.read(text, self._where)
        uses = [part for part in parts if isinstance(part, Use)]
        self.uses += uses
        if not uses:
            return msgspec.json.encode("".join(map(str, parts)))
        if len(parts) == 1:
            return uses[0]
        for use in uses:
            (demand_text if self._where is Where.STEP else check_text)(use, needed=True)
        return _Text(parts)

    @property
    def constant(self) -> bytes | None:
        """The rendered value, if there is no reference in it."""
        return None if self.uses else self._program().answer()((), ())

    def body(self) -> Read[bytes]:
        """For a step: renders the value from ``(inputs, outcomes)``, or gives the failure that skips it."""
        return self._program().body()

    def answer(self) -> Merge:
        """For ``respond``: renders the answer; never fails."""
        splice = self._program().answer()

        def merge(scope: Scope) -> bytes:
            return splice(scope.inputs, scope.outcomes)

        return merge

    def stand_in(self) -> Callable[[Sequence[Any]], bytes]:
        """For ``fallback``: renders the value from the inputs; never fails."""
        constant = self.constant
        if constant is not None:
            return lambda _: constant
        splice = self._program().answer()
        return lambda inputs: splice(inputs, ())

    def _program(self) -> _Program:
        program = _Program(self._names.steps, answering=self._where is not Where.STEP)
        program.add(self._root)
        return program


class _Program:
    """Ready bytes with places between them, filled by whole step bodies or by reads.

    *answering*: it never fails and leaves nothing out.
    """

    def __init__(self, steps: dict[str, int], *, answering: bool) -> None:
        self._steps = steps
        self._answering = answering
        self._parts: list[bytes] = [b""]
        self._bodies: list[tuple[int, int]] = []
        self._reads: list[tuple[int, Read[bytes]]] = []

    def add(self, node: _Node) -> None:
        """Add what renders *node*."""
        if isinstance(node, bytes):
            self._parts[-1] += node
        elif isinstance(node, _Text):
            self._reads.append((self._place(), _text_value(node)))
        elif isinstance(node, _Array):
            self._join(b"[", [(b"", element) for element in node.elements], b"]")
        elif not isinstance(node, _Object):
            self._add_use(node)
        elif not self._answering and any(_may_be_left_out(value) for _, value in node.members):
            self._reads.append((self._place(), self._thinned(node)))
        else:
            self._join(b"{", node.members, b"}")

    def _add_use(self, use: Use) -> None:
        ref = use.ref
        if use.slot is None and use.step is None:
            self._parts[-1] += b"{"
            for name, index in self._steps.items():
                self._parts[-1] += (b"," if index else b"") + msgspec.json.encode(name) + b":"
                self._bodies.append((self._place(), index))
            self._parts[-1] += b"}"
        elif self._answering and use.step is not None and _is_whole_body(ref):
            self._bodies.append((self._place(), use.step))
        else:
            self._reads.append((self._place(), json_read(use)))

    def _join(self, start: bytes, members: Sequence[tuple[bytes, _Node]], end: bytes) -> None:
        self._parts[-1] += start
        for index, (key, node) in enumerate(members):
            self._parts[-1] += b"," + key if index else key
            self.add(node)
        self._parts[-1] += end

    def _place(self) -> int:
        self._parts += [NULL, b""]
        return len(self._parts) - 2

    def _thinned(self, node: _Object) -> Read[bytes]:
        """An object some of whose keys are left out when their request part is missing."""
        members: list[tuple[bytes, Read[bytes], bool]] = []
        for key, value in node.members:
            program = _Program(self._steps, answering=False)
            program.add(value)
            left_out = _may_be_left_out(value)
            members.append((key, json_read(value) if isinstance(value, Use) else program.body(), left_out))

        def render(inputs: Sequence[Any], outcomes: Sequence[Outcome | None]) -> bytes | Failure:
            written = []
            for key, read, left_out in members:
                value = read(inputs, outcomes)
                if isinstance(value, Failure):
                    return value
                if value is not None or not left_out:
                    written.append(key + (NULL if value is None else value))
            return b"{" + b",".join(written) + b"}"

        return render

    def body(self) -> Read[bytes]:
        """The function that renders it, or gives the first failure of a place."""
        parts, reads = self._parts, self._reads
        if not reads:
            constant = parts[0]
            return lambda _inputs, _outcomes: constant

        def render(inputs: Sequence[Any], outcomes: Sequence[Outcome | None]) -> bytes | Failure:
            filled = parts.copy()
            for place, read in reads:
                value = read(inputs, outcomes)
                if isinstance(value, Failure):
                    return value
                if value is not None:
                    filled[place] = value
            return b"".join(filled)

        return render

    def answer(self) -> Callable[[Sequence[Any], Sequence[Outcome | None]], bytes]:
        """The function that renders it, with ``null`` wherever there is no value."""
        return splicing(self._parts, self._bodies, self._reads)


def _is_whole_body(ref: Ref) -> bool:
    return ref.text == ref.name and ref.default is None and not ref.functions


def _may_be_left_out(node: _Node) -> bool:
    """Whether it is a request part that a client may leave away."""
    if not isinstance(node, Use) or node.slot is None:
        return False
    return not node.slot.required and node.ref.default is None


def _text_value(node: _Text) -> Read[bytes]:
    read = json_text(node.parts)

    def render(inputs: Sequence[Any], outcomes: Sequence[Outcome | None]) -> bytes | Failure:
        text = read(inputs, outcomes)
        return msgspec.json.encode(text) if isinstance(text, str) else text

    return render

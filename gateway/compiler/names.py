"""Decides what a reference means: an input of the client's request, another step, or all parts.

One ``Names`` per route. Resolving a reference to a request part registers it in the route's ``InputTable``;
what a place demands of the value (a type, being there, fitting a path segment) is collected on its ``Slot``
and becomes the ``Input`` that the edge checks. Compile closures only when every template of the route has
been resolved: a type written in one place holds in all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from typing import Final

import msgspec

from gateway.compiler.input_table import InputTable, Slot
from gateway.compiler.references import Ref, TemplateFault, parse_template
from gateway.config.route import RESERVED
from gateway.edge.own_values import OWN_ROOTS, OWN_VALUES
from gateway.edge.values import checked_json
from gateway.transport.escaping import is_token

ONE_LEVEL: Final = ("query", "header", "cookie")
"""Roots whose parts are texts with a name."""

ROOTS: Final = (*ONE_LEVEL, "body", "steps", *OWN_ROOTS)

_NOT_BUILT: Final = {
    "claims": "authentication",
}

ITEM: Final = "item"
"""The root of a step with ``for_each``."""


class Where(Enum):
    """Where a template stands; it decides what may be named, and what a missing value does."""

    STEP = "a step"
    FALLBACK = "a fallback"
    RESPOND = "respond"


@dataclass(slots=True, eq=False)
class Local:
    """A name that the templates of one step have alone; its value is behind those of the steps, at ``index``.

    ``joins``: in text it is a list joined by commas. ``as_text``: it stands in text somewhere; ``checked``:
    also where not every text may stand.
    """

    name: str
    index: int
    joins: bool = False
    as_text: bool = False
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Use:
    """One reference with its meaning: ``slot`` for an input, ``step`` (an index), or neither: all parts.

    ``local`` is what is no step, and read like one that answered: ``step`` is its index.
    """

    ref: Ref
    slot: Slot | None = None
    step: int | None = None
    step_name: str = ""
    local: Local | None = None

    def __str__(self) -> str:
        return str(self.ref)


@dataclass(frozen=True, slots=True)
class Edges:
    """The steps a template reads, by index. ``needs`` must answer, ``awaits`` must only have ended."""

    needs: frozenset[int] = frozenset()
    awaits: frozenset[int] = frozenset()

    @classmethod
    def of(cls, uses: Iterable[Use]) -> Edges:
        """A reference without default needs its step, one with a default only awaits it."""
        steps = ((use.step, use) for use in uses if use.local is None)
        read = [(step, use.ref.default is None) for step, use in steps if step is not None]
        needs = frozenset(step for step, hard in read if hard)
        return cls(needs, frozenset(step for step, _ in read) - needs)


class Names:
    """What may be named in the templates of one route.

    *path* maps path parameters to their types; *steps* are the step names in plan order.
    """

    def __init__(self, path: dict[str, str], steps: Sequence[str], table: InputTable | None = None) -> None:
        self.path = path
        self.steps = {name: index for index, name in enumerate(steps)}
        self.table = table or InputTable()
        self._locals: dict[str, Local] = {}

    def within(self, *names: Local) -> Names:
        """The names of a step that has these of its own beside those of its route."""
        inside = Names(self.path, tuple(self.steps), self.table)
        inside._locals = {local.name: local for local in names}
        return inside

    def faults(self) -> list[tuple[str, str]]:
        """Names that cannot stand side by side, each with what is wrong with it."""
        found = [
            (name, f"`{name}` has a meaning of its own in references")
            for name in (*self.path, *self.steps)
            if name in ROOTS or name in RESERVED or name in _NOT_BUILT or name == ITEM
        ]
        found += [
            (name, f"`{name}` is both a path parameter and a step")
            for name in self.path
            if name in self.steps
        ]
        return found

    def read(self, value: str | float | None, where: Where) -> tuple[str | Use, ...]:
        """The pieces of a template, its references resolved. A YAML number or boolean is its JSON text."""
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        parts = parse_template(text).parts
        return tuple(part if isinstance(part, str) else self.resolve(part, where) for part in parts)

    def resolve(self, ref: Ref, where: Where) -> Use:
        """What *ref* means there. Raises ``TemplateFault``."""
        _check_default(ref)
        name = ref.name
        if name in self._locals:
            return self._local(ref, where)
        if name in self.path:
            return self._path_parameter(ref)
        if name in self.steps:
            if where is Where.FALLBACK:
                raise TemplateFault(
                    f"a fallback may read the request, not the step `{name}`",
                    ref.offset,
                    "it stands in when steps fail",
                )
            return Use(ref, step=self.steps[name], step_name=name)
        if name == "steps":
            return self._all_steps(ref, where)
        if name in OWN_ROOTS:
            return self._own_value(ref)
        if name in ROOTS:
            return self._request_part(ref)
        raise self._unknown(ref)

    def _local(self, ref: Ref, where: Where) -> Use:
        if where is not Where.STEP:
            raise TemplateFault(f"`{{{ref.name}}}` is known in the step's call alone", ref.offset)
        local = self._locals[ref.name]
        return Use(ref, step=local.index, step_name=local.name, local=local)

    def _path_parameter(self, ref: Ref) -> Use:
        if ref.keys or ref.many:
            raise TemplateFault(
                f"the path parameter `{ref.name}` is one text", ref.offset, f"write `{{{ref.name}}}`"
            )
        slot = self.table.slot("path", (ref.name,), many=False)
        slot.type = self.path[ref.name]
        _agree(slot, ref)
        return Use(ref, slot=slot)

    def _request_part(self, ref: Ref) -> Use:
        keys = ref.keys
        if ref.name in ONE_LEVEL:
            if len(keys) != 1 or not isinstance(keys[0], str):
                example = "x-tenant" if ref.name == "header" else "name"
                raise TemplateFault(
                    f"`{ref.name}` is followed by exactly one name",
                    ref.offset,
                    f"write `{{{ref.name}.{example}}}`",
                )
            if ref.name == "header":
                keys = (keys[0].lower(),)
            if ref.name != "query" and not is_token(str(keys[0])):
                raise TemplateFault(f"`{keys[0]}` is not the name of a {ref.name}", ref.offset)
            if ref.takes == "list" and not ref.many:
                hint = f"write `{{{ref.text}[]}}` for the list of all that are given"
                raise TemplateFault("this is one text, not a list", ref.offset, hint)
        slot = self.table.slot(ref.name, keys, many=ref.many)
        _agree(slot, ref)
        return Use(ref, slot=slot)

    def _own_value(self, ref: Ref) -> Use:
        """What the gateway itself brings: always there, and of one type."""
        own = OWN_VALUES.get((ref.name, *map(str, ref.keys)))
        if own is None or ref.many:
            known = [".".join(path) for path in OWN_VALUES if path[0] == ref.name]
            raise TemplateFault(f"`{ref.text}` means nothing", ref.offset, f"there are: {', '.join(known)}")
        slot = self.table.slot(ref.name, ref.keys, many=False)
        slot.type, slot.required = own[0], True
        _agree(slot, ref)
        return Use(ref, slot=slot)

    def _all_steps(self, ref: Ref, where: Where) -> Use:
        if where is not Where.RESPOND:
            raise TemplateFault("`{steps}` may stand only in `respond`", ref.offset, "name one step")
        if ref.keys:
            raise TemplateFault(
                "`{steps}` is all parts", ref.offset, "one part is written by its step's name alone"
            )
        if ref.many or ref.type or ref.default:
            raise TemplateFault("`{steps}` takes neither `[]`, type nor default", ref.offset)
        return Use(ref)

    def _unknown(self, ref: Ref) -> TemplateFault:
        name = ref.name
        if name in _NOT_BUILT:
            return TemplateFault(
                f"`{{{name}}}` belongs to {_NOT_BUILT[name]}, which is not built yet", ref.offset
            )
        if name == ITEM:
            return TemplateFault("`{item}` is known in the call of a step with `for_each` alone", ref.offset)
        if name in RESERVED:
            return TemplateFault(f"`{name}` is a reserved name and means nothing yet", ref.offset)
        known = (*self._locals, *self.path, *self.steps, *ROOTS)
        close = get_close_matches(name, known, 1)
        hint = f"did you mean `{close[0]}`?" if close else f"there are: {', '.join(known)}"
        return TemplateFault(f"nothing is called `{name}`", ref.offset, hint)


def _check_default(ref: Ref) -> None:
    """A default is of the type that stands before it; ``null`` is of every type, a list's is ``[]``.

    What went through functions has no type of its own.
    """
    if ref.default is None:
        return
    default = ref.default.json
    if ref.functions:
        if ref.gives == "list" and not default.startswith(b"["):
            raise TemplateFault("the default of a list is `[]`, or goes through what makes it", ref.offset)
        return
    if ref.many and default != b"[]":
        raise TemplateFault("the default of a list is `[]`", ref.offset)
    if ref.type is None or ref.many or default == b"null":
        return
    if checked_json(ref.type)(default) is None:
        article = "an" if ref.type == "int" else "a"
        raise TemplateFault(f"the default is not {article} {ref.type}", ref.offset)


def _agree(slot: Slot, ref: Ref) -> None:
    """Take over the type *ref* writes; two different ones are a fault."""
    if ref.type is None:
        return
    if slot.type not in {None, ref.type}:
        at = ref.offset + len(ref.text) - len(ref.type)
        raise TemplateFault(f"`{slot.frozen().name}` is of type {slot.type} elsewhere", at)
    slot.type = ref.type

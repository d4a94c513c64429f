"""The answer of a route → its parts, for clients that get each when it is ready.

    nothing, or respond: "{steps}"     every step is a part, by its name
    respond: { a: …, b: "{steps}" }    every member is a part; where one is all steps, each of them: b.users
    any other respond                  one part without a name
    merge: { steps: [users, orders] }  every step that is merged
    a route that is shaped as a whole  one part without a name

So a client gets by parts what it gets as a whole, and nothing besides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from gateway.compiler.names import Edges, Names, Where
from gateway.compiler.render_json import JsonTemplate
from gateway.config import ABSENT
from gateway.plan.merge import splicing
from gateway.plan.parts import Part

if TYPE_CHECKING:
    from gateway.config import RouteSpec
    from gateway.outcome import Failure
    from gateway.plan.model import Merge, Scope

ALL: str = "{steps}"


class PartsTemplate:
    """The parts of one route's answer, read but not yet compiled. Faults in them are told of the answer."""

    def __init__(self, names: Names, spec: RouteSpec) -> None:
        self._names = list(spec.steps)
        self._whole = True
        self._templates: list[tuple[str, JsonTemplate]] = []
        self._steps: list[tuple[str, str]] = []
        self._order: list[str] = []
        if spec.merge is not None:
            self._add_steps(spec.merge.steps, "")
        elif spec.respond is ABSENT or spec.respond == ALL:
            self._add_steps(spec.steps, "")
        elif isinstance(spec.respond, dict):
            for name, value in spec.respond.items():
                self._add_member(names, str(name), value)
        else:
            return
        self._whole = False

    def compiled(self, whole: Merge, *, shaped: bool) -> tuple[Part, ...]:
        """The parts; *whole* gives the answer as one, which is the only part of a *shaped* route."""
        if self._whole or shaped:
            return (Part("", tuple(range(len(self._names))), whole),)
        steps = {name: self._step(name, step) for name, step in self._steps}
        members = {name: self._member(name, template) for name, template in self._templates}
        return tuple((steps | members)[name] for name in self._order)

    def _add_steps(self, steps: Iterable[str], prefix: str) -> None:
        for step in steps:
            self._steps.append((f"{prefix}{step}", step))
            self._order.append(f"{prefix}{step}")

    def _add_member(self, names: Names, name: str, value: Any) -> None:
        if value == ALL:
            self._add_steps(self._names, f"{name}.")
        else:
            self._templates.append((name, JsonTemplate(names, value, Where.RESPOND)))
            self._order.append(name)

    def _step(self, name: str, step: str) -> Part:
        index = self._names.index(step)
        return Part(name, (index,), _reading((b"",), ((0, index),)))

    def _member(self, name: str, template: JsonTemplate) -> Part:
        edges = Edges.of(template.uses)
        steps = edges.needs | edges.awaits
        if any(use.slot is None and use.step is None for use in template.uses):
            steps = frozenset(range(len(self._names)))  # all of them
        return Part(name, tuple(sorted(steps)), template.answer())


def _reading(parts: Sequence[bytes], bodies: Sequence[tuple[int, int]]) -> Merge:
    splice = splicing(parts, bodies, ())

    def read(scope: Scope) -> bytes | Failure:
        return splice(scope.inputs, scope.outcomes)

    return read

"""A route's spec → its plan, the reader of its inputs, and what its answers look like; or its faults.

In two passes, because a type that is written in one template holds in all: first every template of the route
is read and resolved, then, if nothing is wrong, they are compiled into functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from gateway.compiler.answer_headers import header_faults
from gateway.compiler.equals import steps_with_equals
from gateway.compiler.graph import find_cycle
from gateway.compiler.identity import KeyTemplate, personal_steps
from gateway.compiler.kinds.kind import StepSite
from gateway.compiler.kinds.table import read_call
from gateway.compiler.listing import ListedCall
from gateway.compiler.lists import ListTemplate
from gateway.compiler.names import Edges, Names, Use, Where
from gateway.compiler.parts import PartsTemplate
from gateway.compiler.passing import passing_faults, passing_upstream
from gateway.compiler.references import TemplateFault
from gateway.compiler.render_json import JsonTemplate
from gateway.compiler.shape import ShapeTemplate
from gateway.compiler.sharing import Sharing
from gateway.compiler.signing import forwarding_faults
from gateway.compiler.step import StepCompiler, StepFacts
from gateway.compiler.undoing import Undoing
from gateway.compiler.when import Condition
from gateway.config import ABSENT, ANY, BY_PARTS, SERVED_METHODS, Fault, StepSpec
from gateway.config.faults import did_you_mean
from gateway.edge.inputs import Input
from gateway.edge.pattern import Pattern, PatternFault, parse_pattern
from gateway.edge.reader import Reader, reading
from gateway.plan.merge import merging
from gateway.plan.model import Merge, Plan, Step
from gateway.plan.parts import Part

if TYPE_CHECKING:
    from gateway.compiler.kinds.kind import CallTemplate
    from gateway.compiler.shared import Shared
    from gateway.compiler.sharing import Commons
    from gateway.compiler.upstreams import Upstream
    from gateway.config import CallSpec, Places, RouteSpec, UpstreamSpec
    from gateway.config.shaping import Shaped
    from gateway.layers.observe import Meter
    from gateway.plan.undoable import Undo

Path = tuple[str | int, ...]

_MEANT: Final = re.compile(r"\{([A-Za-z][A-Za-z0-9_-]*)")


@dataclass(frozen=True, slots=True)
class CompiledRoute:
    """A route, ready to be served. ``uses`` are all references in its templates, ``shape`` tells what is made
    of its answers, a text for each stage.
    """

    key: str
    spec: RouteSpec
    pattern: Pattern
    plan: Plan
    facts: tuple[StepFacts, ...]
    inputs: tuple[Input, ...]
    uses: tuple[Use, ...]
    read_inputs: Reader
    reads_body: bool
    shape: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    tunnel: Step | None = None
    undos: tuple[Undo, ...] = ()


class RouteCompiler:
    """Compiles one route. ``faults`` has all that is wrong with it; a wrong ``pattern`` is ``None``."""

    def __init__(
        self, key: str, spec: RouteSpec, upstreams: Mapping[str, UpstreamSpec], places: Places
    ) -> None:
        self.faults: list[Fault] = []
        self.spec = spec
        self._key = key
        self._places = places
        self._upstreams = upstreams
        self.pattern = self._parse_pattern()
        self._names = Names(self._parameter_types(), list(spec.steps))
        for name, message in self._names.faults():
            self._fault(("steps", name) if name in spec.steps else (), message)
        self._calls = {name: self._read_call(("steps", name), step) for name, step in spec.steps.items()}
        self._undoing = Undoing(spec, lambda name, undo: self._read_call(("steps", name, "undo"), undo))
        self._fallbacks = {
            name: self._read_json(step.fallback, Where.FALLBACK, ("steps", name, "fallback"))
            for name, step in spec.steps.items()
            if step.fallback is not ABSENT
        }
        self._keys = {
            name: self._read_key(name, step.cache.key)
            for name, step in spec.steps.items()
            if step.cache is not None and step.cache.key is not None
        }
        self._shapes = {name: self._read_shape(step, ("steps", name)) for name, step in spec.steps.items()}
        self._shape = self._read_shape(spec, ())
        self._conditions = {name: self._read_when(name, step) for name, step in spec.steps.items()}
        self._respond: JsonTemplate | None = None
        if spec.merge is None:
            template = "{steps}" if spec.respond is ABSENT else spec.respond
            self._respond = self._read_json(template, Where.RESPOND, ("respond",))
        self._parts = PartsTemplate(self._names, spec) if set(spec.forms) & set(BY_PARTS) else None
        self._steps = self._settle()
        self._check_edges()
        self.faults += header_faults(key, spec.headers, places)
        self._check_passing()

    def compiled(
        self,
        upstreams: Mapping[str, Upstream],
        meter: Callable[[str], Meter],
        shared: Shared,
        commons: Commons,
    ) -> CompiledRoute:
        """The route over *upstreams*; *meter* gives the meter of each step. Only without faults."""
        assert self.pattern is not None, "compiled in spite of faults"
        assert not self.faults, "compiled in spite of faults"
        tunnel: Step | None = None
        if self.spec.proxy is not None:
            step, name = self._steps[0], self._steps[0].spec.upstream
            passes = partial(passing_upstream, upstreams[name], self._upstreams[name], shared)
            if self.spec.proxy.websocket:
                tunnel, _ = step.compiled({name: passes(tunnels=True)}, meter(step.name), shared, commons)
            upstreams = {name: passes()}
        made = [step.compiled(upstreams, meter(step.name), shared, commons) for step in self._steps]
        made, undos = self._undoing.compiled(made, upstreams, meter, shared)
        table = self._names.table
        inputs = table.inputs()
        answer = self._answer()
        shape = tuple(self._shape.words)
        parts = self._parts.compiled(answer, shaped=bool(shape)) if self._parts is not None else ()
        return CompiledRoute(
            key=self._key,
            spec=self.spec,
            pattern=self.pattern,
            plan=Plan(self._key, tuple(step for step, _ in made), self.spec.time_limit, answer),
            facts=tuple(facts for _, facts in made),
            inputs=inputs,
            uses=tuple(self._uses()),
            read_inputs=reading(inputs, table.finished),
            reads_body=table.reads_body,
            shape=shape,
            parts=parts,
            tunnel=tunnel,
            undos=undos,
        )

    def _settle(self) -> list[StepCompiler]:
        """The steps, each with what the route says of it."""
        steps = []
        read = [[*call.uses, *_uses_of(self._conditions[name])] for name, call in self._calls.items()]
        personal = personal_steps(read)
        shareable = {name: self.spec.steps[name] for name, call in self._calls.items() if call.shareable}
        equal = steps_with_equals(shareable, self._parameter_types())
        for name, spec in self.spec.steps.items():
            call = self._calls[name]
            sharing = Sharing(self._key, name, spec, self._keys.get(name), call, personal, once=name in equal)
            above = self._fallbacks.get(name), self._shapes[name], self._conditions[name]
            step = StepCompiler(name, self.spec, call, *above, sharing)
            for key, message, hint in step.faults():
                self._fault(("steps", name, key), message, hint)
            steps.append(step)
        return steps

    def _parse_pattern(self) -> Pattern | None:
        pattern = parse_pattern(self.spec.pattern)
        if isinstance(pattern, PatternFault):
            part = self.spec.pattern[pattern.offset :].split("/")[0]
            self._fault((), pattern.message, pattern.hint, part=part)
            return None
        if pattern.reserved:
            self._fault((), pattern.reserved)
        return pattern

    def _parameter_types(self) -> dict[str, str]:
        if self.pattern is None:  # one fault is told already: what was meant as a parameter is one
            return dict.fromkeys(_MEANT.findall(self.spec.pattern), "str")
        return {parameter.name: str(parameter.type) for parameter in self.pattern.parameters}

    def _read_call(self, path: Path, step: CallSpec) -> CallTemplate:
        upstream = self._upstreams.get(step.upstream)
        if upstream is None and step.inline is None:
            hint = did_you_mean(step.upstream, self._upstreams)
            message = f"no upstream is called `{step.upstream}`"
            self._fault((*path, "upstream"), message, hint, part=step.upstream)
        names, place = self._names, ("routes", self._key, *path)
        if isinstance(step, StepSpec) and (step.for_each or step.batch):
            several = ListTemplate(names, step)
            site = StepSite(several.names, self._places, place, upstream)
            call: CallTemplate = ListedCall(read_call(site, step), several, step)
        else:
            call = read_call(StepSite(names, self._places, place, upstream), step)
        self._template_faults(call.faults, path)
        return call

    def _read_json(self, value: Any, where: Where, path: Path) -> JsonTemplate:
        template = JsonTemplate(self._names, value, where)
        self._template_faults(template.faults, path)
        return template

    def _read_key(self, name: str, references: tuple[str, ...]) -> KeyTemplate:
        call = self._calls[name]
        template = KeyTemplate(call.names if isinstance(call, ListedCall) else self._names, references)
        self._template_faults(template.faults, ("steps", name, "cache", "key"))
        return template

    def _read_when(self, name: str, step: StepSpec) -> Condition | None:
        try:
            return Condition(self._names, step.when) if step.when is not None else None
        except TemplateFault as fault:
            self._template_faults([fault], ("steps", name, "when"))
            return None

    def _read_shape(self, shaped: Shaped, path: Path) -> ShapeTemplate:
        template = ShapeTemplate(shaped)
        self.faults += template.placed_faults(self._places, ("routes", self._key, *path))
        return template

    def _check_edges(self) -> None:
        names = list(self.spec.steps)
        edges = {step.name: [names[index] for index in sorted(_all(step.edges))] for step in self._steps}
        cycle = find_cycle(edges)
        if cycle is not None:
            way = " → ".join(cycle)
            others = [("routes", self._key, "steps", name) for name in cycle[1:-1]]
            self.faults.append(
                self._places.fault(
                    ("routes", self._key, "steps", cycle[0]),
                    f"these steps wait for each other: {way}",
                    "a reference to a step is an edge; one of these must go",
                    also=others,
                )
            )
            return
        for path, message, hint in self._undoing.faults(edges):
            self._fault(path, message, hint)

    def _check_passing(self) -> None:
        for key, message, hint in passing_faults(self.spec, self._upstreams, self._uses()):
            self._fault(("proxy", *key), message, hint)
        for path, message, hint in forwarding_faults(self.spec, self._upstreams):
            self._fault(path, message, hint)

    def _uses(self) -> Iterable[Use]:
        templates = (*self._calls.values(), *self._fallbacks.values(), *self._keys.values(), self._respond)
        yield from self._undoing.uses
        for template in (*templates, *self._conditions.values()):
            yield from template.uses if template is not None else ()

    def _answer(self) -> Merge:
        return self._shape.of_answer(self._merge())

    def _merge(self) -> Merge:
        if self._respond is not None:
            return self._respond.answer()
        merge = self.spec.merge
        assert merge is not None
        order = list(self.spec.steps)
        steps = [(name, order.index(name)) for name in merge.steps]
        return merging(steps, merge.on_conflict, deep=merge.deep)

    def _template_faults(self, faults: Iterable[TemplateFault], path: Path) -> None:
        for fault in faults:
            where = ("routes", self._key, *path, *fault.path)
            part = _word_at(self._places.source(where), fault.offset)
            self.faults.append(self._places.fault(where, fault.message, fault.hint, part=part))

    def _fault(self, path: Path, message: str, hint: str = "", *, part: str = "") -> None:
        self.faults.append(self._places.fault(("routes", self._key, *path), message, hint, part=part))


def _uses_of(template: Condition | None) -> list[Use]:
    return template.uses if template is not None else []


def methods_of(spec: RouteSpec) -> tuple[str, ...]:
    """The methods that a route answers, HEAD and OPTIONS aside."""
    return SERVED_METHODS if spec.method == ANY else (spec.method,)


def _all(edges: Edges) -> frozenset[int]:
    return edges.needs | edges.awaits


def _word_at(text: str, offset: int) -> str:
    """What a caret should point at: the reference that begins at *offset*, or one character."""
    rest = text[offset:]
    end = rest.find("}")
    return rest[:end] if end > 0 else rest[:1]

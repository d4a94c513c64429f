"""Compiles ``undo`` of a route's steps: their calls, what those may read, and the order in which they run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, cast

from gateway.call import stack
from gateway.compiler.examples import with_example
from gateway.compiler.extras import Extras
from gateway.compiler.graph import waves
from gateway.compiler.names import Use
from gateway.compiler.stacks import step_layers
from gateway.compiler.step import SHORTENED_TO
from gateway.compiler.upstreams import build_inline
from gateway.compiler.words import seconds
from gateway.config import ABSENT
from gateway.plan.model import Step
from gateway.plan.undoable import Undo

if TYPE_CHECKING:
    from gateway.compiler.kinds.kind import CallTemplate, InlineCall
    from gateway.compiler.shared import Shared
    from gateway.compiler.step import StepFacts
    from gateway.compiler.upstreams import Upstream
    from gateway.config import RouteSpec, UndoSpec
    from gateway.layers.observe import Meter

NAMED: Final = "undo {}"
"""How recordings and metrics call the undo of a step."""


@dataclass(frozen=True, slots=True)
class UndoTemplate:
    """``undo`` of the step *name*, its *call* read and resolved but not yet compiled."""

    name: str
    index: int
    spec: UndoSpec
    call: CallTemplate

    @property
    def repeatable(self) -> bool:
        """Whether its call may be sent twice."""
        return self.call.repeatable if self.spec.repeatable is None else self.spec.repeatable

    def faults(self, before: Iterable[int], limit: float) -> Iterable[tuple[tuple[str, ...], str, str]]:
        """What is wrong with it: where, what and the remedy. *before* are the steps that had ended, by index,
        *limit* is the route's.
        """
        known = {*before, self.index}
        for use in self.call.uses:
            if use.step is not None and use.step not in known:
                message = (
                    f"the undo of `{self.name}` cannot read `{use.step_name}`: it may not have ended by then"
                )
                yield (), message, f"it may read `{self.name}`, what that needed, and the request"
        if self.spec.if_unknown and any(map(self._needs_answer, self.call.uses)):
            message = f"with `if_unknown` there may be no answer of `{self.name}` to be read"
            yield ("if_unknown",), message, "read the request alone, or write defaults"
        if self.spec.retry not in {None, ABSENT} and not self.repeatable:
            message = "`retry` is for calls that may be sent twice, and this one may not"
            yield ("retry",), message, "say repeatable: true, or send an idempotency-key"
        if self.spec.timeout is not None and limit <= self.spec.timeout < float("inf"):
            message = f"a step's timeout must be below the route's time limit, which is {seconds(limit)}"
            yield ("timeout",), message, ""

    def _needs_answer(self, use: Use) -> bool:
        return use.step == self.index and use.ref.default is None

    def compiled(self, upstreams: Mapping[str, Upstream], meter: Meter, shared: Shared, limit: float) -> Undo:
        """It over one of *upstreams*; it has *limit* seconds from its start. Only without faults."""
        spec = self.spec
        if spec.inline is None:
            upstream = upstreams[spec.upstream]
        else:
            upstream = build_inline(cast("InlineCall", self.call), shared)
        if shared.examples:  # nobody is called, and so there is nothing to take back
            upstream = with_example(upstream, None)
        retry = upstream.spec.retry if spec.retry is ABSENT else spec.retry
        extras = Extras(retry if retry is not None and retry.attempts > 1 else None, None)
        retrying = extras.retrying(upstream, shared)
        layers = step_layers(meter=meter, clock=shared.clock, retrying=retrying, nothing_on=spec.nothing_on)
        timeout = spec.timeout if spec.timeout is not None else upstream.timeout
        step = Step(
            name=NAMED.format(self.name),
            index=self.index,
            source=stack(upstream.source, [named.layer for named in layers]),
            prepare=self.call.compiled(),
            repeatable=self.repeatable,
            timeout=SHORTENED_TO * limit if timeout >= limit else timeout,
        )
        return Undo(self.index, step, limit, if_unknown=spec.if_unknown)

    def told(self) -> str:
        """What ``explain`` says of it."""
        unknown = ", also if nobody knows whether it did anything" if self.spec.if_unknown else ""
        return f"undone by {self.call.target} if the request fails later{unknown}"


class Undoing:
    """All that is undone of a *route*; *read* reads the call of the undo of a step, by its name."""

    def __init__(self, route: RouteSpec, read: Callable[[str, UndoSpec], CallTemplate]) -> None:
        self._route = route
        self._templates = {
            name: UndoTemplate(name, index, step.undo, read(name, step.undo))
            for index, (name, step) in enumerate(route.steps.items())
            if step.undo is not None
        }

    @property
    def uses(self) -> list[Use]:
        """The references in all calls."""
        return [use for template in self._templates.values() for use in template.call.uses]

    def faults(self, edges: Mapping[str, Sequence[str]]) -> Iterable[tuple[tuple[str, ...], str, str]]:
        """What is wrong: where in the route, what, the remedy. *edges* are the steps that each waits for."""
        order = list(self._route.steps)
        for name, template in self._templates.items():
            path = ("steps", name, "undo")
            if self._route.steps[name].for_each is not None:
                message = "what is done for each item of a list cannot be undone"
                yield path, message, "make it one call that takes the whole list, or a step for each"
            known = [order.index(other) for other in before(name, edges)]
            for inner, message, hint in template.faults(known, self._route.time_limit):
                yield (*path, *inner), message, hint

    def compiled(
        self,
        made: Sequence[tuple[Step, StepFacts]],
        upstreams: Mapping[str, Upstream],
        meter: Callable[[str], Meter],
        shared: Shared,
    ) -> tuple[list[tuple[Step, StepFacts]], tuple[Undo, ...]]:
        """The steps, which tell how they ended, and their undos in the order in which they run: what read a
        step is undone before it, else the last one written first.
        """
        names = list(self._route.steps)
        edges = {step.name: [names[index] for index in (*step.needs, *step.awaits)] for step, _ in made}
        steps = list(made)
        undos = []
        for name in [name for wave in waves(edges) for name in wave if name in self._templates][::-1]:
            template = self._templates[name]
            limit = self._route.time_limit
            undo = template.compiled(upstreams, meter(NAMED.format(name)), shared, limit)
            step, facts = steps[template.index]
            step = replace(step, source=undo.layer(step.source), direct=None)
            steps[template.index] = step, replace(facts, undo=template.told())
            undos.append(undo)
        return steps, tuple(undos)


def before(name: str, edges: Mapping[str, Sequence[str]]) -> set[str]:
    """The steps that have ended when *name* begins."""
    found: set[str] = set()
    todo = [name]
    while todo:
        for other in edges.get(todo.pop(), ()):
            if other not in found:
                found.add(other)
                todo.append(other)
    return found

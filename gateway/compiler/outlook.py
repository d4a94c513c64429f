"""What to expect of a route before anything is measured: its graph, its best case, its number of calls, and
what becomes of its answer when a step fails.

Everything here follows from the plan; why a step that fails does what it does: docs/contract.md section 2.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from gateway.compiler.words import seconds
from gateway.compiler.worst_case import critical_path, longest_call
from gateway.drawing.graph import Graph, Node

if TYPE_CHECKING:
    from gateway.compiler.routes import CompiledRoute
    from gateway.compiler.step import StepFacts
    from gateway.plan.model import Plan, Step


class Calls(NamedTuple):
    """Attempts that one request makes of upstreams: at least, if all goes well, and at most."""

    fewest: int
    usual: int
    most: int


def graph_of(route: CompiledRoute, lengths: Sequence[float] | None = None) -> Graph:
    """The plan of *route* as a drawing, with the *lengths* of its calls in seconds (else the longest)."""
    plan = route.plan
    known = lengths if lengths is not None else longest_calls(route)
    path, _ = critical_path(plan.steps, known)
    nodes = [
        Node(
            name=step.name,
            title=facts.target,
            note=f"{'' if lengths is not None else '≤ '}{seconds(length)}" if length else "",
            needs=step.needs,
            awaits=step.awaits,
            required=step.required,
            critical=step.index in path and len(plan.steps) > 1,
        )
        for step, facts, length in zip(plan.steps, route.facts, known, strict=True)
    ]
    return Graph(route.key, nodes, f"time limit {seconds(plan.time_limit)}")


def longest_calls(route: CompiledRoute) -> list[float]:
    """Seconds that the call of each step takes at most."""
    return [longest_call(*each) for each in zip(route.plan.steps, route.facts, strict=True)]


def best_case(route: CompiledRoute) -> tuple[list[int], float]:
    """The path that takes longest, and its seconds at most, if first attempts answer and nothing waits."""
    lengths = [0.0 if facts.inline else step.timeout for step, facts in _steps(route)]
    return critical_path(route.plan.steps, lengths)


def calls_of(route: CompiledRoute) -> Calls:
    """How many attempts the whole route makes. Fewer if steps whose templates differ make equal calls."""
    each = [calls_of_step(facts) for facts in route.facts]
    return Calls(*(sum(numbers) for numbers in zip(*each, strict=True)))


def calls_of_step(facts: StepFacts) -> Calls:
    """How many attempts one step makes, its undo included; a list that has one item, if all goes well."""
    if facts.inline:
        return Calls(0, 0, 0)
    retry, hedge = facts.extras.retry, facts.extras.hedge
    tries = max(retry.attempts if retry is not None else 1, 2 if hedge is not None else 1)
    several = 1
    if facts.each is not None:
        several = facts.each.max_items
        if facts.batch is not None:
            several = math.ceil(several / facts.batch.max_size)
    shared = facts.cache is not None or facts.batch is not None or "coalesce" in facts.layers
    may_be_none = shared or facts.each is not None or bool(facts.when)
    return Calls(0 if may_be_none else 1, 1, tries * several + bool(facts.undo))


def failing(route: CompiledRoute) -> Iterator[tuple[str, str]]:
    """For every step what becomes of the answer if it fails, by its name."""
    merged = route.spec.merge is not None
    for step, facts in _steps(route):
        yield step.name, _consequence(route, step, facts, merged=merged)


def _consequence(route: CompiledRoute, step: Step, facts: StepFacts, *, merged: bool) -> str:
    plan = route.plan
    copies = facts.cache.stale_if_error if facts.cache is not None else 0.0
    words = [f"a copy of up to {seconds(copies)} after its time stands in"] if copies else []
    otherwise = "else " if copies else ""
    if facts.each is not None and facts.each.items == "optional":
        words.append("an item that fails is null")
        otherwise = "if all do, "
    if step.stand_in is not None:
        return "; ".join([*words, f"{otherwise}its fallback stands in"])
    lost, saved = _lost_with(plan, step)
    culprit = next((each.name for each in plan.steps if each.index in lost and each.required), None)
    if culprit is not None or len(lost) == len(plan.steps):
        why = f", because {culprit} needs it" if culprit not in {None, step.name} else ""
        words.append(f"{otherwise}the request fails{why}")
        undone = [other.name for other, its in _steps(route) if its.undo and other.index not in lost]
        return "; ".join([*words, *([f"what {_listed(undone)} did is undone"] if undone else [])])
    words.append(f"{otherwise}{'nothing of it is merged' if merged else 'null in its place'}, degraded")
    names = [plan.steps[index].name for index in sorted(lost - {step.index})]
    words += [f"{_listed(names)} {'is' if len(names) == 1 else 'are'} not called"] if names else []
    words += [f"the fallback of {plan.steps[index].name} stands in" for index in sorted(saved)]
    return "; ".join(words)


def _lost_with(plan: Plan, step: Step) -> tuple[set[int], set[int]]:
    """The steps that do not answer if *step* does not, with itself; and those whose fallback stands in."""
    lost, saved = {step.index}, set[int]()
    changed = True
    while changed:
        changed = False
        for other in plan.steps:
            if other.index in lost | saved or not lost & set(other.needs):
                continue
            (saved if other.stand_in is not None else lost).add(other.index)
            changed = True
    return lost, saved


def _steps(route: CompiledRoute) -> Iterable[tuple[Step, StepFacts]]:
    return zip(route.plan.steps, route.facts, strict=True)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

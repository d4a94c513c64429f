"""What measured numbers say of a plan: the path that takes longest, and what might be set otherwise.

Proposals are arithmetic on percentiles, no more: each names the numbers that it comes from, and is for a
person to judge. Below, p50 and p99 are those of a step's calls, with all their attempts; where a call is not
one attempt (copies answer, it is a list or shared in a batch) those of all attempts at its upstream.

    timeout    far above p99 (``FAR`` times): ``ENOUGH`` times p99, rounded up, fails sooner and as rarely
               at p99 or below: calls end by it; twice as much, if the time limit has the room
    hedge      p99 more than ``TAIL`` times p50, on a call that may be sent twice: after p95
    optional   a required step without a fallback that fails more than ``OFTEN`` of its calls
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import floor, log10
from typing import TYPE_CHECKING, Final

from gateway.compiler.outlook import graph_of
from gateway.compiler.words import seconds
from gateway.compiler.worst_case import critical_path
from gateway.drawing.terminal import legend, terminal_lines
from gateway.top import cells

if TYPE_CHECKING:
    from gateway.compiler.routes import CompiledRoute
    from gateway.compiler.step import StepFacts
    from gateway.dashboard import snapshot
    from gateway.plan.model import Step

FAR: Final = 5.0
ENOUGH: Final = 3.0
TAIL: Final = 5.0
OFTEN: Final = 0.01

_SHORTEST: Final = 0.02
"""Seconds: no timeout below this is proposed, and no tail below it is worth a hedge."""

_ROOM: Final = 0.8
"""Share of the time limit that one attempt may have."""

_FIGURES: Final = (1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0)


def advice(
    route: CompiledRoute, seen: snapshot.Route | None, upstreams: Mapping[str, snapshot.Upstream]
) -> list[str]:
    """The lines for *route*, of which *seen* was measured; *upstreams* by their names."""
    if seen is None:
        return [route.key, "  measured     this gateway has no such route", ""]
    known = {step.name: step for step in seen.steps}
    measured = [known.get(step.name) for step in route.plan.steps]
    head = (
        f"{cells.rate(seen.rate)}, {cells.share(seen.degraded)} degraded, {cells.share(seen.errors)} failed; "
        f"p50 {cells.duration(seen.p50)}, p99 {cells.duration(seen.p99)}"
    )
    lines = [route.key, f"  measured     {head}"]
    if all(step is None or step.p99 is None for step in measured):
        return [*lines, "  proposals    none: no calls meanwhile", ""]
    lines += _picture(route, measured)
    title = "proposals"
    for words in _proposals(route, measured, upstreams):
        lines.append(f"  {title:11}  {words}")
        title = ""
    return [*lines, *(["  proposals    none"] if title else []), ""]


def _picture(route: CompiledRoute, measured: Iterable[snapshot.Step | None]) -> Iterable[str]:
    """The plan with its measured p99, and the paths that take longest."""
    steps = list(measured)
    for share in ("p50", "p99"):
        lengths = [getattr(step, share, None) or 0.0 for step in steps]
        path, length = critical_path(route.plan.steps, lengths)
        names = " > ".join(route.plan.steps[index].name for index in path)
        yield f"  longest {share}  {cells.duration(length)}: {names}"
    # Rounded, so that a drawing does not show ten digits of a percentile.
    graph = graph_of(route, [round(getattr(step, "p99", None) or 0.0, 4) for step in steps])
    yield f"  plan at p99  {legend(graph)}"
    yield from (f"    {line}" for line in terminal_lines(graph))


def _proposals(
    route: CompiledRoute,
    measured: Iterable[snapshot.Step | None],
    upstreams: Mapping[str, snapshot.Upstream],
) -> Iterator[str]:
    for step, facts, seen in zip(route.plan.steps, route.facts, measured, strict=True):
        if seen is None or facts.inline:
            continue
        several = facts.cache is not None or facts.each is not None or facts.batch is not None
        timed = upstreams.get(facts.upstream.name) if several else seen
        found = [_optional(step, seen.failed)]
        if timed is not None and timed.p50 is not None and timed.p99 is not None:
            limit = route.plan.time_limit
            found = [_timeout(step, timed.p99, limit), _hedge(step, facts, timed.p50, timed.p99), *found]
        yield from (f"{step.name}: {words}" for words in found if words)


def _timeout(step: Step, p99: float, limit: float) -> str:
    if p99 >= step.timeout:
        more = min(_rounded(2 * step.timeout), _ROOM * limit)
        if more > step.timeout:
            return f"timeout: {_key(more)}; calls end by that of {seconds(step.timeout)} (p99 {_told(p99)})"
        return f"calls end by the timeout of {seconds(step.timeout)}, and the time limit has no room for more"
    enough = max(_rounded(ENOUGH * p99), _SHORTEST)
    if step.timeout > FAR * p99 and enough < step.timeout:
        return f"timeout: {_key(enough)} in place of {seconds(step.timeout)}, as p99 is {_told(p99)}"
    return ""


def _hedge(step: Step, facts: StepFacts, p50: float, p99: float) -> str:
    if facts.extras.hedge is not None or not step.repeatable or p99 < max(TAIL * p50, _SHORTEST):
        return ""
    return f"hedge: {{ after: p95 }}, as p99 is {_told(p99)} and p50 {_told(p50)}"


def _optional(step: Step, failed: float) -> str:
    if not step.required or step.stand_in is not None or failed < OFTEN:
        return ""
    return f"required: false, or a fallback: {cells.share(failed)} of its calls fail, each with its request"


def _rounded(length: float) -> float:
    """*length* in seconds, rounded up to what people write."""
    unit = 10.0 ** floor(log10(length))
    return next(figure * unit for figure in _FIGURES if figure * unit >= length * (1 - 1e-9))


def _key(length: float) -> str:
    """A duration as a configuration has it."""
    return f"{length * 1000:g}ms" if length < 1 else f"{length:g}s"


def _told(length: float) -> str:
    return cells.duration(length)

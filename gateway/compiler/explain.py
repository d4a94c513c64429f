"""A compiled configuration as text for people: what is called, when, how long it may take, what guards it.

Deterministic, so that golden files can hold it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.compiler.explain_answer import explain_answer
from gateway.compiler.explain_upstream import drawn_on, explain_upstream, hedge_words
from gateway.compiler.graph import waves
from gateway.compiler.outlook import best_case, calls_of, failing, graph_of, longest_calls
from gateway.compiler.stores import MEMORY, NEAR
from gateway.compiler.words import seconds, share, size, written
from gateway.compiler.worst_case import critical_path, idle_bounds
from gateway.drawing.terminal import legend, terminal_lines
from gateway.edge.admission import SHARES, Priority
from gateway.stores.redis_settings import RedisSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.compiler.compile import Compiled
    from gateway.compiler.routes import CompiledRoute
    from gateway.compiler.step import StepFacts
    from gateway.config import CacheSpec, Config
    from gateway.edge.inputs import Input
    from gateway.plan.model import Step


def explain_all(compiled: Compiled, config: Config) -> str:
    """The gateway itself, every upstream, then every route."""
    drawn = drawn_on(compiled.routes.values())
    upstreams = [
        line
        for name, upstream in compiled.upstreams.items()
        for line in explain_upstream(upstream, drawn=name in drawn)
    ]
    routes = [explain_route(route) for route in compiled.routes.values()]
    own = ["server", *_server(config), ""]
    stores = list(_stores(compiled, config))
    if stores:
        own += ["stores", *stores, ""]
    return "\n".join([*own, "upstreams", *upstreams, "", ""]) + "\n".join(routes)


def explain_route(route: CompiledRoute) -> str:
    """One route: its inputs, its steps in the order in which they can start, its answer, its worst case."""
    plan, spec = route.plan, route.spec
    lines = [f"{route.key}", f"  time limit   {seconds(plan.time_limit)}"]
    if spec.priority != "normal":
        lines.append(f"  priority     {spec.priority}")
    if route.inputs:
        lines.append(f"  reads        {', '.join(map(_input, route.inputs))}")
    lines += _picture(route)
    names = [step.name for step in plan.steps]
    edges = {step.name: [names[i] for i in (*step.needs, *step.awaits)] for step in plan.steps}
    for number, wave in enumerate(waves(edges), start=1):
        title = "starts at once" if number == 1 else "starts when what it needs has ended"
        lines.append(f"  wave {number}       {title}")
        for name in wave:
            index = names.index(name)
            lines += _step(plan.steps[index], route.facts[index], names)
    lines += [f"  fails if     {_required(plan.steps)}", *explain_answer(route)]
    lines += [f"  shaped       {stage}" for stage in route.shape]
    if spec.degraded == "header":
        lines.append("  degraded     named in the header only")
    lines += _outlook(route)
    lines.append(f"  worst case   {_worst_case(route)}")
    for step, facts in zip(plan.steps, route.facts, strict=True):
        lines += [f"  WARNING      {step.name}: {it}" for it in idle_bounds(step, facts, plan.time_limit)]
    lines += [f"  WARNING      {it}" for it in _idle_undos(route)]
    return "\n".join([*lines, ""])


def _idle_undos(route: CompiledRoute) -> Iterable[str]:
    """Undos that nothing but a leaving client sets off, which is hardly what was meant."""
    steps = route.plan.steps
    for step, facts in zip(steps, route.facts, strict=True):
        others = any(other.required for other in steps if other is not step)
        if facts.undo and not others and route.spec.merge is None:
            yield f"{step.name}: no other step is required, so it is only undone if the client leaves"


def _server(config: Config) -> Iterable[str]:
    server = config.server
    if server.admission is None:
        yield "  admission    off"
    else:
        shares = ", ".join(f"{p.name.lower()} up to {share(SHARES[p])}" for p in Priority)
        yield f"  admission    {server.admission.in_flight} requests at once; {shares}"
    header = server.timeout_header
    yield f"  time limit   {f'shortened by {header}' if header else 'never shortened by clients'}"


def _stores(compiled: Compiled, config: Config) -> Iterable[str]:
    facts = [each for route in compiled.routes.values() for each in route.facts]
    if any(each.cache is not None and each.cache.store is None for each in facts):
        yield f"  (common)  memory, {size(MEMORY)}"
    for name, spec in config.stores.items():
        if spec.redis is None:
            yield f"  {name}  memory, {size(spec.memory or 0)}"
            continue
        told = written(spec.redis)
        where = RedisSettings(url=spec.redis).address if told == spec.redis else told
        near = f"behind {size(NEAR if spec.memory is None else spec.memory)} of memory"
        yield f"  {name}  {where}, {near}; {seconds(spec.timeout)} for an answer, else as if it knew nothing"


def _step(step: Step, facts: StepFacts, names: list[str]) -> list[str]:
    words = [("required" if step.required else "optional") + (f" ({facts.reason})" if facts.reason else "")]
    words += ["fallback"] if step.stand_in is not None else []
    words += [] if step.repeatable else ["not repeatable: sent at most once, never cut once sent"]
    cut = " (cut to fit the time limit)" if facts.shortened else ""
    takes = f"; one attempt takes at most {seconds(step.timeout)}{cut}" if facts.upstream.layers else ""
    lines = [f"    {step.name}  {facts.target}", f"      {', '.join(words)}{takes}"]
    if step.needs:
        lines.append(f"      needs {', '.join(names[i] for i in step.needs)}")
    if step.awaits:
        lines.append(f"      waits for {', '.join(names[i] for i in step.awaits)}, runs without if need be")
    lines += [f"      {line}" for line in (*_several(facts), *_attempts(step, facts), *_sharing(facts))]
    lines += [f"      {facts.undo}"] if facts.undo else []
    lines += ["      its example answers in `gateway try --mock`"] if facts.example else []
    lines += [f"      only when {facts.when}; else null"] if facts.when else []
    lines += [f"      shaped: {stage}" for stage in facts.shape]
    lines.append(f"      {' > '.join([*facts.layers, facts.upstream.name])}")
    return lines


def _several(facts: StepFacts) -> Iterable[str]:
    """Where one call is made many times, or many are made one."""
    each, batch = facts.each, facts.batch
    if each is not None:
        at_once = "all" if batch is not None else str(each.concurrency)
        failed = "is null" if each.items == "optional" else "fails the step"
        yield f"for each of {written(each.of)}: {at_once} at once, at most {each.max_items}"
        yield f"an item that fails {failed}"
    if batch is not None:
        wait = f"for {seconds(batch.window)}" if batch.window else "at one moment"
        place = f" at {written(batch.at)}" if batch.at is not None else ""
        form = f"an object{place}, by its members"
        if batch.by is not None:
            form = f"a list{place}, by `{batch.by}`{', as many as there are' if batch.many else ''}"
        yield f"gathers what asks for {written(batch.key)} {wait}, up to {batch.max_size} keys a call"
        yield f"each gets its own of {form}"


def _attempts(step: Step, facts: StepFacts) -> Iterable[str]:
    retry, hedge = facts.extras.retry, facts.extras.hedge
    words = []
    if retry is not None:
        unsent = "" if step.repeatable else ", but only if nothing was sent"
        words.append(f"up to {retry.attempts} attempts{unsent}")
    if hedge is not None:
        words.append(f"a second one beside the first {hedge_words(hedge)}")
    if words:
        yield "; ".join(words)


def _sharing(facts: StepFacts) -> Iterable[str]:
    if "send once" in facts.layers:
        yield "sent once if another step makes an equal call"
    if "coalesce" in facts.layers:
        yield "sent once for all requests that make an equal call meanwhile"
    if facts.cache is not None:
        yield from _cache(facts.cache)


def _cache(cache: CacheSpec) -> Iterable[str]:
    longest = "at most " if cache.cache_control else ""
    words = [f"answers are kept for {longest}{seconds(cache.ttl)}"]
    words += ["as the upstream's Cache-Control allows"] if cache.cache_control else []
    words += [f"in {cache.store}"] if cache.store else []
    yield ", ".join(words)
    if cache.stale_while_revalidate:
        yield f"for {seconds(cache.stale_while_revalidate)} more while a new one is asked for"
    if cache.stale_if_error:
        yield f"for {seconds(cache.stale_if_error)} more in place of a failure"
    if cache.key is not None:
        yield f"told apart by {', '.join(map(written, cache.key))} and whatever is personal"


def _picture(route: CompiledRoute) -> Iterable[str]:
    """The plan as a drawing, if there is anything to see."""
    if len(route.plan.steps) > 1:
        graph = graph_of(route)
        yield f"  plan         {legend(graph)}"
        yield from (f"    {line}" for line in terminal_lines(graph))


def _outlook(route: CompiledRoute) -> Iterable[str]:
    """What becomes of the answer if a step fails, how many calls it takes, and how long at best."""
    title = "if it fails"
    for name, words in failing(route):
        yield f"  {title:11}  {name}: {words}"
        title = ""
    calls = calls_of(route)
    yield f"  calls        {calls.usual} of upstreams if all goes well; from {calls.fewest} to {calls.most}"
    path, length = best_case(route)
    yield f"  best case    {_length(route, path, length)}, if first attempts answer and nothing waits"


def _worst_case(route: CompiledRoute) -> str:
    """The critical path, and how long it takes if everything on it takes as long as it may."""
    return _length(route, *critical_path(route.plan.steps, longest_calls(route)))


def _length(route: CompiledRoute, path: Iterable[int], length: float) -> str:
    plan = route.plan
    steps = " > ".join(plan.steps[index].name for index in path)
    cut = f", cut at {seconds(plan.time_limit)}" if length > plan.time_limit else ""
    return f"{seconds(length)}{cut}: {steps}"


def _required(steps: Iterable[Step]) -> str:
    names = [step.name for step in steps if step.required]
    every = "no step answers"
    return f"{' or '.join(names)} does not answer, or {every}" if names else every


def _input(wanted: Input) -> str:
    many = "[]" if wanted.many else ""
    return f"{wanted.name}{many}:{wanted.type}{'' if wanted.required else ' (optional)'}"

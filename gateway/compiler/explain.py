"""A compiled configuration as text for people: what is called, when, how long it may take, what guards it.

Deterministic, so that golden files can hold it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.compiler.graph import waves
from gateway.config import ABSENT
from gateway.transport.codings import ACCEPTED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.compiler.compile import Compiled
    from gateway.compiler.routes import CompiledRoute
    from gateway.compiler.step import StepFacts
    from gateway.compiler.upstreams import Upstream
    from gateway.config import Config, UpstreamSpec
    from gateway.edge.inputs import Input
    from gateway.plan.model import Step


def explain_all(compiled: Compiled, config: Config) -> str:
    """Every upstream, then every route."""
    upstreams = [
        line for name, spec in config.upstreams.items() for line in _upstream(compiled.upstreams[name], spec)
    ]
    routes = [explain_route(route) for route in compiled.routes.values()]
    return "\n".join(["upstreams", *upstreams, "", ""]) + "\n".join(routes)


def explain_route(route: CompiledRoute) -> str:
    """One route: its inputs, its steps in the order in which they can start, and its answer."""
    plan, spec = route.plan, route.spec
    lines = [f"{route.key}", f"  time limit   {_seconds(plan.time_limit)}"]
    if route.inputs:
        lines.append(f"  reads        {', '.join(map(_input, route.inputs))}")
    names = [step.name for step in plan.steps]
    edges = {step.name: [names[i] for i in (*step.needs, *step.awaits)] for step in plan.steps}
    for number, wave in enumerate(waves(edges), start=1):
        title = "starts at once" if number == 1 else "starts when what it needs has ended"
        lines.append(f"  wave {number}       {title}")
        for name in wave:
            index = names.index(name)
            lines += _step(plan.steps[index], route.facts[index], names)
    lines += [f"  fails if     {_required(plan.steps)}", f"  answers      {_answer(route)}"]
    if spec.degraded == "header":
        lines.append("  degraded     named in the header only")
    return "\n".join([*lines, ""])


def _upstream(upstream: Upstream, spec: UpstreamSpec) -> Iterable[str]:
    transport = "http/2 by httpx" if spec.http2 else spec.transport
    told = transport if spec.propagate else f"{transport}, not propagated"
    yield f"  {upstream.name}  {upstream.address}  ({told})"
    yield from _connection(spec)
    connecting = min(spec.connect_timeout, spec.timeout)  # the one lies inside the other
    yield f"    timeout    {_seconds(spec.timeout)}, connecting {_seconds(connecting)}"
    if spec.breaker is None:
        yield "    breaker    off"
    else:
        b = spec.breaker
        window = f"at least {b.minimum_throughput} calls in {_seconds(b.sampling_window)}"
        opens = [f"{b.failure_ratio:.0%} of {window} fail"]
        if b.consecutive is not None:
            opens.append(f"{b.consecutive} fail in a row")
        if b.slow_call is not None:
            opens.append(f"{b.slow_ratio:.0%} take over {_seconds(b.slow_call)}")
        yield f"    breaker    opens when {', or when '.join(opens)}"
        yield (
            f"               for {_seconds(b.open_for)}, doubling up to {_seconds(b.max_open_for)}, "
            f"±{b.jitter:.0%}; {b.probes} probes close it"
        )
    if spec.bulkhead is None:
        yield "    bulkhead   off"
    else:
        waiting = f"{spec.bulkhead.waiting} more wait up to {_seconds(spec.bulkhead.max_wait)}"
        yield f"    bulkhead   {spec.bulkhead.slots} at once, {waiting}"
    yield f"    answers    up to {_size(spec.max_response)}"


def _connection(spec: UpstreamSpec) -> Iterable[str]:
    if spec.unix_socket is not None:
        yield f"    socket     {_written(spec.unix_socket)}"
    tls = spec.tls
    if tls is not None:
        words = [] if tls.verify else ["NOT VERIFIED: anybody can answer in this upstream's place"]
        words += [f"trusts only {_written(tls.ca)}"] if tls.ca is not None else []
        words += [f"shows {_written(tls.cert)}"] if tls.cert is not None else []
        words += [f"asks for {_written(tls.server_name)}"] if tls.server_name is not None else []
        yield f"    tls        {', '.join(words) or 'as the system says'}"
    if spec.compression:
        yield f"    accepts    {ACCEPTED.decode()}"


def _written(value: str) -> str:
    """What came from the environment is told by its name."""
    return str(getattr(value, "source", value))


def _step(step: Step, facts: StepFacts, names: list[str]) -> list[str]:
    words = [("required" if step.required else "optional") + (f" ({facts.reason})" if facts.reason else "")]
    words += ["fallback"] if step.stand_in is not None else []
    words += [] if step.repeatable else ["not repeatable: sent at most once, never cut once sent"]
    cut = " (cut to fit the time limit)" if facts.shortened else ""
    lines = [
        f"    {step.name}  {facts.target}",
        f"      {', '.join(words)}; one attempt takes at most {_seconds(step.timeout)}{cut}",
    ]
    if step.needs:
        lines.append(f"      needs {', '.join(names[i] for i in step.needs)}")
    if step.awaits:
        lines.append(f"      waits for {', '.join(names[i] for i in step.awaits)}, runs without if need be")
    lines.append(f"      {' > '.join([*facts.layers, facts.upstream.name])}")
    return lines


def _required(steps: Iterable[Step]) -> str:
    names = [step.name for step in steps if step.required]
    every = "no step answers"
    return f"{' or '.join(names)} does not answer, or {every}" if names else every


def _answer(route: CompiledRoute) -> str:
    spec = route.spec
    if spec.merge is not None:
        how = "merged deeply" if spec.merge.deep else "merged"
        return f"{spec.status}, {', '.join(spec.merge.steps)} {how}; on conflict: {spec.merge.on_conflict}"
    return f"{spec.status}, {'every part by its name' if spec.respond is ABSENT else 'as respond says'}"


def _input(wanted: Input) -> str:
    many = "[]" if wanted.many else ""
    return f"{wanted.name}{many}:{wanted.type}{'' if wanted.required else ' (optional)'}"


def _seconds(seconds: float) -> str:
    if seconds == float("inf"):
        return "unbounded"
    return f"{seconds * 1000:g} ms" if seconds < 1 else f"{seconds:g} s"


def _size(size: int) -> str:
    for unit, bytes_ in (("MiB", 2**20), ("KiB", 2**10)):
        if size % bytes_ == 0:
            return f"{size // bytes_} {unit}"
    return f"{size} B"

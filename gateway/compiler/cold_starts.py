"""What an upstream's cold starts are handled by: from its settings to a layer, a wire, and pings."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gateway.call import Call, stack
from gateway.compiler.words import seconds
from gateway.config import UpstreamSpec
from gateway.layers.bulkhead import limiting
from gateway.layers.circuit_state import CircuitState
from gateway.layers.cold_start import Unhurried, allowing_cold_starts, unhurried
from gateway.layers.prewarm import Prewarm, PrewarmRules
from gateway.layers.timeout import timing_out
from gateway.layers.warmth import Warmth

if TYPE_CHECKING:
    from gateway.call import Layer
    from gateway.compiler.kinds.kind import Running
    from gateway.compiler.shared import Shared
    from gateway.config import UpstreamSettings
    from gateway.layers.breaker import Breaker
    from gateway.layers.bulkhead import Bulkhead

PING_TIMEOUT: Final = 10.0
"""Seconds that a ping may take where nothing is said: an environment has as long to start, on Lambda."""

INSIDE_LAMBDA: Final = "AWS_LAMBDA_FUNCTION_NAME"
"""Set inside of Lambda, where nothing runs between two requests: no interval is kept there."""


@dataclass(frozen=True, slots=True)
class ColdStarts:
    """What one address has against them. ``passing`` is the layer of calls whose answers are passed on.
    ``prewarm`` is ``None`` where nothing keeps it warm; ``wait`` is how
    many seconds start-up waits for it.
    """

    warmth: Warmth
    layer: Layer
    passing: Layer
    unhurried: Unhurried | None
    prewarm: Prewarm | None
    wait: float


def cold_starts_of(
    name: str,
    spec: UpstreamSpec,
    running: Running,
    shared: Shared,
    breaker: Breaker | None,
    bulkhead: Bulkhead | None,
) -> ColdStarts | None:
    """Those of the address *running*; ``None`` where nothing is said of them."""
    if spec.cold_timeout is None and spec.prewarm is None:
        return None
    warmth = Warmth(spec.cold_after)
    cold_timeout = spec.cold_timeout or spec.timeout
    circuit = breaker.circuit if breaker is not None else None
    return ColdStarts(
        warmth,
        allowing_cold_starts(warmth, cold_timeout, shared.clock, circuit),
        allowing_cold_starts(warmth, cold_timeout, shared.clock, circuit, _held),
        unhurried(spec.timeout, cold_timeout) if spec.cold_timeout is not None else None,
        _prewarm(name, spec, running, shared, breaker, bulkhead, warmth),
        spec.prewarm.wait if spec.prewarm is not None else 0.0,
    )


def interval(every: float, environ: Mapping[str, str]) -> float | None:
    """Seconds between two rounds; ``None``: there are none, because it is off or nothing runs in between."""
    return None if INSIDE_LAMBDA in environ else every or None


def _held(call: Call, ended: Callable[[], None]) -> bool:
    """An answer that is passed on keeps its environment busy until it is closed."""
    return bool(call.payload.hold(ended))


def cold_start_words(spec: UpstreamSettings) -> Iterable[tuple[str, str]]:
    """What ``explain`` tells of them: titles and words."""
    if not isinstance(spec, UpstreamSpec):
        return
    if spec.cold_timeout is not None:
        idle = seconds(spec.cold_after)
        yield "cold", f"up to {seconds(spec.cold_timeout)} for calls that need another environment than those"
        yield "", f"that answered in the last {idle}, and for probes of the circuit"
    said = spec.prewarm
    if said is None:
        return
    rounds = ["at start"] if not said.wait else [f"at start, which waits for them up to {seconds(said.wait)}"]
    rounds += [f"every {seconds(said.every)}"] if said.every else []
    rounds += ["when calls take the last one"] if said.grow else []
    yield "prewarm", f"{said.concurrency} environments: {', '.join(rounds)}"
    shortest, longest = said.hold
    if longest:
        held = seconds(longest) if shortest == longest else f"{seconds(shortest)} to {seconds(longest)}"
        yield "", f"by as many pings at once, each held inside for {held}"


def longest_attempt(timeout: float, spec: UpstreamSettings) -> float:
    """Seconds that an attempt takes at most whose step gives it *timeout*."""
    cold = spec.cold_timeout if isinstance(spec, UpstreamSpec) else None
    return timeout if cold is None else max(timeout, cold)


def cold_start_details(cold: ColdStarts, now: float) -> dict[str, Any]:
    """What is known of it now, for operators."""
    told: dict[str, Any] = {"cold_starts": cold.warmth.snapshot(now)}
    if cold.prewarm is not None:
        told["prewarm"] = cold.prewarm.snapshot()
    return told


def _prewarm(
    name: str,
    spec: UpstreamSpec,
    running: Running,
    shared: Shared,
    breaker: Breaker | None,
    bulkhead: Bulkhead | None,
    warmth: Warmth,
) -> Prewarm | None:
    said = spec.prewarm
    if said is None or running.ping is None:
        return None
    layers = [] if bulkhead is None else [limiting(bulkhead, shared.timers)]
    return Prewarm(
        stack(running.source, [*layers, timing_out(shared.timers)]),
        running.ping,
        warmth,
        PrewarmRules(
            concurrency=said.concurrency,
            timeout=said.timeout or spec.cold_timeout or PING_TIMEOUT,
            shortest=said.hold[0],
            longest=said.hold[1],
            every=interval(said.every, os.environ),
            grow=said.grow,
        ),
        name=name,
        clock=shared.clock,
        random=shared.random,
        well=lambda: breaker is None or breaker.circuit.state is CircuitState.CLOSED,
        buffered=shared.buffered,
    )

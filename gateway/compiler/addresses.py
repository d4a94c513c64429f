"""One address of an upstream → what exists once per address: client, breaker, bulkhead, and their stack.

An upstream has one address; for an HTTP one with several, compiler/upstreams.py puts a balance above them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from gateway.call import Source, stack
from gateway.compiler.cold_starts import ColdStarts, cold_starts_of
from gateway.compiler.kinds.kind import Opening, Running
from gateway.compiler.stacks import upstream_layers
from gateway.compiler.words import written
from gateway.config import ADAPTIVE
from gateway.layers.breaker import Breaker
from gateway.layers.bulkhead import Bulkhead
from gateway.layers.circuit_rules import CircuitRules
from gateway.layers.gradient import Gradient, GradientRules
from gateway.layers.ramp import Ramp
from gateway.recording import Change, Peer

if TYPE_CHECKING:
    from gateway.compiler.kinds.kind import Kind
    from gateway.compiler.shared import Shared
    from gateway.config import UpstreamSpec
    from gateway.layers.circuit_state import Transition
    from gateway.layers.observe import Meter
    from gateway.plan.direct import Wire
    from gateway.sources.client import Client
    from gateway.transport.warm import Warm

READY_WITHIN: Final = 1.0
"""Seconds that start-up waits for connections in advance; an upstream that is down must not hold it up."""

_AT: Final = " at "


@dataclass(frozen=True, slots=True, eq=False)
class Address:
    """One address, running. ``name`` is where it is, with ``${NAME}`` in place of what it stands for.

    ``source`` has layers 7–11 on; ``layers`` are their names, outermost first. ``gradient`` is ``None`` where
    slots are fixed. ``peer`` is how recordings name it, ``details`` what its kind knows of it now. ``cold``
    is what it has against cold starts, ``wire`` its source in two halves, if it has one of its own.
    """

    name: str
    client: Client
    peer: Peer
    source: Source
    details: Callable[[], Mapping[str, Any]]
    layers: tuple[str, ...] = ()
    breaker: Breaker | None = None
    bulkhead: Bulkhead | None = None
    gradient: Gradient | None = None
    ramp: Ramp | None = None
    warm: Warm | None = None
    cold: ColdStarts | None = None
    wire: Wire | None = None

    async def open(self) -> None:
        """Get ready, with the connections wanted in advance; an upstream that is down holds nobody up."""
        await self.client.open()
        if self.ramp is not None:
            self.ramp.begin()
        if self.warm is not None:
            self.warm.start()
            await self.warm.ready(READY_WITHIN)
        if self.cold is not None and self.cold.prewarm is not None:
            self.cold.prewarm.start()
            await self.cold.prewarm.ready(self.cold.wait)

    async def close(self) -> None:
        """Close every connection."""
        if self.warm is not None:
            self.warm.stop()
        if self.cold is not None and self.cold.prewarm is not None:
            self.cold.prewarm.stop()
        await self.client.close()


def build_address(
    upstream: str,
    address: str,
    kind: Kind,
    spec: UpstreamSpec,
    shared: Shared,
    meter: Meter,
    prepared: Any = None,
) -> Address:
    """Everything of one *address*, not opened yet; *prepared* is what *kind* made ready for it."""
    name = upstream if spec.urls is None else f"{upstream}{_AT}{written(address)}"
    running: Running = kind.run(Opening(upstream, name, address, spec, shared, prepared))
    bulkhead, gradient = _bulkhead(name, spec, shared)
    ramp = Ramp(bulkhead) if bulkhead is not None and spec.warm is not None and spec.warm.ramp else None
    breaker = _breaker(name, spec, shared, ramp, running.peer)
    if breaker is not None and spec.breaker is not None and spec.breaker.share is not None:
        shared.stores.share(spec.breaker.share, breaker.circuit, upstream, address)
    cold = cold_starts_of(name, spec, running, shared, breaker, bulkhead)
    made = Address(
        name=running.name,
        client=running.client,
        breaker=breaker,
        bulkhead=bulkhead,
        gradient=gradient,
        ramp=ramp,
        warm=running.warm,
        peer=running.peer,
        source=running.source,
        details=running.details,
        cold=cold,
        wire=running.wire,
    )
    return _layered(made, shared, meter)


def _layered(address: Address, shared: Shared, meter: Meter) -> Address:
    """*address* with its layers around its source."""
    cold = address.cold
    layers = upstream_layers(
        meter=meter,
        peer=address.peer,
        clock=shared.clock,
        timers=shared.timers,
        breaker=address.breaker,
        bulkhead=address.bulkhead,
        ramp=address.ramp,
        gradient=address.gradient,
        cold_starts=None if cold is None else cold.layer,
        unhurried=None if cold is None else cold.unhurried,
    )
    source = stack(address.source, [named.layer for named in layers])
    return replace(address, source=source, layers=tuple(named.text for named in layers))


def upstream_of(circuit: str) -> str:
    """The upstream that a circuit of this name belongs to; a circuit of one of several addresses names it."""
    return circuit.partition(_AT)[0]


def _bulkhead(name: str, spec: UpstreamSpec, shared: Shared) -> tuple[Bulkhead | None, Gradient | None]:
    """The bulkhead, and what adapts it."""
    if spec.bulkhead is None:
        return None, None
    fewest, first, most = spec.bulkhead.bounds
    bulkhead = Bulkhead(first, spec.bulkhead.waiting, spec.bulkhead.max_wait, name)
    if spec.bulkhead.slots != ADAPTIVE:
        return bulkhead, None
    return bulkhead, Gradient(GradientRules(least=fewest, first=first, most=most), shared.random)


def _breaker(name: str, spec: UpstreamSpec, shared: Shared, ramp: Ramp | None, peer: Peer) -> Breaker | None:
    if spec.breaker is None:
        return None

    def listener(transition: Transition) -> None:
        if ramp is not None:
            ramp.notice(transition)
        old, new, reason, detail = transition.old, transition.new, transition.reason, transition.detail
        peer.changes.append(Change(shared.clock(), old, new, reason, detail))
        shared.listener(transition)

    rules = CircuitRules(
        failure_ratio=spec.breaker.failure_ratio,
        minimum_throughput=spec.breaker.minimum_throughput,
        sampling_window=spec.breaker.sampling_window,
        consecutive=spec.breaker.consecutive,
        open_for=spec.breaker.open_for,
        max_open_for=spec.breaker.max_open_for,
        jitter=spec.breaker.jitter,
        probes=spec.breaker.probes,
        slow_call=spec.breaker.slow_call,
        slow_ratio=spec.breaker.slow_ratio,
        timeout=spec.timeout,
    )
    return Breaker(name=name, rules=rules, clock=shared.clock, random=shared.random, listener=listener)

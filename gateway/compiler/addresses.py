"""One address of an upstream → what exists once per address: transport, breaker, bulkhead, and their stack.

An upstream with one url has one address; for several, compiler/upstreams.py puts a balance above them.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gateway.call import Source, stack
from gateway.compiler.stacks import upstream_layers
from gateway.config import ADAPTIVE
from gateway.layers.breaker import Breaker
from gateway.layers.bulkhead import Bulkhead
from gateway.layers.circuit_rules import CircuitRules
from gateway.layers.gradient import Gradient, GradientRules
from gateway.layers.ramp import Ramp
from gateway.recording import Change, Peer
from gateway.sources.http import http_source
from gateway.transport.codings import ACCEPTED
from gateway.transport.decoding import DecodingTransport
from gateway.transport.h1 import H1Transport
from gateway.transport.httpx import HttpxTransport
from gateway.transport.origin import Origin
from gateway.transport.warm import Warm

if TYPE_CHECKING:
    from gateway.compiler.shared import Shared
    from gateway.config import UpstreamSpec
    from gateway.layers.circuit_state import Transition
    from gateway.layers.observe import Meter
    from gateway.transport.exchange import Transport

NO_BULKHEAD_POOL: Final = 1000
"""Connections of an upstream whose bulkhead is off: the default bulkhead's slots."""

NO_BULKHEAD_WAIT: Final = 0.1
"""Seconds a call waits for one of them: the default bulkhead's ``max_wait``."""

READY_WITHIN: Final = 1.0
"""Seconds that start-up waits for connections in advance; an upstream that is down must not hold it up."""

_AT: Final = " at "


@dataclass(frozen=True, slots=True)
class WireOptions:
    """What does not stand in the upstream's spec: a TLS *context* in place of the system's settings, and the
    answer headers to *keep*, because some layer of a step wants to see them.
    """

    context: ssl.SSLContext | None = None
    keep: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Address:
    """One address, running. ``name`` is the configured URL, with ``${NAME}`` in place of what it stands for.

    ``source`` has layers 7–11 on; ``layers`` are their names, outermost first. ``gradient`` is ``None`` where
    slots are fixed. ``peer`` is how recordings name it.
    """

    name: str
    transport: Transport
    breaker: Breaker | None
    bulkhead: Bulkhead | None
    gradient: Gradient | None
    ramp: Ramp | None
    warm: Warm | None
    peer: Peer
    source: Source
    layers: tuple[str, ...]

    async def open(self) -> None:
        """Get ready, with the connections wanted in advance; an upstream that is down holds nobody up."""
        await self.transport.open()
        if self.ramp is not None:
            self.ramp.begin()
        if self.warm is not None:
            self.warm.start()
            await self.warm.ready(READY_WITHIN)

    async def close(self) -> None:
        """Close every connection."""
        if self.warm is not None:
            self.warm.stop()
        await self.transport.close()


def build_address(
    upstream: str, url: str, spec: UpstreamSpec, shared: Shared, meter: Meter, wire: WireOptions
) -> Address:
    """Everything of one address, not opened yet."""
    written = str(getattr(url, "source", url))
    name = upstream if spec.urls is None else f"{upstream}{_AT}{written}"
    bulkhead, gradient = _bulkhead(name, spec, shared)
    ramp = Ramp(bulkhead) if bulkhead is not None and spec.warm is not None and spec.warm.ramp else None
    origin = Origin.of(url)
    peer = Peer(upstream, origin.scheme, origin.host, origin.port)
    breaker = _breaker(name, spec, shared, ramp, peer)
    if breaker is not None and spec.breaker is not None and spec.breaker.share is not None:
        shared.stores.share(spec.breaker.share, breaker.circuit, upstream, url)
    transport = _transport(url, spec, shared, wire.context)
    layers = upstream_layers(
        meter=meter,
        peer=peer,
        clock=shared.clock,
        timers=shared.timers,
        breaker=breaker,
        bulkhead=bulkhead,
        ramp=ramp,
        gradient=gradient,
    )
    source = http_source(
        transport, shared.buffered, propagate=spec.propagate, clock=shared.clock, keep=wire.keep
    )
    return Address(
        name=written,
        transport=transport,
        breaker=breaker,
        bulkhead=bulkhead,
        gradient=gradient,
        ramp=ramp,
        warm=_warm(name, transport, spec),
        peer=peer,
        source=stack(source, [named.layer for named in layers]),
        layers=tuple(named.text for named in layers),
    )


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


def _warm(name: str, transport: Transport, spec: UpstreamSpec) -> Warm | None:
    inner = transport.inner if isinstance(transport, DecodingTransport) else transport
    if spec.warm is None or not spec.warm.connections or not isinstance(inner, H1Transport):
        return None
    return Warm(inner, spec.warm.connections, name)


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


def _transport(url: str, spec: UpstreamSpec, shared: Shared, context: ssl.SSLContext | None) -> Transport:
    options: dict[str, Any] = {
        "limit": spec.bulkhead.bounds[2] if spec.bulkhead is not None else NO_BULKHEAD_POOL,
        "max_wait": spec.bulkhead.max_wait if spec.bulkhead is not None else NO_BULKHEAD_WAIT,
        "connect_timeout": spec.connect_timeout,
        "max_response": spec.max_response,
        "buffered": shared.buffered,
        "timers": shared.timers,
        "ssl_context": context,
        "server_name": spec.tls.server_name if spec.tls is not None else None,
        "unix_socket": spec.unix_socket,
    }
    if spec.compression:
        options["accept"] = ACCEPTED
    origin = Origin.of(url)
    transport: Transport
    if spec.transport == "httpx":
        transport = HttpxTransport(origin, http2=spec.http2, proxy=spec.proxy, **options)
    else:
        transport = H1Transport(origin, **options)
    if spec.compression:
        transport = DecodingTransport(transport, max_response=spec.max_response, buffered=shared.buffered)
    return transport

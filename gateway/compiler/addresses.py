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
from gateway.sources.http import http_source
from gateway.transport.codings import ACCEPTED
from gateway.transport.decoding import DecodingTransport
from gateway.transport.h1 import H1Transport
from gateway.transport.httpx import HttpxTransport
from gateway.transport.origin import Origin

if TYPE_CHECKING:
    from gateway.compiler.shared import Shared
    from gateway.config import UpstreamSpec
    from gateway.layers.observe import Meter
    from gateway.transport.exchange import Transport

NO_BULKHEAD_POOL: Final = 1000
"""Connections of an upstream whose bulkhead is off: the default bulkhead's slots."""

NO_BULKHEAD_WAIT: Final = 0.1
"""Seconds a call waits for one of them: the default bulkhead's ``max_wait``."""

_AT: Final = " at "


@dataclass(frozen=True, slots=True, eq=False)
class Address:
    """One address, running. ``name`` is the configured URL, with ``${NAME}`` in place of what it stands for.

    ``source`` has layers 7–11 on; ``layers`` are their names, outermost first. ``gradient`` is ``None`` where
    slots are fixed.
    """

    name: str
    transport: Transport
    breaker: Breaker | None
    bulkhead: Bulkhead | None
    gradient: Gradient | None
    source: Source
    layers: tuple[str, ...]


def build_address(
    upstream: str, url: str, spec: UpstreamSpec, shared: Shared, meter: Meter, context: ssl.SSLContext | None
) -> Address:
    """Everything of one address, not opened yet."""
    written = str(getattr(url, "source", url))
    name = upstream if spec.urls is None else f"{upstream}{_AT}{written}"
    breaker = _breaker(name, spec, shared)
    if breaker is not None and spec.breaker is not None and spec.breaker.share is not None:
        shared.stores.share(spec.breaker.share, breaker.circuit, upstream, url)
    bulkhead = gradient = None
    if spec.bulkhead is not None:
        fewest, first, most = spec.bulkhead.bounds
        bulkhead = Bulkhead(first, spec.bulkhead.waiting, spec.bulkhead.max_wait, name)
        if spec.bulkhead.slots == ADAPTIVE:
            gradient = Gradient(GradientRules(least=fewest, first=first, most=most), shared.random)
    transport = _transport(url, spec, shared, context)
    layers = upstream_layers(
        meter=meter,
        clock=shared.clock,
        timers=shared.timers,
        breaker=breaker,
        bulkhead=bulkhead,
        gradient=gradient,
    )
    source = http_source(transport, shared.buffered, propagate=spec.propagate, clock=shared.clock)
    return Address(
        name=written,
        transport=transport,
        breaker=breaker,
        bulkhead=bulkhead,
        gradient=gradient,
        source=stack(source, [named.layer for named in layers]),
        layers=tuple(named.text for named in layers),
    )


def upstream_of(circuit: str) -> str:
    """The upstream that a circuit of this name belongs to; a circuit of one of several addresses names it."""
    return circuit.partition(_AT)[0]


def _breaker(name: str, spec: UpstreamSpec, shared: Shared) -> Breaker | None:
    if spec.breaker is None:
        return None
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
    return Breaker(name=name, rules=rules, clock=shared.clock, random=shared.random, listener=shared.listener)


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

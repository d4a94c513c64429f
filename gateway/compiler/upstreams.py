"""An upstream's spec → the running upstream that its steps share: transport, breaker, bulkhead, stack."""

from __future__ import annotations

import random
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gateway.call import Source, stack
from gateway.compiler.stacks import Clock, Named, upstream_layers
from gateway.layers.breaker import Breaker
from gateway.layers.bulkhead import Bulkhead
from gateway.layers.circuit_rules import CircuitRules
from gateway.sources.http import http_source
from gateway.transport.codings import ACCEPTED
from gateway.transport.decoding import DecodingTransport
from gateway.transport.h1 import H1Transport
from gateway.transport.httpx import HttpxTransport
from gateway.transport.origin import Origin

if TYPE_CHECKING:
    from gateway.buffered import Buffered
    from gateway.config import UpstreamSpec
    from gateway.layers.circuit_state import Listener
    from gateway.layers.observe import Meter
    from gateway.timers import Timers
    from gateway.transport.exchange import Transport

NO_BULKHEAD_POOL = 1000
"""Connections of an upstream whose bulkhead is off: the default bulkhead's slots."""

NO_BULKHEAD_WAIT = 0.1
"""Seconds a call waits for one of them: the default bulkhead's ``max_wait``."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all upstreams of a process share."""

    timers: Timers
    buffered: Buffered
    clock: Clock
    meter: Callable[[str], Meter]
    listener: Listener


@dataclass(frozen=True, slots=True, eq=False)
class Upstream:
    """A running upstream. ``source`` has its layers on; ``layers`` are their names, outermost first.

    ``address`` is the configured URL for operators, with ``${NAME}`` in place of what it stands for.
    ``base_path`` is the url's path as it stands there.
    """

    name: str
    address: str
    base_path: str
    timeout: float
    transport: Transport
    breaker: Breaker | None
    bulkhead: Bulkhead | None
    source: Source
    layers: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Upstream {self.name} at {self.address}>"


def build_upstream(
    name: str, spec: UpstreamSpec, shared: Shared, context: ssl.SSLContext | None = None
) -> Upstream:
    """Everything of one upstream, not opened yet; *context* replaces TLS with the system's settings."""
    breaker = _breaker(name, spec, shared)
    bulkhead = None
    address = spec.addresses[0]
    if spec.bulkhead is not None:
        bulkhead = Bulkhead(spec.bulkhead.bounds[2], spec.bulkhead.waiting, spec.bulkhead.max_wait, name)
    transport = _transport(spec, shared, context)
    layers: list[Named] = upstream_layers(
        meter=shared.meter(name),
        clock=shared.clock,
        timers=shared.timers,
        breaker=breaker,
        bulkhead=bulkhead,
    )
    source = http_source(transport, shared.buffered, propagate=spec.propagate, clock=shared.clock)
    return Upstream(
        name=name,
        address=getattr(address, "source", address),
        base_path=urlsplit(address).path,
        timeout=spec.timeout,
        transport=transport,
        breaker=breaker,
        bulkhead=bulkhead,
        source=stack(source, [named.layer for named in layers]),
        layers=tuple(named.text for named in layers),
    )


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
    return Breaker(name=name, rules=rules, clock=shared.clock, random=random.random, listener=shared.listener)


def _transport(spec: UpstreamSpec, shared: Shared, context: ssl.SSLContext | None) -> Transport:
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
    origin = Origin.of(spec.addresses[0])
    transport: Transport
    if spec.transport == "httpx":
        transport = HttpxTransport(origin, http2=spec.http2, proxy=spec.proxy, **options)
    else:
        transport = H1Transport(origin, **options)
    if spec.compression:
        transport = DecodingTransport(transport, max_response=spec.max_response, buffered=shared.buffered)
    return transport

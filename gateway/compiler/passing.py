"""A route with ``proxy:`` → its upstream as a source of answers that are passed on, and the route's endpoint.

The upstream's breaker, bulkhead, ramp and budget are the same as for every other step that uses it; only the
layers that must let go later are others (see ``layers.passing``). The order is that of ``stacks``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

from gateway.call import Source, stack
from gateway.config import ANY
from gateway.edge.forwarding import Forwarding
from gateway.edge.passing import Passing
from gateway.layers.breaker import refusing_while_open
from gateway.layers.observe import observing_attempts
from gateway.layers.passing import (
    balancing_answers,
    closing_earlier_answers,
    judging_heads,
    limiting_answers,
)
from gateway.layers.ramp import ramping
from gateway.layers.timeout import timing_out
from gateway.sources.passing import passing_source
from gateway.transport.decoding import DecodingTransport

if TYPE_CHECKING:
    from gateway.call import Layer
    from gateway.compiler.addresses import Address
    from gateway.compiler.names import Use
    from gateway.compiler.shared import Shared
    from gateway.compiler.upstreams import Upstream
    from gateway.config import ProxySpec, RouteSpec, UpstreamSpec
    from gateway.transport.exchange import Transport
    from gateway.transport.h1 import H1Transport


def passing_upstream(
    upstream: Upstream, spec: UpstreamSpec, shared: Shared, *, tunnels: bool = False
) -> Upstream:
    """*upstream*, an HTTP one, as a source of answers that are passed on, or of *tunnels* for WebSockets."""
    stacks = [_address_stack(address, spec, shared, tunnels=tunnels) for address in upstream.addresses]
    source, layers = stacks[0]
    if upstream.balance is not None:
        source = balancing_answers(upstream.balance, [each for each, _ in stacks], shared.clock)
        layers = ("balance", *layers)
    return replace(upstream, source=source, direct=None, layers=layers)


def _address_stack(
    address: Address, spec: UpstreamSpec, shared: Shared, *, tunnels: bool
) -> tuple[Source, tuple[str, ...]]:
    """The layers of one address around its wire, and their names."""
    clock, timers, upstream = shared.clock, shared.timers, address.peer.upstream
    breaker, bulkhead, ramp, cold = address.breaker, address.bulkhead, address.ramp, address.cold
    unhurried = cold.unhurried if cold is not None else None
    rows: list[tuple[str, Layer | None]] = [
        ("close earlier answers", closing_earlier_answers()),
        ("observe attempt", observing_attempts(shared.meter(upstream), clock, address.peer)),
        ("breaker gate", refusing_while_open(breaker, clock) if breaker is not None else None),
        ("bulkhead", limiting_answers(bulkhead, timers) if bulkhead is not None else None),
        ("ramp", ramping(ramp) if ramp is not None else None),
        ("cold starts", cold.passing if cold is not None else None),
        ("breaker permit", judging_heads(breaker, clock, unhurried) if breaker is not None else None),
        ("time to the head", timing_out(timers)),
    ]
    if tunnels:
        from gateway.sources.tunnels import tunnel_source  # noqa: PLC0415 - its library is an extra

        client = address.client
        inner = cast("H1Transport", client.inner if isinstance(client, DecodingTransport) else client)
        wire = tunnel_source(inner, timers, propagate=spec.propagate, clock=clock)
    else:
        client = cast("Transport", address.client)
        wire = passing_source(client, timers, propagate=spec.propagate, clock=clock)
    present = [(name, layer) for name, layer in rows if layer is not None]
    return stack(wire, [layer for _, layer in present]), tuple(name for name, _ in present)


def passing_faults(
    route: RouteSpec, upstreams: Mapping[str, UpstreamSpec], uses: Iterable[Use]
) -> Iterable[tuple[tuple[str, ...], str, str]]:
    """What *route* cannot pass on: the key under ``proxy``, what is wrong, the remedy."""
    if route.proxy is None:
        return
    for use in uses:
        if use.slot is not None and use.slot.root == "body":
            yield (), f"`{{{use.ref.text}}}`: a body that is passed on is not looked into", ""
    upstream = upstreams.get(next(iter(route.steps.values())).upstream)
    if upstream is None or not route.proxy.websocket:
        return
    if upstream.auth is not None:
        yield ("websocket",), "WebSockets are not signed", "pass on to an upstream without `auth`"
    if upstream.transport != "h1":
        yield ("websocket",), "WebSockets are passed on over HTTP/1.1 only", "write transport: h1"
    if route.method not in {"GET", ANY}:
        yield ("websocket",), "a WebSocket begins with GET", "write GET, or ANY, in the route's key"
    if find_spec("websockets") is None:
        yield ("websocket",), "WebSockets need a library", "pip install 'fanin-gateway[websocket]'"


def passing_of(route: RouteSpec, proxy: ProxySpec, *, expose_timing: bool) -> Passing:
    """What the endpoint of *route* is told."""
    step = next(iter(route.steps.values()))
    forward = proxy.forward
    return Passing(
        forwarding=Forwarding(
            forward.headers,
            forward.cookies,
            forward.query,
            set_headers=step.headers,
            withheld=proxy.withhold,
        ),
        idle_timeout=proxy.idle_timeout,
        most=proxy.max_body,
        headers={name.lower().encode(): value.encode("latin-1") for name, value in route.headers.items()},
        expose_timing=expose_timing,
    )

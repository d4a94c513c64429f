"""Function URLs: an HTTP upstream whose requests are signed, and the pings that keep one warm."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gateway.compiler.signing import region_of, signed, signing_details
from gateway.sources.lambda_url import url_ending
from gateway.sources.signed import SignedWire, signed_source
from gateway.transport.exchange import Request
from gateway.transport.h1 import H1Transport

if TYPE_CHECKING:
    from gateway.compiler.kinds.kind import Opening, Running
    from gateway.config.cold_starts import PrewarmSpec
    from gateway.transport.exchange import Transport
    from gateway.transport.origin import Origin


def signed_running(
    running: Running, transport: Transport, origin: Origin, opening: Opening, keep: frozenset[bytes]
) -> Running:
    """*running*, which calls *transport*, as one whose requests are signed."""
    spec, shared = opening.spec, opening.shared
    auth = spec.auth
    assert auth is not None, "only such upstreams are signed"
    client = signed(
        transport,
        origin,
        shared,
        region=region_of(auth.region, opening.address),
        service=auth.service,
        credentials=auth.credentials,
    )
    ending = url_ending(shared.buffered, keep=keep)
    direct = isinstance(transport, H1Transport)
    wire = SignedWire(client, ending, propagate=spec.propagate, clock=shared.clock) if direct else None
    return replace(
        running,
        client=client,
        source=signed_source(client, ending, propagate=spec.propagate, clock=shared.clock),
        details=partial(signing_details, client),
        wire=wire,
    )


def url_ping(address: str, prewarm: PrewarmSpec) -> Callable[[float], Request]:
    """What makes the pings of a URL: marked as such, and with the milliseconds that each is to be held."""
    base = urlsplit(address).path
    path = base.rstrip("/") + "/" + (prewarm.path or "").removeprefix("/") if prewarm.path else base or "/"
    target = path.encode()

    def ping(hold: float) -> Request:
        headers = b"x-gateway-warmup: 1\r\n"
        if prewarm.hold[1]:
            headers += b"x-gateway-hold-ms: %d\r\n" % (hold * 1000)
        if prewarm.payload is None:
            return Request("GET", target, headers)
        body = json.dumps(held(prewarm, hold)).encode()
        return Request("POST", target, headers + b"content-type: application/json\r\n", body)

    return ping


def held(prewarm: PrewarmSpec, hold: float) -> dict[str, object]:
    """The payload of a ping, with the milliseconds that it is to be held."""
    return {**(prewarm.payload or {}), **({"hold_ms": int(hold * 1000)} if prewarm.hold[1] else {})}

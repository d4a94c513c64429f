"""A KrakenD endpoint of the encoding ``no-op`` → a route that passes an upstream's answer on as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.config.proxying import FORBIDDEN
from gateway.importing.krakend.client_headers import passed_headers
from gateway.importing.krakend.pattern import Names, Uncarried, call_of, called_path
from gateway.importing.krakend.upstreams import upstream_of

if TYPE_CHECKING:
    from gateway.importing.foreign import At
    from gateway.importing.krakend.backend import Forwarded
    from gateway.importing.krakend.service import Service

NO_OP = "no-op"


def proxy_of(backend: At, forwarded: Forwarded, timeout: str, service: Service) -> dict[str, Any]:
    """What stands under ``proxy:``. Raises `Uncarried` if there can be no such route."""
    method = backend["method"].text.upper()
    if method and method != forwarded.method:
        raise Uncarried(f"what is passed on keeps its method, and the backend's is {method}")
    path, _ = called_path(backend["url_pattern"].text, Names(forwarded.parameters))
    upstream = upstream_of(backend, service)
    if upstream is None:
        raise Uncarried("its backend has no host that can be called")
    proxy: dict[str, Any] = {"to": call_of(upstream, path), "timeout": timeout}
    forward = _forward(forwarded, service)
    return proxy | ({"forward": forward} if forward else {})


def _forward(forwarded: Forwarded, service: Service) -> dict[str, Any]:
    """What of the request goes on. What describes its body, and the answer it wants, goes on in any case."""
    at, queries = forwarded.headers, forwarded.queries.texts
    headers = passed_headers(at, at.texts, FORBIDDEN | {"tracestate", "baggage"}, service.report)
    forward: dict[str, Any] = {"headers": headers} if headers else {}
    if queries:
        forward["query"] = "all" if "*" in queries else queries
    return forward

"""A KrakenD backend → a step: which upstream it calls, with what of the client's request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gateway.compiler.header_lines import FORBIDDEN
from gateway.config.source_kinds import VERBS
from gateway.importing.foreign import At
from gateway.importing.krakend.client_headers import passed_headers
from gateway.importing.krakend.namespaces import CALLS, GUARDS, LOST, extra, extras
from gateway.importing.krakend.pattern import Names, Uncarried, call_of, called_path
from gateway.importing.krakend.upstreams import function_of, upstream_of
from gateway.importing.naming import is_sayable, reference

if TYPE_CHECKING:
    from gateway.importing.krakend.service import Service
    from gateway.importing.report import Report

_OWN_HEADERS: Final = FORBIDDEN | {"tracestate", "baggage", "accept-encoding"}
"""What the gateway sends by itself, or lets nobody else decide."""

_WITH_BODY: Final = frozenset({"post", "put", "patch"})
_CARRIED: Final = frozenset(
    {"qos/circuit-breaker", "backend/http", "proxy", "backend/lambda", "auth/aws-sigv4"}
)
_ENCODINGS: Final = {
    "": "json", "json": "json", "safejson": "json", "fast-json": "json",
    "xml": "xml", "yaml": "yaml", "string": "text",
}  # fmt: skip
"""What answers of a backend are, and how they are decoded here."""


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What of a request goes to the backends: the endpoint's method, its parameters by our names, and the
    inputs that it lets in.
    """

    method: str
    parameters: Mapping[str, str]
    headers: At
    queries: At


def step_of(
    backend: At, names: Names, forwarded: Forwarded, service: Service
) -> tuple[dict[str, Any], list[int]] | None:
    """The call of *backend* and which steps it reads; ``None``, and reported, if it cannot be made."""
    unmade = next((name for name, _ in extras(backend) if name in CALLS), None)
    if unmade is not None:
        service.report.lost(backend, f"{CALLS[unmade]}, and this kind of call is not there")
        return None
    if extra(backend, "backend/lambda"):
        return _function_call(backend, forwarded, service)
    return _http_call(backend, names, forwarded, service)


def _http_call(
    backend: At, names: Names, forwarded: Forwarded, service: Service
) -> tuple[dict[str, Any], list[int]] | None:
    report = service.report
    decode = _ENCODINGS.get(backend["encoding"].text)
    if decode is None:
        report.lost(backend["encoding"], f"answers in {backend['encoding'].text} are not read")
        return None
    method = (backend["method"].text or forwarded.method).lower()
    if method not in VERBS:
        report.lost(backend["method"], f"`{method}` is no method that a step calls by")
        return None
    try:
        path, reads = called_path(backend["url_pattern"].text, names)
    except Uncarried as uncarried:
        report.lost(backend["url_pattern"], f"{uncarried}; the step is left out")
        return None
    upstream = upstream_of(backend, service)
    if upstream is None:
        return None
    _tell_extras(backend, service)
    _tell_encoding(backend["encoding"], report)
    step: dict[str, Any] = {method: call_of(upstream, path)}
    queries, headers = _queries(backend, forwarded, path, service), _headers(backend, forwarded, service)
    step |= {"decode": decode} if decode != "json" else {}
    step |= {"query": queries} if queries else {}
    step |= {"headers": headers} if headers else {}
    if method in _WITH_BODY and forwarded.method.lower() in _WITH_BODY:
        step["body"] = "{body}"
    return step, reads


def _function_call(
    backend: At, forwarded: Forwarded, service: Service
) -> tuple[dict[str, Any], list[int]] | None:
    """The call of a Lambda function: its event are the path's parameters, or the client's body."""
    upstream = function_of(backend, service)
    if upstream is None:
        return None
    _tell_extras(backend, service)
    if forwarded.method.lower() in _WITH_BODY:
        return {"upstream": upstream, "payload": "{body}"}, []
    event = {theirs.lower(): reference(ours) for theirs, ours in forwarded.parameters.items()}
    return {"upstream": upstream, "payload": event}, []


def _queries(backend: At, forwarded: Forwarded, path: str, service: Service) -> dict[str, str]:
    """The query parameters that are passed on; a list, so that what comes twice goes out twice."""
    allowed, at = forwarded.queries.texts, forwarded.queries
    own = backend.first("input_query_strings", "querystring_params")
    if own:
        allowed = [name for name in own.texts if name in allowed or "*" in allowed]
        at = own
    written = {pair.partition("=")[0] for pair in path.partition("?")[2].split("&")}
    queries: dict[str, str] = {}
    for name in allowed:
        if name == "*":
            service.report.lost(at, "`*`: a query parameter is passed on only if it is named")
        elif not is_sayable(name):
            service.report.lost(at, f"`{name}`: a name with braces is not passed on")
        elif name in written:
            service.report.changed(at, f"`{name}` is in the call's own query, the client's is not added")
        else:
            queries[name] = reference("query", name, many=True)
    return queries


def _headers(backend: At, forwarded: Forwarded, service: Service) -> dict[str, str]:
    """The headers that are passed on. Content types of bodies are the gateway's own: they are JSON."""
    at = forwarded.headers
    allowed = at.texts
    own = backend.first("input_headers", "headers_to_pass")
    if own:
        known = {name.lower() for name in allowed}
        allowed = [name for name in own.texts if name.lower() in known or "*" in known]
        at = own
    signed = {"authorization"} if extra(backend, "auth/aws-sigv4") else set()
    passed = passed_headers(at, allowed, _OWN_HEADERS | signed, service.report)
    return {name: reference("header", name) for name in passed if name != "content-type"}


def _tell_encoding(encoding: At, report: Report) -> None:
    if encoding.text == "xml":
        report.changed(encoding, "attributes become members called @name, not -name")
    elif encoding.text == "safejson":
        report.changed(encoding, "an array is not put under `collection`, nor a scalar under `content`")


def _tell_extras(backend: At, service: Service) -> None:
    for name, value in extras(backend):
        if name in LOST:
            service.report.lost(value, LOST[name])
        elif name == "qos/http-cache":
            service.report.lost(
                value, "a cache here also keeps answers without Cache-Control; write cache: with a ttl"
            )
        elif name not in _CARRIED and name not in GUARDS:
            service.report.lost(value, "it has no counterpart")
    details = next((value for name, value in extras(backend) if name == "backend/http"), None)
    for name, value in details.members() if details is not None else ():
        if value.value:
            service.report.lost(value, f"`{name}`: what an upstream says of a failure is never passed on")

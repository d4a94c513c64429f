"""The gateway's own settings: limits, what answers reveal, whom it trusts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, WithJsonSchema

from gateway.config.faults import Wrong
from gateway.config.kinds import (
    Duration,
    Network,
    Shown,
    Size,
    choice,
    header_name,
    or_off,
    words_schema,
)
from gateway.config.on_or_off import layer, list_or_off
from gateway.config.overload import AdmissionSpec
from gateway.config.specs import spec

TIME_LIMIT = 2.0
MAX_BODY = 2**20

Exposed = Annotated[
    Literal["degraded", "timing"],
    PlainValidator(choice("degraded", "timing")),
    words_schema("degraded", "timing"),
]
AccessLog = Annotated[
    Literal["problems", "all", "off"],
    PlainValidator(choice("problems", "all", "off")),
    words_schema("problems", "all", "off"),
]
Docs = Annotated[
    Literal["public", "admin", "off"] | None,
    PlainValidator(choice("public", "admin", "off")),
    words_schema("public", "admin", "off"),
]

_TAKEN = frozenset(
    {
        *("authorization", "baggage", "connection", "content-length", "content-type", "cookie", "expect"),
        *("host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"),
        *("traceparent", "tracestate", "x-request-id"),
    }
)
"""Headers that mean something else to the gateway, or to HTTP."""


def _timeout_header(value: Any) -> str | None:
    written = or_off(header_name)(value)
    if written is None:
        return None
    name = str(written).lower()
    if name in _TAKEN:
        raise Wrong(f"`{name}` is a header for something else", "write a name such as x-request-timeout-ms")
    return name


TimeoutHeader = Annotated[
    str | None,
    PlainValidator(_timeout_header),
    WithJsonSchema({"type": "string"}),
    Shown(lambda value: value or "off"),
]


@spec("`server`")
class ServerSpec:
    """``server:`` - all of it optional."""

    time_limit: Duration = Field(
        default=TIME_LIMIT,
        description="A whole request's, for routes that do not say; the clock starts when it arrives.",
    )
    max_body: Size = Field(
        default=MAX_BODY, description="The largest request body, for routes that do not say; above it 413."
    )
    max_head: Size = Field(
        default=64 * 2**10, description="The largest request line with its headers; above it 431."
    )
    head_timeout: Duration = Field(
        default=10.0,
        description="From a request's first byte to the end of its headers, and for a new connection's first "
        "byte; above it 408.",
    )
    send_timeout: Duration = Field(
        default=60.0,
        description="A client must read some of its answer as often; else its connection is broken. What is "
        "passed on has its `idle_timeout` instead.",
    )
    max_buffered: Size = Field(
        default=512 * 2**20,
        description="All bodies held at once; above it calls are refused as bulkhead_full.",
    )
    admission: Annotated[AdmissionSpec | None, layer(AdmissionSpec)] = Field(
        default=None, description="When requests are turned away with 503. Not written: off."
    )
    timeout_header: TimeoutHeader = Field(
        default="x-request-timeout-ms",
        description="By which header a client shortens its request's time limit, in milliseconds; or off.",
    )
    expose: Annotated[frozenset[Exposed], list_or_off(Exposed)] = Field(
        default=frozenset(("degraded", "timing")),
        description="What answers reveal: which parts are degraded, and the time each part took.",
    )
    trust: Annotated[tuple[Network, ...], list_or_off(Network)] = Field(
        default=(), description="Address ranges of clients whose sampled flag and baggage count."
    )
    access_log: AccessLog = Field(
        default="problems", description="problems logs degraded, failed and slow requests; or all, or off."
    )
    docs: Docs = Field(
        default=None,
        description="Where /docs is served: public, admin or off. Not written: public in demo, admin in run.",
    )

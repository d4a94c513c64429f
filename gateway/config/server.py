"""The gateway's own settings: limits, what answers reveal, whom it trusts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PlainValidator

from gateway.config.kinds import Duration, MaybeHeaderName, Network, Size, choice, words_schema
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
    max_buffered: Size = Field(
        default=512 * 2**20,
        description="All bodies held at once; above it calls are refused as bulkhead_full.",
    )
    admission: Annotated[AdmissionSpec | None, layer(AdmissionSpec)] = Field(
        default=None, description="When requests are turned away with 503. Not written: off."
    )
    timeout_header: MaybeHeaderName = Field(
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

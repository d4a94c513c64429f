"""An upstream: where it is, how long it may take, and what guards it."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from gateway.config.faults import Wrong
from gateway.config.kinds import (
    Count,
    CountFromZero,
    Duration,
    MaybeCount,
    MaybeDuration,
    Ratio,
    Share,
    Shown,
    Size,
    Switch,
    Timeout,
    choice,
    layer,
    or_off,
    text,
    words_schema,
)
from gateway.config.specs import spec
from gateway.config.tls import SocketPath, TlsSpec

SLOW_SHARE = 0.8
"""``slow_call: on`` is this share of the upstream's timeout."""


def url(value: Any) -> str:
    """Scheme, host, optional port and base path of an upstream, as written. Raises `Wrong`."""
    written = text(value)
    if "{" in written or "}" in written:
        raise Wrong("an upstream's url is never a template", "only ${NAME} can stand in it")
    if not written.isascii() or not written.isprintable() or " " in written:
        raise Wrong("{it} is not a URL", "write other characters %-encoded, other hosts in their xn-- form")
    try:
        parts = urlsplit(written)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Wrong("{it} is not a URL", "write http://host:port/base/path") from None
    if parts.scheme not in {"http", "https"} or not host or port == 0 or "\\" in written:
        raise Wrong("{it} is not an http or https URL", "write http://host:port/base/path")
    if "@" in parts.netloc:
        raise Wrong("a url carries no user or password", "send credentials in a header, from ${NAME}")
    if "?" in written:
        raise Wrong("a url carries no query", "write the query at the call: `get: upstream/path?query`")
    if "#" in written:
        raise Wrong("a url carries no fragment", "remove the `#` and what follows")
    if {".", ".."} & set(parts.path.split("/")):
        raise Wrong("a base path has no `.` or `..` in it")
    return written


def proxy(value: Any) -> str:
    """A proxy's URL; a user and password may stand in it. Raises `Wrong`."""
    written = text(value)
    try:
        parts = urlsplit(written)
        valid = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        valid = False
    if not valid or not written.isprintable():
        raise Wrong("{it} is not a proxy's URL", "write http://host:port")
    return written


@spec("`breaker`")
class BreakerSpec:
    """``breaker:`` - when to stop calling an upstream that is not well. Durations in seconds."""

    failure_ratio: Share = Field(
        default=0.5, description="Opens when this share of the window's calls failed."
    )
    minimum_throughput: Count = Field(default=20, description="…but only with this many calls in the window.")
    sampling_window: Duration = Field(default=10.0, description="How far back the two ratios look.")
    consecutive: MaybeCount = Field(
        default=10, description="Opens also after this many failures in a row, whatever their rate; or off."
    )
    open_for: Duration = Field(
        default=5.0, description="How long it stays open the first time; twice as long each time after."
    )
    max_open_for: Duration = Field(default=60.0, description="The longest it stays open.")
    jitter: Ratio = Field(
        default=0.2,
        description="The open time varies by this share at random.",
    )
    probes: Count = Field(
        default=3, description="Calls let through at a time while half-open; all must succeed to close."
    )
    slow_call: MaybeDuration = Field(
        default=None, description="Calls longer than this count as slow. on: 80 % of the upstream's timeout."
    )
    slow_ratio: Share = Field(
        default=0.8, description="Opens when this share of the window's calls was slow."
    )

    @model_validator(mode="after")
    def _open_times_fit(self) -> BreakerSpec:
        if self.max_open_for < self.open_for:
            raise Wrong("`max_open_for` is below `open_for`", at=("max_open_for",), also=(("open_for",),))
        return self


@spec("`bulkhead`")
class BulkheadSpec:
    """``bulkhead:`` - how many attempts may be in flight, how many may wait for a slot, how long."""

    slots: Count = Field(
        default=1000, description="Attempts in flight at once; the connection pool is as large."
    )
    waiting: CountFromZero = Field(default=1000, description="Attempts that may wait for a slot.")
    max_wait: Duration = Field(default=0.1, description="How long one waits for a slot.")


Transport = Annotated[
    Literal["h1", "httpx"], PlainValidator(choice("h1", "httpx")), words_schema("h1", "httpx")
]
Url = Annotated[str, PlainValidator(url), WithJsonSchema({"type": "string"})]
ProxyUrl = Annotated[
    str | None,
    PlainValidator(or_off(proxy)),
    WithJsonSchema({"type": "string"}),
    Shown(lambda value: value or "off"),
]


@spec("`defaults: { upstream }`")
class UpstreamSettings:
    """What ``defaults: { upstream: … }`` may say for every upstream. Durations in seconds."""

    timeout: Timeout = Field(
        default=1.0,
        description="One attempt's, from connecting to the last byte. "
        "off, or not below a route's time limit: 80 % of that limit.",
    )
    connect_timeout: Duration = Field(default=0.5, description="DNS, TCP and TLS, inside timeout.")
    breaker: Annotated[BreakerSpec | None, layer(BreakerSpec)] = Field(
        default_factory=BreakerSpec, description="The circuit breaker's settings, or off."
    )
    bulkhead: Annotated[BulkheadSpec | None, layer(BulkheadSpec)] = Field(
        default_factory=BulkheadSpec, description="The bulkhead's settings, or off."
    )
    max_response: Size = Field(default=5 * 2**20, description="The largest answer; above it too_large.")
    transport: Transport = Field(
        default="h1",
        description="h1: the gateway's own HTTP/1.1 client. httpx is chosen for http2 and proxy.",
    )
    http2: Switch = Field(default=False, description="Speak HTTP/2 where the upstream does.")
    proxy: ProxyUrl = Field(default=None, description="The URL of an HTTP proxy in between.")
    tls: Annotated[TlsSpec | None, layer(TlsSpec)] = Field(
        default=None, description="Files and names for an https url. off: what the system trusts."
    )
    unix_socket: SocketPath = Field(
        default=None,
        description="Absolute path of a socket to connect to instead of the url's host and port.",
    )
    compression: Switch = Field(
        default=False,
        description="Accept coded answers: gzip, deflate, and br and zstd if they are installed.",
    )
    propagate: Switch = Field(
        default=True,
        description="Send traceparent, tracestate, baggage, X-Request-ID and X-Request-Timeout-Ms on.",
    )


@spec("an upstream")
class UpstreamSpec(UpstreamSettings):
    """One entry of ``upstreams:``. ``url`` is as written, so it may end in a slash."""

    url: Url = Field(description="http or https, host, optional port and base path.")

    @model_validator(mode="after")
    def _transport_can_do_it(self) -> UpstreamSpec:
        needs = "http2" if self.http2 else "proxy" if self.proxy else None
        if needs and self.transport != "httpx":
            raise Wrong(f"`{needs}` needs `transport: httpx`", at=("transport",), also=((needs,),))
        return self

    @model_validator(mode="after")
    def _connection_can_be_made(self) -> UpstreamSpec:
        if self.tls is not None and not self.url.startswith("https:"):
            hint = "write an https url, or tls: off"
            raise Wrong("`tls` is for https, and the url is http", hint, at=("tls",), also=(("url",),))
        if self.proxy and self.unix_socket:
            raise Wrong("a socket is not reached through a `proxy`", at=("unix_socket",), also=(("proxy",),))
        if self.proxy and self.tls is not None and self.tls.server_name:
            at = ("tls", "server_name")
            raise Wrong("`server_name` has no effect through a `proxy`", at=at, also=(("proxy",),))
        return self

    @model_validator(mode="after")
    def _slow_call_is_worked_out(self) -> UpstreamSpec:
        if self.breaker is None or self.breaker.slow_call != 0:
            return self
        if math.isinf(self.timeout):
            raise Wrong(
                "`slow_call: on` is a share of `timeout`, which is off",
                "give it a duration",
                ("breaker", "slow_call"),
            )
        object.__setattr__(self.breaker, "slow_call", SLOW_SHARE * self.timeout)
        return self

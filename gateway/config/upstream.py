"""An upstream: where it is, how long it may take, and what guards it."""

from __future__ import annotations

import math
from typing import Annotated, Final, Literal

from pydantic import Field, PlainValidator, TypeAdapter, model_validator

from gateway.config.addresses import ProxyUrl, Url, check_several
from gateway.config.balancing import BalanceSpec
from gateway.config.cold_starts import FunctionSettings, check_function
from gateway.config.faults import Wrong
from gateway.config.functions import FunctionName, SourceSpec
from gateway.config.guards import BreakerSpec, BulkheadSpec, WarmSpec
from gateway.config.kinds import Duration, Size, Switch, Timeout, choice, words_schema
from gateway.config.objects import S3Spec
from gateway.config.on_or_off import given, layer
from gateway.config.redis import RedisSpec
from gateway.config.repeating import BudgetSpec, HedgeSpec, RetrySpec
from gateway.config.source_kinds import HTTP, UPSTREAM_KINDS, attribute
from gateway.config.specs import spec
from gateway.config.sql import MysqlSpec, PostgresSpec
from gateway.config.tls import SocketPath, TlsSpec

SLOW_SHARE = 0.8
"""``slow_call: on`` is this share of the upstream's timeout."""

Transport = Annotated[
    Literal["h1", "httpx"], PlainValidator(choice("h1", "httpx")), words_schema("h1", "httpx")
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
    retry: Annotated[RetrySpec | None, layer(RetrySpec)] = Field(
        default_factory=RetrySpec, description="What a step that says nothing retries, or off."
    )
    hedge: Annotated[HedgeSpec | None, layer(HedgeSpec)] = Field(
        default=None, description="What a repeatable step that says nothing hedges. Not written: off."
    )
    budget: Annotated[BudgetSpec | None, layer(BudgetSpec)] = Field(
        default_factory=BudgetSpec, description="What all retries and hedges share. off: no bound."
    )
    balance: Annotated[BalanceSpec | None, layer(BalanceSpec)] = Field(
        default_factory=BalanceSpec, description="How one of several `urls` is chosen. off: each in its turn."
    )
    warm: Annotated[WarmSpec | None, layer(WarmSpec)] = Field(
        default=None, description="Connections in advance, and a ramp. Not written: off."
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


UNGUARDED: Final = TypeAdapter(UpstreamSettings).validate_python(
    dict.fromkeys(("timeout", "breaker", "bulkhead", "retry", "budget", "balance"), "off")
)
"""The settings of what can neither be down nor be too much for anybody."""


@spec("an upstream")
class UpstreamSpec(FunctionSettings, UpstreamSettings):
    """One entry of ``upstreams:``. Urls are as written, so they may end in a slash."""

    url: Annotated[Url | None, given(Url)] = Field(
        default=None,
        description="http or https, host, optional port and base path. This or `urls` is written.",
    )
    urls: Annotated[tuple[Url, ...] | None, given(list[Url])] = Field(
        default=None, description="The same for several addresses that answer the same calls."
    )
    postgres: Annotated[PostgresSpec | None, given(PostgresSpec)] = Field(
        default=None, description="A PostgreSQL: its DSN, or a mapping."
    )
    mysql: Annotated[MysqlSpec | None, given(MysqlSpec)] = Field(
        default=None, description="A MySQL or MariaDB: its DSN, or a mapping."
    )

    redis: Annotated[RedisSpec | None, given(RedisSpec)] = Field(
        default=None, description="A Redis or Valkey: its URL, or a mapping."
    )
    s3: Annotated[S3Spec | None, given(S3Spec)] = Field(
        default=None, description="A bucket in S3 or what speaks like it: its name, or a mapping."
    )
    python: Annotated[FunctionName | None, given(FunctionName)] = Field(
        default=None, description="An async function in place of a server, as package.module:function."
    )
    source: Annotated[SourceSpec | None, given(SourceSpec)] = Field(
        default=None, description="A source that another distribution brings along: its name, or settings."
    )

    @property
    def kind(self) -> str:
        """The name of its kind in `SOURCE_KINDS`."""
        keys = ((kind, key) for kind in UPSTREAM_KINDS for key in kind.made_by)
        return next((kind.name for kind, key in keys if getattr(self, attribute(key)) is not None), HTTP.name)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every URL of an HTTP upstream; one or more."""
        return self.urls if self.urls is not None else (self.url or "",)

    @model_validator(mode="after")
    def _slots_are_connections(self) -> UpstreamSpec:
        database = self.postgres or self.mysql
        if database is not None and self.bulkhead is not None:
            object.__setattr__(self, "bulkhead", self.bulkhead.within(database.pool))
        return self

    @model_validator(mode="after")
    def _has_addresses(self) -> UpstreamSpec:
        if self.url is not None and self.urls is not None:
            hint = "write all addresses under urls"
            raise Wrong("`url` and `urls` exclude each other", hint, at=("urls",), also=(("url",),))
        if self.kind == HTTP.name and self.url is None and self.urls is None:
            raise Wrong("`url` is missing", "or `urls`, if it has several addresses")
        if self.urls is not None:
            try:
                check_several(self.urls)
            except Wrong as wrong:
                also = tuple(("urls", *path) for path in wrong.also)
                raise Wrong(wrong.message, wrong.hint, ("urls", *wrong.at), also) from None
            if self.unix_socket:
                raise Wrong("a socket is one address", at=("unix_socket",), also=(("urls",),))
        return self

    @model_validator(mode="after")
    def _transport_can_do_it(self) -> UpstreamSpec:
        needs = "http2" if self.http2 else "proxy" if self.proxy else None
        if needs and self.transport != "httpx":
            raise Wrong(f"`{needs}` needs `transport: httpx`", at=("transport",), also=((needs,),))
        return self

    @model_validator(mode="after")
    def _connection_can_be_made(self) -> UpstreamSpec:
        https = self.addresses[0].startswith("https:")
        if self.kind == HTTP.name and self.tls is not None and not https:
            hint = "write an https url, or tls: off"
            where = ("url",) if self.urls is None else ("urls", 0)
            raise Wrong("`tls` is for https, and the url is http", hint, at=("tls",), also=(where,))
        if self.proxy and self.unix_socket:
            raise Wrong("a socket is not reached through a `proxy`", at=("unix_socket",), also=(("proxy",),))
        if self.proxy and self.tls is not None and self.tls.server_name:
            at = ("tls", "server_name")
            raise Wrong("`server_name` has no effect through a `proxy`", at=at, also=(("proxy",),))
        return self

    @model_validator(mode="after")
    def _is_a_function_as_it_says(self) -> UpstreamSpec:
        check_function(self, self.timeout, self.transport)
        return self

    @model_validator(mode="after")
    def _warm_start_is_possible(self) -> UpstreamSpec:
        warm = self.warm
        if warm is None:
            return self
        if self.kind != HTTP.name:
            object.__setattr__(warm, "connections", 0)  # only an HTTP client opens them in advance
        connections = ("warm", "connections")
        if warm.connections and self.transport == "httpx":
            raise Wrong(
                "only `transport: h1` opens connections in advance",
                "write warm: { connections: 0 } for a ramp alone",
                at=connections,
                also=(("transport",),),
            )
        if self.bulkhead is None:
            if warm.ramp:
                hint = "write warm: { ramp: off } for connections alone"
                raise Wrong("a ramp needs the slots of a bulkhead", hint, ("warm", "ramp"), (("bulkhead",),))
            return self
        most = self.bulkhead.bounds[2]
        if warm.connections > most:
            hint = "there are as many as the bulkhead has slots"
            raise Wrong(f"there are only {most} connections", hint, connections, (("bulkhead",),))
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

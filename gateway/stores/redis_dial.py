"""Makes connections to Redis by redis-py, which resolves names, speaks TLS, logs in and asks sentinels."""

from __future__ import annotations

import ssl
from functools import partial
from typing import Any, Final, cast

from redis.asyncio import Connection, Sentinel, SentinelConnectionPool, SSLConnection
from redis.asyncio.connection import AbstractConnection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from gateway.stores.redis_address import Kind, Node
from gateway.stores.redis_parser import BoundedParser
from gateway.stores.redis_settings import RedisSettings

_PROTOCOL: Final = 2


class Dialer:
    """Makes the connections of one client; none of them is connected yet."""

    def __init__(self, settings: RedisSettings) -> None:
        self._target = target = settings.target
        self._context = settings.context
        options = cast("dict[str, Any]", parse_url(target.url))
        self._class: type[AbstractConnection] = options.pop("connection_class", Connection)
        if settings.username is not None:
            options["username"] = settings.username
        if settings.password is not None:
            options["password"] = settings.password
        # Plain RESP2: without the client's own retries, probes and notices all time is ours to bound.
        options |= {
            "protocol": _PROTOCOL,
            "driver_info": None,
            "socket_timeout": None,
            "socket_connect_timeout": settings.connect_timeout,
            "parser_class": partial(BoundedParser, settings.max_answer),
        }
        self._options = options
        self._sentinel: Sentinel | None = None
        self._pool: SentinelConnectionPool | None = None
        if target.kind is Kind.SENTINEL:
            self._ask_sentinels(settings)

    def _ask_sentinels(self, settings: RedisSettings) -> None:
        target = self._target
        # One that hangs must leave the others, and the master, their share of the time.
        share = settings.connect_timeout / (len(target.nodes) + 1)
        self._sentinel = Sentinel(  # type: ignore[no-untyped-call]
            target.nodes,
            sentinel_kwargs={
                "username": target.sentinel_username,
                "password": target.sentinel_password,
                "protocol": _PROTOCOL,
                "driver_info": None,
                "ssl": target.tls,
                "socket_timeout": share,
                "socket_connect_timeout": share,
                "retry": Retry(NoBackoff(), 0),
                **{name: value for name, value in self._options.items() if name.startswith("ssl_")},
            },
        )
        if settings.context is not None and target.tls:
            for sentinel in self._sentinel.sentinels:
                sentinel.connection_pool.connection_class = partial(_secured, settings.context)  # type: ignore[assignment]
        options = {name: value for name, value in self._options.items() if name not in {"host", "port"}}
        # Connections refer to it weakly: it must live as long as they do.
        self._pool = SentinelConnectionPool(  # type: ignore[no-untyped-call]
            target.service, self._sentinel, ssl=target.tls, **options
        )

    def connection(self, node: Node | None = None) -> AbstractConnection:
        """A new connection to *node* of a cluster; ``None``: to the one server, whoever that is then."""
        if self._pool is not None:
            made: AbstractConnection = self._pool.make_connection()  # type: ignore[no-untyped-call]
        elif node is not None:
            made = self._class(**self._options | {"host": node[0], "port": node[1]})
        else:
            made = self._class(**self._options)
        if self._context is not None and isinstance(made, SSLConnection):
            made.ssl_context.context = self._context  # in place of the one that it would make
        return made

    async def close(self) -> None:
        """Let go of the connections to sentinels."""
        if self._sentinel is not None:
            await self._sentinel.aclose()


def _secured(context: ssl.SSLContext, **options: Any) -> SSLConnection:
    """A connection to a sentinel, by *context*."""
    made = SSLConnection(**options)
    made.ssl_context.context = context
    return made

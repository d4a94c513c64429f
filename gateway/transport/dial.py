"""A new connection: name, TCP and TLS together within one timeout, or the reason why not."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from gateway.outcome import Cause, Failure
from gateway.transport.origin import Origin
from gateway.transport.race import first_of, interleaved, stagger_within
from gateway.transport.resolve import Resolver

P = TypeVar("P", bound=asyncio.Protocol)


class Dialer:
    """Connects to *origin*. ``timeout`` bounds look-up, connect and handshake together, in seconds.

    ``unix_socket`` is the path of a socket to connect to instead of the origin's addresses;
    ``server_name`` stands in for the origin's host where TLS names and checks it.
    """

    __slots__ = ("_context", "_origin", "_resolver", "_server_name", "_timeout", "_unix_socket")

    def __init__(
        self,
        origin: Origin,
        timeout: float,
        context: ssl.SSLContext | None,
        resolver: Resolver,
        *,
        server_name: str | None = None,
        unix_socket: str | None = None,
    ) -> None:
        self._origin = origin
        self._timeout = timeout
        self._context = context if origin.secure else None
        self._server_name = (server_name or origin.host) if self._context is not None else None
        self._resolver = resolver
        self._unix_socket = unix_socket

    async def dial(self, make: Callable[[], P]) -> P | Failure:
        """A connected protocol from *make*, or ``unreachable`` with the reason."""
        try:
            async with asyncio.timeout(self._timeout):
                return await (self._connect(make) if self._unix_socket is None else self._connect_unix(make))
        except TimeoutError:
            reason = f"not connected within {self._timeout * 1000:.0f} ms"
        except OSError as error:
            reason = reason_of(error)
        return Failure(Cause.UNREACHABLE, reason)

    async def _connect(self, make: Callable[[], P]) -> P:
        loop = asyncio.get_running_loop()
        addresses = await self._resolver.addresses()

        async def attempt(address: str) -> tuple[str, asyncio.BaseTransport, P]:
            transport, protocol = await loop.create_connection(
                make, address, self._origin.port, ssl=self._context, server_hostname=self._server_name
            )
            return address, transport, protocol

        try:
            if len(addresses) == 1:
                return (await attempt(addresses[0]))[2]
            attempts = [partial(attempt, address) for address in interleaved(addresses)]
            stagger = stagger_within(self._timeout, len(attempts))
            address, _, protocol = await first_of(attempts, stagger, lambda late: _abort(late[1]))
        except (OSError, asyncio.CancelledError):
            self._resolver.doubt()  # perhaps the upstream has moved
            raise
        self._resolver.prefer(address)
        return protocol

    async def _connect_unix(self, make: Callable[[], P]) -> P:
        _, protocol = await asyncio.get_running_loop().create_unix_connection(
            make, self._unix_socket, ssl=self._context, server_hostname=self._server_name
        )
        return protocol


def reason_of(error: OSError) -> str:
    """Why there is no connection, for operators; without the address, as that may come from ``${NAME}``."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or error}"
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno).lower()
    return error.strerror or type(error).__name__


def _abort(transport: asyncio.BaseTransport) -> None:
    assert isinstance(transport, asyncio.Transport)
    transport.abort()

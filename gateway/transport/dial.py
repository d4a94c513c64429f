"""A new connection: name, TCP and TLS together within one timeout, or the reason why not."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import TypeVar

from gateway.outcome import Cause, Failure
from gateway.transport.origin import Origin
from gateway.transport.resolve import Resolver

P = TypeVar("P", bound=asyncio.Protocol)


class Dialer:
    """Connects to *origin*. ``timeout`` bounds look-up, connect and handshake together, in seconds."""

    __slots__ = ("_context", "_origin", "_resolver", "_timeout")

    def __init__(
        self, origin: Origin, timeout: float, context: ssl.SSLContext | None, resolver: Resolver
    ) -> None:
        self._origin = origin
        self._timeout = timeout
        self._context = context if origin.secure else None
        self._resolver = resolver

    async def dial(self, make: Callable[[], P]) -> P | Failure:
        """A connected protocol from *make*, or ``unreachable`` with the reason."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._connect(make)
        except TimeoutError:
            reason = f"not connected within {self._timeout * 1000:.0f} ms"
        except ssl.SSLCertVerificationError as error:
            reason = f"TLS: {error.verify_message}"
        except ssl.SSLError as error:
            reason = f"TLS: {error.reason or error}"
        except OSError as error:
            reason = str(error) or type(error).__name__
        return Failure(Cause.UNREACHABLE, f"{self._origin}: {reason}")

    async def _connect(self, make: Callable[[], P]) -> P:
        loop = asyncio.get_running_loop()
        due = loop.time() + self._timeout
        addresses = await self._resolver.addresses()
        last = len(addresses) - 1
        for index, address in enumerate(addresses):
            # An address that swallows packets costs its share of the time, not all of it.
            share = (due - loop.time()) / (len(addresses) - index)
            try:
                async with asyncio.timeout(share):
                    protocol = await self._connect_to(loop, address, make)
            except OSError:  # TimeoutError is one, and so are TLS errors
                if index == last:
                    raise
            else:
                self._resolver.prefer(address)
                return protocol
        raise OSError("no address")

    async def _connect_to(self, loop: asyncio.AbstractEventLoop, address: str, make: Callable[[], P]) -> P:
        if self._context is None:
            _, protocol = await loop.create_connection(make, address, self._origin.port)
        else:
            _, protocol = await loop.create_connection(
                make, address, self._origin.port, ssl=self._context, server_hostname=self._origin.host
            )
        return protocol

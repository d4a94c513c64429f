"""The addresses of one name, looked up off the loop, one look-up in flight, the last good answer kept.

Rules of the file:
1. The loop's default executor is never used: a resolver that hangs must not stop anything else.
2. A name server that fails or hangs takes nothing away: the last good addresses stay in use.
3. A literal address is never looked up.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Callable

Lookup = Callable[[str, int], list[str]]


def system_lookup(host: str, port: int) -> list[str]:
    """The system's answer, in its order (RFC 6724), without duplicates. Blocks; raises ``OSError``."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Resolver:
    """Addresses of *host*.

    An answer is used for *fresh_for* seconds. After that the next asker waits for a new one, but where
    an older answer exists at most *patience* seconds, and not at all while a look-up is known to hang.
    The thread of a look-up is a daemon: a hung name server does not delay the end of the process.
    """

    __slots__ = (
        "_addresses",
        "_due",
        "_flight",
        "_fresh_for",
        "_hangs",
        "_host",
        "_lookup",
        "_patience",
        "_port",
    )

    def __init__(
        self,
        host: str,
        port: int,
        *,
        lookup: Lookup = system_lookup,
        fresh_for: float = 5.0,
        patience: float = 0.1,
    ) -> None:
        self._host = host
        self._port = port
        self._lookup = lookup
        self._fresh_for = fresh_for
        self._patience = patience
        literal = _is_literal(host)
        self._addresses: list[str] = [host] if literal else []
        self._due = float("inf") if literal else 0.0
        self._flight: asyncio.Future[list[str] | OSError] | None = None
        self._hangs = False

    async def addresses(self) -> list[str]:
        """At least one address, the preferred one first. Raises ``OSError`` if none was ever found."""
        loop = asyncio.get_running_loop()
        if self._addresses and loop.time() < self._due:
            return self._addresses
        flight = self._flight
        if flight is None or flight.get_loop() is not loop:
            flight = self._flight = self._start(loop)
            self._hangs = False
        if not self._addresses or not self._hangs:
            # `wait` leaves the shared look-up alone when this asker gives up or is cancelled.
            await asyncio.wait([flight], timeout=self._patience if self._addresses else None)
        if not self._addresses:
            failure = flight.result()
            raise OSError(f"look-up of {self._host}: {failure}")
        self._hangs = not flight.done()
        return self._addresses

    def doubt(self) -> None:
        """No address could be reached: the next asker wants a new look-up."""
        if self._due != float("inf"):
            self._due = 0.0

    def prefer(self, address: str) -> None:
        """*address* answered: try it first next time."""
        if self._addresses and self._addresses[0] != address and address in self._addresses:
            self._addresses = [address, *(other for other in self._addresses if other != address)]

    def _start(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[list[str] | OSError]:
        flight: asyncio.Future[list[str] | OSError] = loop.create_future()

        def look_up() -> None:
            found: list[str] | OSError
            try:
                found = self._lookup(self._host, self._port)
            except OSError as error:
                found = error
            except UnicodeError as error:  # a name that cannot be encoded, says the system's resolver
                found = OSError(str(error))
            # The loop may be gone by now; then nobody is waiting.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._landed, flight, found)

        threading.Thread(target=look_up, name=f"look-up of {self._host}", daemon=True).start()
        return flight

    def _landed(self, flight: asyncio.Future[list[str] | OSError], found: list[str] | OSError) -> None:
        if self._flight is flight:
            self._flight = None
        if isinstance(found, list) and found:
            self._addresses = found
            self._due = flight.get_loop().time() + self._fresh_for
        elif isinstance(found, list):
            found = OSError("no addresses")
        flight.set_result(found)


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

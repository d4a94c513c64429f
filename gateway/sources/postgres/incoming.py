"""Counts what a server sends, so that an answer that never ends is given up before it fills the memory.

asyncpg keeps every row of an answer until the last one is there, and knows no bound on their bytes. This
stands between the socket and its protocol, and closes the connection over which too much comes.
"""

from __future__ import annotations

import asyncio
from typing import cast


class Incoming(asyncio.Protocol):
    """Hands everything on to *inner*. ``left`` is how many bytes may still come; ``overrun``: more came."""

    def __init__(self, inner: asyncio.Protocol, transport: asyncio.Transport) -> None:
        self._inner = inner
        self._transport = transport
        self._hand_on = inner.data_received
        self.left = 0
        self.overrun = False

    def data_received(self, data: bytes) -> None:
        """Count, and hand on what may still come."""
        self.left -= len(data)
        if self.left < 0:
            self.overrun = True
            self._transport.abort()
        else:
            self._hand_on(data)

    def eof_received(self) -> bool | None:
        """Hand on."""
        return self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand on."""
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        """Hand on."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Hand on."""
        self._inner.resume_writing()


def counted(transport: asyncio.BaseTransport) -> Incoming:
    """Put a counter in front of the protocol that *transport* has now."""
    through = cast("asyncio.Transport", transport)
    incoming = Incoming(cast("asyncio.Protocol", through.get_protocol()), through)
    through.set_protocol(incoming)
    return incoming

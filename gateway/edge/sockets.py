"""uvicorn's protocol of WebSockets, which gives up a client that does not read.

uvicorn asks a client whether it is there, and closes the connection of one that does not say; but while
something is unsent a connection stays open until that is read, and all that is held for it is held on.
"""

from __future__ import annotations

from asyncio import BaseTransport
from typing import TYPE_CHECKING

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from gateway.edge.unread import Unread

if TYPE_CHECKING:
    from gateway.edge.bounds import Bounds


class BoundedSocket(WebSocketsSansIOProtocol):
    """One WebSocket of a client. ``bounds`` is set by ``bounded_sockets``."""

    bounds: Bounds
    _unread: Unread

    def connection_made(self, transport: BaseTransport) -> None:
        """The connection is a WebSocket's from now on."""
        super().connection_made(transport)
        self._unread = Unread(self.transport, self.bounds, lambda: False)

    def pause_writing(self) -> None:
        """The client reads slowly."""
        super().pause_writing()
        self._unread.begin()

    def resume_writing(self) -> None:
        """It has read."""
        super().resume_writing()
        self._unread.end()

    def send_keepalive_ping(self) -> None:
        """Time to ask whether the client is there, or, after the last message, whether it has got that."""
        super().send_keepalive_ping()
        self._see_off()

    def keepalive_timeout(self) -> None:
        """The client did not say that it is there."""
        super().keepalive_timeout()
        self._see_off()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._unread.forget()
        super().connection_lost(exc)

    def _see_off(self) -> None:
        if self.close_sent or self.transport.is_closing():
            self._unread.begin()


def bounded_sockets(bounds: Bounds) -> type[BoundedSocket]:
    """The protocol of clients that are held to *bounds*."""

    class Bounded(BoundedSocket):
        pass

    Bounded.bounds = bounds
    return Bounded

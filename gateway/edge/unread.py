"""Gives up a client that does not read: what waits for it is held, and all that this was made of with it.

The loop tells that more is waiting than should (``pause_writing``), and no more. A client that never reads
would keep its answer's bytes, its request's place and its connection for good; so would one whose connection
was closed, as what is unsent goes out first.

Rules of the file:
1. Nothing is looked at before something waits. From then on a client must take some of it each time the timer
   runs out: slow is not gone.
2. Who bounds that time by himself (a passage, by its ``idle_timeout``) marks the request's scope; the clients
   of such requests are left to him.
"""

from __future__ import annotations

import socket
import struct
from asyncio import Transport
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gateway.edge.bounds import Bounds

OWN: Final = "gateway.unread"
"""The mark of rule 2, a key of the scope."""

_RESET: Final = struct.pack("ii", 1, 0)  # lingers for no time


class Unread:
    """Watches over what waits to be sent over *transport*. A timer entry.

    *excused* tells whether somebody else does at the moment.
    """

    __slots__ = ("_bounds", "_excused", "_left", "_transport", "_watches")

    def __init__(self, transport: Transport, bounds: Bounds, excused: Callable[[], bool]) -> None:
        self._transport = transport
        self._bounds = bounds
        self._excused = excused
        self._left = 0
        self._watches = False

    def begin(self) -> None:
        """From now on nothing is written until the client has read. Harmless if begun."""
        if not self._watches:
            self._watches = True
            self._left = self._transport.get_write_buffer_size()
            self._bounds.unread.start(self)

    def end(self) -> None:
        """It has read. Where nothing more comes, what little is left is still watched."""
        if not (self._transport.is_closing() and self._transport.get_write_buffer_size()):
            self.forget()

    def forget(self) -> None:
        """The connection is gone."""
        self._watches = False
        self._bounds.unread.stop(self)

    def expire(self) -> None:
        """Time to look (the timer calls this)."""
        self._watches = False
        left = self._transport.get_write_buffer_size()
        if not left:
            return
        if left < self._left or self._excused():
            self.begin()
            return
        self._bounds.stalled()
        reset(self._transport)


def reset(transport: Transport) -> None:
    """Break the connection, and forget what is unsent, also in the system's buffers."""
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()

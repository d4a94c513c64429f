"""The connection beneath a request: uvicorn's protocol, with the three rude things HTTP has no words for."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from services.mock.faults import CONTROL
from services.mock.stats import Stats

STATE_KEY: Final = "wire"
"""Where a request's ASGI ``scope["state"]`` holds its connection."""

LINGER_ZERO: Final = struct.pack("ii", 1, 0)
"""SO_LINGER on, for zero seconds: closing sends RST and throws away what is unsent."""


class Wire(HttpToolsProtocol):
    """One client connection; counts itself in the service's statistics."""

    def __init__(self, *, stats: Stats, **settings: Any) -> None:
        super().__init__(**settings)
        self._stats = stats
        self.control = False
        self.cut = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection."""
        self._stats.connected(self)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no longer."""
        self._stats.connections.discard(self)
        super().connection_lost(exc)

    def on_headers_complete(self) -> None:
        """Hand the connection to the request before the request starts."""
        self.control = self.url.startswith(CONTROL.encode())
        self.scope["state"][STATE_KEY] = self
        super().on_headers_complete()

    def reset(self) -> None:
        """End the connection with RST. ``cut`` says that it was us, not the client."""
        self.cut = True
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
        self.transport.abort()

    def close(self) -> None:
        """Send what is written, then FIN, whatever was promised."""
        self.cut = True
        self.transport.close()

    def abort(self) -> None:
        """End the connection now; what is not sent yet is lost. For shutting down."""
        self.cut = True
        self.transport.abort()

    def write(self, data: bytes) -> None:
        """Put bytes on the wire behind HTTP's back."""
        self.transport.write(data)


def wire_of(scope: Any) -> Wire:
    """The connection beneath a request; only ``server.py`` serves requests that have one."""
    wire = scope.get("state", {}).get(STATE_KEY)
    if not isinstance(wire, Wire):
        raise TypeError("this fault needs the real connection: serve the app with services.mock.server")
    return wire

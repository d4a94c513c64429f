"""Where an answer goes piece by piece: straight to the socket where the server is uvicorn's, else by ASGI.

Through uvicorn's cycle a piece costs two calls and a check; the short cut is guarded as in ``answer``.

Rules of the file:
1. ``start`` first and once, then ``write`` as often as there is something, then ``end`` or ``abort`` once.
2. ``write`` returns when the client has taken enough for more to be brought: that is the back-pressure.
3. An answer that is not whole never ends as if it were: ``abort`` breaks the connection.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, Protocol

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from gateway.edge.answer import ONE_WRITE, HalfAnswerError, Message, Send
from gateway.edge.unread import reset

Headers = Sequence[tuple[bytes, bytes]]

WITHOUT_BODY: Final = frozenset({204, 304})

_PHRASES: Final = {int(status): status.phrase.encode() for status in HTTPStatus}


class Outlet(Protocol):
    """One answer on its way to the client. ``sent`` counts the bytes of its body."""

    sent: int

    async def start(self, status: int, headers: Headers, first: bytes = b"") -> None:
        """Send the head, and what is there of the body. Without a content-length its end is marked."""

    async def write(self, piece: bytes) -> None:
        """Send a piece of the body."""

    async def end(self) -> None:
        """The body is whole."""

    def abort(self) -> None:
        """It is not, and will not be. May raise, for the server to break the connection."""

    def give_up(self) -> None:
        """End a ``write`` that waits for a client which does not read, where that is ours to decide."""

    @property
    def gone(self) -> bool:
        """The client has left, as far as the server says."""


def outlet_of(scope: Message, send: Send) -> Outlet:
    """The outlet for the answer to the request of *scope*."""
    cycle = getattr(send, "__self__", None)
    if cycle.__class__ is not RequestResponseCycle or not ONE_WRITE or cycle.access_log:
        return _Plain(scope, send)
    return _Direct(scope, cycle)


class _Direct:
    """What uvicorn's cycle does, without what it does for each piece."""

    __slots__ = ("_bare", "_chunked", "_cycle", "_scope", "sent")

    def __init__(self, scope: Message, cycle: Any) -> None:
        self._scope = scope
        self._cycle = cycle
        self._bare = scope["method"] == "HEAD"
        self._chunked = False
        self.sent = 0

    async def start(self, status: int, headers: Headers, first: bytes = b"") -> None:
        cycle = self._cycle
        if cycle.waiting_for_100_continue or self._scope["http_version"] == "1.0":
            # A body that was not called for may come or not: what follows would be anybody's guess.
            cycle.keep_alive = False
        self._bare = self._bare or status in WITHOUT_BODY
        sized = any(name == b"content-length" for name, _ in headers)
        self._chunked = not (sized or self._bare) and self._scope["http_version"] != "1.0"
        parts = [b"HTTP/1.1 %d %b\r\n" % (status, _PHRASES.get(status, b""))]
        for name, value in (*cycle.default_headers, *headers):
            parts += (name, b": ", value, b"\r\n")
        if self._chunked:
            parts.append(b"transfer-encoding: chunked\r\n")
        parts.append(b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n")
        cycle.response_started = True
        cycle.waiting_for_100_continue = False
        await self._put(b"".join(parts), first)

    async def write(self, piece: bytes) -> None:
        await self._put(b"", piece)

    async def end(self) -> None:
        cycle = self._cycle
        if cycle.disconnected:
            return
        if self._chunked:
            cycle.transport.write(b"0\r\n\r\n")
        cycle.response_complete = True
        cycle.message_event.set()
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()
        if cycle.flow.write_paused:  # until the client has read, the request is not over
            await cycle.flow.drain()

    def abort(self) -> None:
        self._cycle.disconnected = True
        reset(self._cycle.transport)  # the end of the stream is the end of an answer to HTTP/1.0

    def give_up(self) -> None:
        self.abort()

    @property
    def gone(self) -> bool:
        return bool(self._cycle.disconnected)

    async def _put(self, head: bytes, piece: bytes) -> None:
        cycle = self._cycle
        if cycle.disconnected:
            return
        if not piece or self._bare:
            if head:
                cycle.transport.write(head)
            return
        self.sent += len(piece)
        if self._chunked:
            cycle.transport.writelines([b"%b%x\r\n" % (head, len(piece)), piece, b"\r\n"])
        elif head:
            cycle.transport.writelines([head, piece])
        else:
            cycle.transport.write(piece)
        if cycle.flow.write_paused:
            await cycle.flow.drain()


class _Plain:
    """Any other server, and any application in between."""

    __slots__ = ("_bare", "_send", "sent")

    def __init__(self, scope: Message, send: Send) -> None:
        self._send = send
        self._bare = scope["method"] == "HEAD"
        self.sent = 0

    async def start(self, status: int, headers: Headers, first: bytes = b"") -> None:
        self._bare = self._bare or status in WITHOUT_BODY
        await self._send({"type": "http.response.start", "status": status, "headers": list(headers)})
        await self.write(first)

    async def write(self, piece: bytes) -> None:
        if piece and not self._bare:
            self.sent += len(piece)
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})

    async def end(self) -> None:
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def abort(self) -> None:
        raise HalfAnswerError("an answer that cannot be finished")

    def give_up(self) -> None:
        """The server's own limits hold."""

    @property
    def gone(self) -> bool:
        return False

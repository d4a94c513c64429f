"""One WebSocket to an upstream: the protocol by the ``websockets`` library, the socket by our own dialling.

Rules of the file:
1. Messages are whole, in order, and at most ``MAX_MESSAGE`` bytes. While nobody takes them the socket is not
   read: then the upstream waits.
2. A link ends once, with a close code: the upstream's own, or ``LOST`` where it gave none.
3. An upstream that answers no ping for the length of the timer is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.http11 import Response as Handshake
from websockets.protocol import OPEN
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI

from gateway.outcome import Cause, Failure
from gateway.telemetry.log import note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.timers import Timer
    from gateway.transport.exchange import Request
    from gateway.transport.origin import Origin

MAX_MESSAGE: Final = 1024 * 1024
"""Bytes of one message, either way."""

LOST: Final = 1014
"""The code for clients whose upstream is gone without one: "bad gateway"."""

_MOST: Final = 16
"""Messages that wait to be taken before reading stops."""


class Closed(NamedTuple):
    """How a link ended."""

    code: int
    reason: str = ""


class Link(asyncio.Protocol):
    """A link for *request*, in which *extra* header lines go along. ``opened`` has how the handshake ended.

    After it: ``status``, ``headers`` and ``subprotocol`` of what the upstream answered. As a timer entry it
    is the silence after which it is asked whether it still is there.
    """

    def __init__(
        self, origin: Origin, request: Request, extra: bytes, offered: Sequence[str], idle: Timer
    ) -> None:
        path, _, query = request.target.decode("ascii").partition("?")
        uri = WebSocketURI(origin.secure, origin.host, origin.port, path, query)
        names = [cast("Subprotocol", name) for name in offered] or None
        self._protocol = ClientProtocol(uri, subprotocols=names, max_size=MAX_MESSAGE)
        self._lines = (request.headers + extra).decode("latin-1").split("\r\n")[:-1]
        self._idle = idle
        self._transport: asyncio.Transport | None = None
        self._messages: deque[str | bytes] = deque()
        self._pieces: list[bytes] = []
        self._is_text = False
        self._taker: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None
        self._asked = False
        self._paused = False
        self.closed: Closed | None = None
        self.opened: asyncio.Future[Failure | None] = asyncio.get_running_loop().create_future()
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.subprotocol: str | None = None

    async def receive(self) -> str | bytes | Closed:
        """The next message, or how the link ended."""
        while not self._messages:
            if self.closed is not None:
                return self.closed
            self._taker = asyncio.get_running_loop().create_future()
            await self._taker
        message = self._messages.popleft()
        if self._paused and len(self._messages) < _MOST // 2 and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return message

    async def send(self, message: str | bytes) -> None:
        """Send *message*; nothing if the link has ended. Returns when there is room for more."""
        if self.closed is not None or self._protocol.state is not OPEN:
            return
        if isinstance(message, str):
            self._protocol.send_text(message.encode())
        else:
            self._protocol.send_binary(message)
        self._flush()
        if self._room is not None:
            await self._room

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End the link with *code*. Harmless if it has ended."""
        if self._protocol.state is OPEN:
            with contextlib.suppress(InvalidState):
                self._protocol.send_close(code, reason)
            self._flush()
        self._end(Closed(code, reason))
        if self._transport is not None:
            self._transport.close()

    # as a protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected: ask for the upgrade."""
        self._transport = cast("asyncio.Transport", transport)
        request = self._protocol.connect()
        for line in self._lines:
            name, _, value = line.partition(": ")
            request.headers[name] = value
        self._protocol.send_request(request)
        self._flush()

    def data_received(self, data: bytes) -> None:
        """A piece of the handshake, or of frames."""
        self._asked = False
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Handshake):
                self._shaken(event)
            elif isinstance(event, Frame):
                self._take(event)
        self._flush()
        if self._protocol.close_rcvd is not None:
            received = self._protocol.close_rcvd
            self._end(Closed(received.code, received.reason))
        elif self._protocol.parser_exc is not None and self.closed is None:
            sent = self._protocol.close_sent
            self._end(Closed(sent.code if sent is not None else LOST, ""))

    def eof_received(self) -> bool:
        """The upstream sends no more."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        self._transport = None
        self._end(Closed(LOST, ""))
        if not self.opened.done():
            reason = note(str(exc)) if exc is not None else "connection closed"
            self.opened.set_result(Failure(Cause.INCOMPLETE, f"{reason}, before the upgrade"))
        self.resume_writing()

    def pause_writing(self) -> None:
        """The upstream takes messages more slowly than they come."""
        self._room = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """It has taken most of them."""
        if self._room is not None and not self._room.done():
            self._room.set_result(None)
        self._room = None

    # as a timer entry

    def expire(self) -> None:
        """Nothing came for a while: ask, and give up the second time."""
        if self.closed is not None:
            return
        if self._asked:
            self.close(1001, "")
            return
        self._asked = True
        self._protocol.send_ping(b"")
        self._flush()
        self._idle.start(self)

    def _shaken(self, response: Handshake) -> None:
        self.status = response.status_code
        self.headers = [
            (name.lower().encode(), value.encode("latin-1")) for name, value in response.headers.raw_items()
        ]
        failure = None
        if self._protocol.handshake_exc is None:
            self.subprotocol = self._protocol.subprotocol
            self._idle.start(self)
        elif self.status == 101:
            failure = Failure(Cause.UNREADABLE, "an upgrade that is not the one asked for")
        else:
            cause = Cause.FAILED if self.status >= 500 else Cause.REJECTED
            failure = Failure(cause, f"HTTP {self.status}", self.status)
        if not self.opened.done():
            self.opened.set_result(failure)

    def _take(self, frame: Frame) -> None:
        if self.closed is None:
            self._idle.stop(self)
            self._idle.start(self)
        if frame.opcode in {Opcode.TEXT, Opcode.BINARY}:
            self._is_text = frame.opcode is Opcode.TEXT
            self._pieces = []
        elif frame.opcode is not Opcode.CONT:
            return
        self._pieces.append(bytes(frame.data))
        if not frame.fin:
            return
        data = b"".join(self._pieces)
        self._pieces = []
        try:
            self._messages.append(data.decode() if self._is_text else data)
        except UnicodeDecodeError:
            self.close(1007)
            return
        if len(self._messages) >= _MOST and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def _flush(self) -> None:
        pieces = self._protocol.data_to_send()
        transport = self._transport
        if transport is None:
            return
        for piece in pieces:
            if piece:
                transport.write(piece)
            elif transport.can_write_eof():
                transport.write_eof()

    def _end(self, closed: Closed) -> None:
        if self.closed is None:
            self.closed = closed
            self._idle.stop(self)
            self._wake()

    def _wake(self) -> None:
        if self._taker is not None and not self._taker.done():
            self._taker.set_result(None)

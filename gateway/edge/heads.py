"""uvicorn's HTTP/1.1 protocol, with a bound on what a client can make it hold before a request is anybody's.

The parser keeps request line and headers, and trailers behind a body, for as long as they come; a body's own
bytes are bounded by who reads it (``max_body``).

Rules of the file:
1. While a head is incomplete the parser gets no more than ``max_head`` bytes of it. (Behind another request
   in the same piece of data that much more: where in the piece the head began is not known.)
2. Trailers are dropped. What comes around a body's bytes is bounded too.
3. Who is refused is told why, if no other answer is under way, and then has a moment to read that.
4. The path of nearly every request, a whole head in one piece, costs 0.6 µs more than uvicorn's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from gateway.call import Trace
from gateway.edge import problems
from gateway.edge.incoming import new_trace_id
from gateway.telemetry import events
from gateway.telemetry.log import Log
from gateway.telemetry.repetition import Sparing

MAX_HEAD: Final = 64 * 1024
"""Bytes (docs/contract.md section 5)."""

LINGER: Final = 1.0
"""Seconds for a client to read why it was refused: closing at once, with bytes of it unread, would reset the
connection and take the answer from it."""

_AROUND: Final = 16
"""Bytes of framing allowed for each byte of a body; a chunk of one byte takes six."""

if TYPE_CHECKING:
    from gateway.edge.client import Client

_log = Log("gateway.edge")


class BoundedProtocol(HttpToolsProtocol):
    """One connection of a client. What is said here without a value, ``bounded`` sets, and ``max_head``."""

    max_head = MAX_HEAD
    note: Callable[[int], None]
    told: Sparing
    cycle: RequestResponseCycle | None  # type: ignore[assignment]  # uvicorn leaves out what it begins with

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._fed = 0  # bytes of a head that is not complete, or of a body and what is around it
        self._body = 0
        self._refused = False
        self._client: Client | None = None

    def serve_for(self, client: Client) -> None:
        """Serve what *client* passes on; it keeps its place among the server's connections."""
        transport = client.transport
        assert transport is not None
        self._client = client
        self.connection_made(transport)
        self.connections.discard(self)

    @property
    def busy(self) -> bool:
        """It is in the midst of a request, or of an answer."""
        cycle = self.cycle
        if cycle is not None and (cycle.more_body or not cycle.response_complete):
            return True
        return self._fed > 0 or self._refused or bool(self.pipeline)

    def rest(self) -> None:
        """Somebody else answers the next request."""
        self._unset_keepalive_if_required()

    def handle_websocket_upgrade(self) -> None:
        """From here on the socket is another protocol's."""
        if self._client is not None:
            self._client.leave()
        super().handle_websocket_upgrade()

    def data_received(self, data: bytes) -> None:
        """A piece of one request, or of several."""
        before = self.cycle
        if (before is not None and before.more_body) or self._fed or len(data) > self.max_head:
            self._received(data)
            return
        super().data_received(data)
        if self.cycle is before:  # no head became whole
            self._fed = len(data)

    def _received(self, data: bytes) -> None:
        """The same with a head or a body begun, or in a large piece."""
        if self._refused:
            return
        if self._in_body():
            self._fed += len(data)
            super().data_received(data)
            if not self._in_body():
                self._fed = 0
            elif self._fed > 2 * self.max_head + _AROUND * self._body:
                self._refuse(400)
            return
        while data and not self.transport.is_closing():
            room = self.max_head - self._fed
            if not room:
                self._refuse(431)
                return
            if len(data) <= room:
                self._feed_head(data)
                return
            self._feed_head(data[:room])
            data = data[room:]
            if self._in_body():
                self._received(data)
                return

    def _feed_head(self, data: bytes) -> None:
        """Feed what may be a piece of a head."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is before:  # no head became whole
            self._fed += len(data)

    def _in_body(self) -> bool:
        """The last request's head is whole, and its body is not."""
        cycle = self.cycle
        return cycle is not None and cycle.more_body and cycle.scope is self.scope

    def on_headers_complete(self) -> None:
        """The head is whole: what looks like headers from here on are trailers, and nobody's."""
        super().on_headers_complete()
        if not (self.parser.should_upgrade() and self._should_upgrade()):  # then they are asked for once more
            self.headers = []
        self._fed = self._body = 0

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        self._body += len(body)
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the signature is uvicorn's
        """What came is not HTTP."""
        self._refuse(400)

    def _refuse(self, status: int) -> None:
        """Answer *status* and end the connection; if an answer is under way, only end it after that."""
        if self._refused:
            return
        self._refused = True
        self._fed = self.max_head  # what comes from here on is thrown away
        self.note(status)
        request_id = new_trace_id()
        self.told(status, events.CLIENT_REFUSED, Trace(request_id, "00", request_id), status=status)
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            self._answer(status, request_id)
        elif not self._in_body():
            cycle.keep_alive = False
        elif cycle.response_started or self.pipeline:
            self.transport.close()
        else:
            cycle.disconnected = True  # whoever reads the body learns that there will be no more of it
            cycle.message_event.set()
            self._answer(status, request_id)

    def _answer(self, status: int, request_id: str) -> None:
        problem = problems.refused(status, request_id)
        lines = [STATUS_LINE[status]]
        for name, value in self.server_state.default_headers:
            lines += (name, b": ", value, b"\r\n")
        lines += (problem.block, b"content-length: %d\r\nconnection: close\r\n\r\n" % len(problem.body))
        self.transport.write(b"".join([*lines, problem.body]))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.timeout_keep_alive_task = self.loop.call_later(LINGER, self.timeout_keep_alive_handler)


def bounded(max_head: int, note: Callable[[int], None]) -> type[BoundedProtocol]:
    """The protocol with heads of at most *max_head* bytes. *note* is told the status of each refusal."""

    class Bounded(BoundedProtocol):
        pass

    Bounded.max_head = max_head
    Bounded.note = staticmethod(note)
    Bounded.told = Sparing(_log)
    return Bounded

"""uvicorn's HTTP/1.1 protocol, with a bound on what a client can make it hold before a request is anybody's.

The parser keeps request line and headers, and trailers behind a body, for as long as they come; a body's own
bytes, and the time they take, are bounded by who reads it (``max_body``, the time limit, ``idle_timeout``).

Rules of the file:
1. While a head is incomplete the parser gets no more than ``max_head`` bytes of it. (Behind another request
   in the same piece of data that much more: where in the piece the head began is not known, only that it did.
   Until it is whole nobody else has the connection.)
2. A head that has begun is whole within ``head_timeout``; within that a new connection sends something, and
   what nobody reads of a body, behind its answer, comes to its end. No piece starts that time anew.
3. Trailers are dropped. What comes around a body's bytes is bounded too.
4. Who is refused is told why, if no other answer is under way, and then has a moment to read that.
5. The path of nearly every request, a whole head in one piece, costs 1.1 µs more than uvicorn's and starts no
   timer.
"""

from __future__ import annotations

from asyncio import Transport
from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from gateway.call import Trace
from gateway.edge import problems
from gateway.edge.incoming import new_trace_id
from gateway.edge.watched import WatchedProtocol
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
    from gateway.edge.bounds import Bounds
    from gateway.edge.client import Client

_log = Log("gateway.edge")


class BoundedProtocol(WatchedProtocol):
    """One connection of a client. What is said here without a value, ``bounded`` sets.

    As a timer entry it is the time in which a head that has begun must be whole.
    """

    max_head: int
    told: Sparing

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._fed = 0  # bytes of a head that is not complete, or of a body and what is around it
        self._body = 0
        self._refused = False
        self._waits = False  # for a head, or for what nobody reads of a body

    def serve_for(self, client: Client) -> None:
        """Serve what *client* passes on; it keeps its place among the server's connections."""
        transport = client.transport
        assert transport is not None
        self._client = client
        self.connection_made(transport)
        self.connections.discard(self)

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Somebody connected; behind a ``Client`` that has seen to it that a request comes."""
        super().connection_made(transport)
        if self._client is None:
            self._wait()

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
        self._refused = True  # what is left to this one is nobody's
        super().handle_websocket_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._came()
        super().connection_lost(exc)

    def expire(self) -> None:
        """What was waited for did not come in time (the timer calls this)."""
        self._waits = False
        if self.transport.is_closing():
            return
        if self._left_over():
            self.bounds.refused(408)
            self.transport.close()
        elif self._fed:
            self._refuse(408)
        else:  # nothing was asked
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """A piece of one request, or of several."""
        before = self.cycle
        if (before is not None and before.more_body) or self._fed or len(data) > self.max_head:
            self._received(data)
            return
        super().data_received(data)
        cycle = self.cycle
        if cycle is before:  # no head became whole
            self._fed = len(data)
            self._wait()
        elif cycle is not None and cycle.scope is not self.scope:  # `_begun`, on the path of nearly all
            self._fed = 1

    def _received(self, data: bytes) -> None:
        """The same with a head or a body begun, or in a large piece."""
        if self._refused:
            return
        cycle = self.cycle
        if cycle is not None and self._in_body():
            self._fed += len(data)
            super().data_received(data)
            if self._left_over():
                self._wait()
            if not self._in_body():
                self._fed = int(self._begun())
                if cycle.response_complete and self.cycle is cycle:  # the next request is to come soon
                    self.timeout_keep_alive_task = self.loop.call_later(
                        self.timeout_keep_alive, self.timeout_keep_alive_handler
                    )
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
            self._wait()
        elif self._begun():
            self._fed = 1

    def _wait(self) -> None:
        """From now on it takes too long, unless it does already."""
        if not self._waits and not self._refused:
            self._waits = True
            self.bounds.head.start(self)

    def _came(self) -> None:
        """What was waited for has come."""
        if self._waits:
            self._waits = False
            self.bounds.head.stop(self)

    def _begun(self) -> bool:
        """Behind the last request that became one, the head of another has begun (it has a new scope)."""
        return self.cycle is not None and self.cycle.scope is not self.scope

    def _in_body(self) -> bool:
        """The last request's head is whole, and its body is not."""
        cycle = self.cycle
        return cycle is not None and cycle.more_body and cycle.scope is self.scope

    def _left_over(self) -> bool:
        """The last request was answered before its body has come to its end: nobody reads the rest."""
        cycle = self.cycle
        return cycle is not None and cycle.response_complete and self._in_body()

    def on_headers_complete(self) -> None:
        """The head is whole: what looks like headers from here on are trailers, and nobody's."""
        super().on_headers_complete()
        if not (self.parser.should_upgrade() and self._should_upgrade()):  # then they are asked for once more
            self.headers = []
        self._fed = self._body = 0
        if self._waits:
            self._came()

    def on_message_complete(self) -> None:
        """A request has come to its end, perhaps behind its answer, which uvicorn takes no note of."""
        cycle = self.cycle
        if cycle is not None and cycle.response_complete and self._in_body():
            cycle.more_body = False
            self._came()
        super().on_message_complete()

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
        self._came()
        self._fed = self.max_head  # what comes from here on is thrown away
        self.bounds.refused(status)
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
        late = status == 408
        problem = problems.late_head(request_id) if late else problems.refused(status, request_id)
        lines = [STATUS_LINE[status]]
        for name, value in self.server_state.default_headers:
            lines += (name, b": ", value, b"\r\n")
        lines += (problem.block, b"content-length: %d\r\nconnection: close\r\n\r\n" % len(problem.body))
        self.transport.write(b"".join([*lines, problem.body]))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.timeout_keep_alive_task = self.loop.call_later(LINGER, self.timeout_keep_alive_handler)


def bounded(bounds: Bounds) -> type[BoundedProtocol]:
    """The protocol of clients that are held to *bounds*."""

    class Bounded(BoundedProtocol):
        pass

    Bounded.bounds = bounds
    Bounded.max_head = bounds.max_head
    Bounded.told = Sparing(_log)
    return Bounded

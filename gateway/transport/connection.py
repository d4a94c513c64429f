"""One HTTP/1.1 connection: a request goes out in one write, its answer arrives in a future.

Rules of the file:
1. A connection is reusable only after an answer that ended exactly where the bytes ended, and until
   anything at all arrives. Everything else closes it.
2. What the peer does wrong is a ``Failure`` in the waiter, never an exception.
3. No object of a request is part of a reference cycle; reader and parser are parted when the socket
   is gone.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Final, cast

from gateway.buffered import Buffered
from gateway.call import Call, Waiter
from gateway.outcome import Cause, Failure
from gateway.transport.exchange import Response
from gateway.transport.reader import Reader
from gateway.transport.whole import Whole

Result = Response | Failure | None
"""How an exchange ends. ``None``: a reused connection ended before the first byte of an answer, as it
does when the upstream closes an idle connection at the moment at which we use it."""

_LARGE: Final = 16 * 1024  # a request that may still be on its way out when its answer is complete


class Connection(asyncio.Protocol):
    """Between exchanges ``reusable`` tells whether there can be another one.

    ``closed``: no use any more; ``lost``: because the peer ended or spoiled it; ``born`` and
    ``idle_since`` are instants on the loop's clock. ``on_idle_end`` is called when the peer ends or
    spoils a connection that is not in use. *whole* may serve many connections.
    """

    __slots__ = (
        "_large",
        "_on_idle_end",
        "_reader",
        "_transport",
        "_uses",
        "_waiter",
        "born",
        "closed",
        "idle_since",
        "lost",
        "reusable",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        max_response: int,
        buffered: Buffered,
        on_idle_end: Callable[[Connection], None],
        whole: Whole,
    ) -> None:
        self.born = self.idle_since = loop.time()
        self.closed = self.lost = self.reusable = False
        self._on_idle_end = on_idle_end
        self._reader = Reader(max_response, buffered, whole)
        self._transport: asyncio.Transport | None = None
        self._waiter: Waiter | None = None
        self._large = False
        self._uses = 0

    def send(self, head: bytes, body: bytes, call: Call, waiter: Waiter, *, head_only: bool) -> None:
        """Write a request and expect its answer, a ``Result`` for *waiter*.

        *body* is apart only if it is too large to be copied.
        """
        transport = self._transport
        assert transport is not None
        assert self._waiter is None
        self._reader.begin(call, head_only=head_only)
        self._waiter = call.waiter = waiter
        self._uses += 1
        self.reusable = False
        self._large = len(head) + len(body) > _LARGE
        transport.write(head)
        if body:
            transport.write(body)
        call.sent = True

    @property
    def used(self) -> bool:
        """There was an exchange over it already."""
        return self._uses > 0

    def lend(self, protocol: asyncio.Protocol) -> asyncio.Transport:
        """The socket, for one exchange by *protocol*, which has to pass ``connection_lost`` on."""
        transport = self._transport
        assert transport is not None
        self._uses += 1
        self.reusable = False
        transport.set_protocol(protocol)
        return transport

    def reclaim(self, *, reusable: bool) -> None:
        """The exchange that had the socket is over; *reusable*: it left it as it should be."""
        transport = self._transport
        if transport is None or not reusable or transport.is_closing():
            self.abort()
            return
        transport.set_protocol(self)
        transport.resume_reading()
        self.reusable = True

    def abort(self) -> None:
        """Close at once; an exchange under way is abandoned."""
        self.closed = True
        self.reusable = False
        self._waiter = None
        if self._transport is not None:
            self._transport.abort()

    def fail(self, failure: Failure) -> None:
        """End the exchange under way, if any, with *failure*, and the connection."""
        self._settle(failure)
        self.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected, and the handshake is done."""
        self._transport = cast("asyncio.Transport", transport)
        self.reusable = True

    def data_received(self, data: bytes) -> None:
        """A piece of an answer; or something nobody asked for, which must never become one."""
        if self._waiter is None:
            self.lost = True
            self.abort()
            self._on_idle_end(self)
            return
        result = self._reader.read(data)
        if result is None:
            return
        if isinstance(result, Failure):
            self.fail(result)
            return
        transport = self._transport
        assert transport is not None
        # Answered before it had read the whole request: the rest of that must not go out any more.
        unsent = self._large and transport.get_write_buffer_size() > 0
        self.reusable = self._reader.clean and not unsent
        self._settle(result)

    def eof_received(self) -> bool:
        """The peer sends no more; the transport then closes itself."""
        self._end(None)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        self._end(exc)
        self._reader.close()
        self._transport = None

    def _end(self, error: Exception | None) -> None:
        if self.closed:
            return
        self.closed = self.lost = True
        self.reusable = False
        if self._waiter is None:
            self._on_idle_end(self)
            return
        result = self._reader.end() if error is None else None
        if isinstance(error, ssl.SSLError) and self._uses == 1 and not self._reader.started:
            result = self._refused(error)
        elif result is None and (self._uses == 1 or self._reader.started):
            where = "within an answer" if self._reader.started else "before an answer"
            result = Failure(Cause.INCOMPLETE, f"{error or 'connection closed'}, {where}")
        self._settle(result)

    def _refused(self, error: ssl.SSLError) -> Failure:
        """In TLS 1.3 a server refuses our certificate only after the handshake is over for us.

        It has not read the request then (RFC 8446 section 4.4.2.4), so nothing counts as sent.
        """
        self._reader.unsent()
        return Failure(Cause.UNREACHABLE, f"TLS: {error.reason or error}")

    def _settle(self, result: Result) -> None:
        waiter = self._waiter
        self._waiter = None
        if waiter is not None and not waiter.done():
            waiter.set_result(result)

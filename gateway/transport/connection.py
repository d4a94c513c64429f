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

from gateway.call import Call, Waiter
from gateway.outcome import Cause, Failure
from gateway.transport.exchange import Response
from gateway.transport.reader import Reader
from gateway.transport.whole import Whole

Result = Response | Failure | None
"""How an exchange ends. ``None``: a reused connection ended before the first byte of an answer, as it
does when the upstream closes an idle connection at the moment at which we use it."""

_PATIENCE: Final = 2
"""Answers in a row that did not come whole, after which those of a connection are not expected to."""

_LARGE: Final = 16 * 1024  # a request that may still be on its way out when its answer is complete


class Connection(asyncio.Protocol):
    """Between exchanges ``reusable`` tells whether there can be another one.

    ``closed``: no use any more; ``lost``: because the peer ended or spoiled it; ``born`` and
    ``idle_since`` are instants on the loop's clock. ``on_idle_end`` is called when the peer ends or
    spoils a connection that is not in use. *whole* may serve many connections; what it does not read takes a
    ``Reader``, which most connections never need.
    """

    __slots__ = (
        "_call",
        "_head_only",
        "_large",
        "_on_idle_end",
        "_patience",
        "_reader",
        "_reading",
        "_transport",
        "_uses",
        "_waiter",
        "_whole",
        "born",
        "closed",
        "idle_since",
        "lost",
        "reusable",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        on_idle_end: Callable[[Connection], None],
        whole: Whole,
    ) -> None:
        self.born = self.idle_since = loop.time()
        self.closed = self.lost = self.reusable = False
        self._on_idle_end = on_idle_end
        self._whole = whole
        self._patience = _PATIENCE
        self._reader: Reader | None = None
        self._reading = False
        self._call: Call | None = None
        self._head_only = False
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
        self._call = call
        self._head_only = head_only
        self._reading = False
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
        self._waiter = self._call = None
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
        clean = False
        result: Response | Failure | None = None
        if not self._reading:
            result = self._read_whole(data)
            clean = self._whole.keep
        if result is None:
            reader = self._long_way()
            result = reader.read(data)
            clean = reader.clean
        if result is None:
            return
        if isinstance(result, Failure):
            self.fail(result)
            return
        transport = self._transport
        assert transport is not None
        # Answered before it had read the whole request: the rest of that must not go out any more.
        unsent = self._large and transport.get_write_buffer_size() > 0
        self.reusable = clean and not unsent
        self._settle(result)

    def eof_received(self) -> bool:
        """The peer sends no more; the transport then closes itself."""
        self._end(None)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        self._end(exc)
        if self._reader is not None:
            self._reader.close()
        self._transport = None

    def _read_whole(self, data: bytes) -> Response | Failure | None:
        """The answer that *data* is, if it came in one piece as most do."""
        if not self._patience or self._head_only:
            return None
        assert self._call is not None, "the waiter's"
        result = self._whole.read(data, self._call)
        self._patience = self._patience - 1 if result is None else _PATIENCE
        return result

    def _long_way(self) -> Reader:
        """The reader of this answer, which takes more than one look."""
        reader, whole = self._reader, self._whole
        if reader is None:
            reader = self._reader = Reader(whole.max_response, whole.buffered)
        if not self._reading:
            self._reading = True
            assert self._call is not None, "the waiter's"
            reader.begin(self._call, head_only=self._head_only)
        return reader

    def _end(self, error: Exception | None) -> None:
        if self.closed:
            return
        self.closed = self.lost = True
        self.reusable = False
        if self._waiter is None:
            self._on_idle_end(self)
            return
        reader = self._reader if self._reading else None
        result = reader.end() if reader is not None and error is None else None
        started = reader is not None and reader.started
        if isinstance(error, ssl.SSLError) and self._uses == 1 and not started:
            result = self._refused(error)
        elif result is None and (self._uses == 1 or started):
            where = "within an answer" if started else "before an answer"
            result = Failure(Cause.INCOMPLETE, f"{error or 'connection closed'}, {where}")
        self._settle(result)

    def _refused(self, error: ssl.SSLError) -> Failure:
        """In TLS 1.3 a server refuses our certificate only after the handshake is over for us.

        It has not read the request then (RFC 8446 section 4.4.2.4), so nothing counts as sent.
        """
        if self._call is not None:
            self._call.sent = False
        return Failure(Cause.UNREACHABLE, f"TLS: {error.reason or error}")

    def _settle(self, result: Result) -> None:
        waiter = self._waiter
        self._waiter = self._call = None
        if waiter is not None and not waiter.done():
            waiter.set_result(result)

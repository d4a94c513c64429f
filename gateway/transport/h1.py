"""HTTP/1.1 to one upstream over pooled connections: the default transport, made for small fast calls.

Per exchange: one write, one future to wait on, no task, no timer, no reference cycle.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterable, Callable
from typing import Final, TypeVar

from gateway.buffered import Buffered
from gateway.call import Call, Waiter
from gateway.outcome import Cause, Failure
from gateway.timers import Timers
from gateway.transport.connection import Connection, Result
from gateway.transport.dial import Dialer
from gateway.transport.exchange import PoolState, Request, Response
from gateway.transport.h1_stream import Begun, StreamedExchange
from gateway.transport.origin import Origin
from gateway.transport.pool import Pool
from gateway.transport.resolve import Resolver
from gateway.transport.streamed import StreamedResponse
from gateway.transport.tls import http1_context
from gateway.transport.whole import Whole

P = TypeVar("P", bound=asyncio.Protocol)

_VERBS: Final = {
    method: method.encode() + b" " for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
}
_BODIED: Final = frozenset({"POST", "PUT", "PATCH"})  # without a body they say so: content-length: 0
_JOINED: Final = 64 * 1024  # larger bodies are not copied behind their head
_ENDED: Final = "the connection was closed before an answer"


class H1Transport:
    """See ``exchange.Transport``.

    ``limit`` connections at most; a call waits at most ``max_wait`` seconds for one to become free
    (then ``bulkhead_full``). ``connect_timeout`` bounds look-up, connect and handshake together.
    ``max_response`` bounds a body, in bytes. ``ssl_context`` replaces the default verification,
    ``server_name`` the host that TLS names and checks. ``unix_socket`` is the path of a socket to connect
    to instead of the origin's host and port. ``accept`` is the value of accept-encoding.
    Belongs to the loop on which it is opened; once closed, it can be opened on another.
    """

    def __init__(
        self,
        origin: Origin,
        *,
        limit: int,
        max_wait: float,
        connect_timeout: float,
        max_response: int,
        buffered: Buffered,
        timers: Timers,
        ssl_context: ssl.SSLContext | None = None,
        server_name: str | None = None,
        unix_socket: str | None = None,
        accept: bytes = b"identity",
        resolver: Resolver | None = None,
        idle_for: float = 4.0,
        max_age: float = 300.0,
    ) -> None:
        self.origin = origin
        self._limit = limit
        self._max_wait = max_wait
        self._connect_timeout = connect_timeout
        self._buffered = buffered
        self._timers = timers
        self._ssl_context = ssl_context
        self._server_name = server_name
        self._unix_socket = unix_socket
        self._resolver = resolver
        self._idle_for = idle_for
        self._max_age = max_age
        self._pool: Pool | None = None
        self._whole = Whole(max_response, buffered)
        self._host = b" HTTP/1.1\r\nhost: %b\r\n" % origin.authority.encode()
        self._lines = b"%baccept-encoding: %b\r\n" % (self._host, accept)

    async def open(self) -> None:
        """Get ready on the running loop, for the first time or again; makes no connection."""
        if self._pool is None or self._pool.closed:
            self._pool = self._make_pool()

    async def exchange(self, request: Request, extra: bytes, call: Call) -> Response | Failure:
        """Send *request* with the header lines *extra* added; see ``exchange.Transport``."""
        if call.ended is not None:
            return call.ended
        if self._buffered.full:
            return Failure(Cause.BULKHEAD_FULL, "max_buffered")
        connection = (self._pool or self._opened()).take()
        if connection is not None:
            result = await self._over(connection, request, extra, call)
            if result is not None:
                return result
        return await self.exchange_anew(request, extra, call)

    async def exchange_anew(self, request: Request, extra: bytes, call: Call) -> Response | Failure:
        """``exchange`` over a connection that has not been idle.

        Also after one that the upstream closed while it was idle, just before it was used: the request was
        most likely never read (RFC 9112 section 9.3.1), so that is no attempt of its own.
        """
        if call.sent and not call.repeatable:
            return Failure(Cause.INCOMPLETE, _ENDED)
        obtained = await (self._pool or self._opened()).obtain(call)
        if isinstance(obtained, Failure):
            return obtained
        result = await self._over(obtained, request, extra, call)
        if result is None:
            return Failure(Cause.INCOMPLETE if call.sent else Cause.UNREACHABLE, _ENDED)
        return result

    async def _over(self, connection: Connection, request: Request, extra: bytes, call: Call) -> Result:
        """One exchange over *connection*, which is given back."""
        try:
            if call.ended is not None:
                return call.ended
            if connection.closed:
                return None
            head, body = self._render(request, extra)
            waiter = asyncio.get_running_loop().create_future()
            connection.send(head, body, call, waiter, head_only=request.method == "HEAD")
            result: Result = await waiter
            return result
        finally:
            call.waiter = None
            assert self._pool is not None
            self._pool.give(connection)

    def begin(self, request: Request, extra: bytes, call: Call, waiter: Waiter) -> Connection | None:
        """The first half of ``exchange``: *request* is sent, and *waiter* gets the ``Result``.

        Only if that needs no wait: ``None``, and nothing done, without an idle connection. Whoever gets a
        connection gives it to ``end`` once, as soon as the result is there or not wanted any more.
        """
        pool = self._pool
        if pool is None or self._buffered.full:
            return None
        connection = pool.take()
        if connection is None:
            return None
        if connection.closed:
            pool.give(connection)
            return None
        try:
            head, body = self._render(request, extra)
            connection.send(head, body, call, waiter, head_only=request.method == "HEAD")
        except BaseException:
            pool.give(connection)
            raise
        return connection

    def end(self, connection: Connection) -> None:
        """The second half of ``exchange``."""
        assert self._pool is not None
        self._pool.give(connection)

    async def stream(
        self,
        request: Request,
        extra: bytes,
        call: Call,
        *,
        idle_timeout: float,
        body: AsyncIterable[bytes] | None = None,
        length: int | None = None,
    ) -> StreamedResponse | Failure:
        """Send *request*, with *body* in place of its own, and read the head; see ``exchange.Streaming``."""
        if call.ended is not None:
            return call.ended
        if self._buffered.full:
            return Failure(Cause.BULKHEAD_FULL, "max_buffered")
        pool = self._pool or self._opened()
        head = self._render_stream(request, extra, length, chunked=body is not None and length is None)
        head += b"" if body is not None else request.body
        idle, head_only = self._timers.of(idle_timeout), request.method == "HEAD"
        # A body cannot be sent twice, so it never goes over a connection that may have gone stale.
        connection = pool.take() if body is None else None
        while True:
            fresh = connection is None
            if connection is None:
                obtained = await pool.obtain(call)
                if isinstance(obtained, Failure):
                    return obtained
                connection = obtained
            if connection.closed or call.ended is not None:
                pool.give(connection)
                begun: Begun = call.ended
            else:
                exchange = StreamedExchange(connection, pool, call, idle, self._buffered, head_only=head_only)
                begun = await exchange.begin(head, body, length)
            if begun is not None:
                return begun
            if fresh or (call.sent and not call.repeatable):
                return Failure(Cause.INCOMPLETE if call.sent else Cause.UNREACHABLE, _ENDED)
            connection = None

    async def dial(self, make: Callable[[], P]) -> P | Failure:
        """A connection of its own, beside the pool, for a protocol that outlives an exchange."""
        return await self._dialer().dial(make)

    async def close(self) -> None:
        """Close every connection; calls under way end as ``incomplete``, waiting ones as ``unreachable``."""
        if self._pool is not None:
            await self._pool.close()
            self._whole.close()

    def preopen(self, count: int, lasting: float, told: Callable[[Failure | None], None]) -> int:
        """Begin to make the connections that are missing to *count*; see ``Pool.preopen``."""
        return 0 if self._pool is None else self._pool.preopen(count, lasting, told)

    def state(self) -> PoolState:
        """The pool now."""
        if self._pool is None:
            return PoolState(self._limit, 0, 0, 0, 0, 0, 0, 0)
        return self._pool.state()

    def __repr__(self) -> str:
        state = self.state()
        return f"<H1Transport {self.origin}: {state.in_use} in use, {state.idle} idle of {state.limit}>"

    def _render(self, request: Request, extra: bytes) -> tuple[bytes, bytes]:
        """What goes out in the one write, and a body too large to be copied for that."""
        method = request.method
        body = request.body
        verb = _VERBS.get(method) or method.encode("ascii") + b" "
        if not body and method not in _BODIED:
            return b"".join((verb, request.target, self._lines, request.headers, extra, b"\r\n")), b""
        length = b"content-length: %d\r\n\r\n" % len(body)
        head = b"".join((verb, request.target, self._lines, request.headers, extra, length))
        return (head + body, b"") if len(body) <= _JOINED else (head, body)

    def _render_stream(self, request: Request, extra: bytes, length: int | None, *, chunked: bool) -> bytes:
        """The same for a stream: codings pass through, so only who passes them on may ask for any."""
        headers = request.headers + extra
        accept = b"" if b"accept-encoding:" in headers.lower() else b"accept-encoding: identity\r\n"
        if not chunked and length is None and (request.body or request.method in _BODIED):
            length = len(request.body)
        framing = b"" if length is None else b"content-length: %d\r\n" % length
        framing = b"transfer-encoding: chunked\r\n" if chunked else framing
        verb = _VERBS.get(request.method) or request.method.encode("ascii") + b" "
        return b"".join((verb, request.target, self._host, accept, headers, framing, b"\r\n"))

    def _opened(self) -> Pool:
        if self._pool is None:
            self._pool = self._make_pool()
        return self._pool

    def _make_pool(self) -> Pool:
        loop = asyncio.get_running_loop()
        whole = self._whole

        def make(on_idle_end: Callable[[Connection], None]) -> Connection:
            return Connection(loop, on_idle_end, whole)

        return Pool(
            self._dialer(),
            make,
            limit=self._limit,
            max_wait=self._max_wait,
            timers=self._timers,
            idle_for=self._idle_for,
            max_age=self._max_age,
        )

    def _dialer(self) -> Dialer:
        origin = self.origin
        return Dialer(
            origin,
            self._connect_timeout,
            (self._ssl_context or http1_context()) if origin.secure else None,
            self._resolver or Resolver(origin.host, origin.port),
            server_name=self._server_name,
            unix_socket=self._unix_socket,
        )

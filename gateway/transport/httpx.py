"""The same exchanges over httpx, for what ``h1`` does not speak: HTTP/2, proxies, and mocked transports.

httpx 0.28 with httpcore 1.0.9 loses a pool slot for good when a request is cancelled at the wrong
moment (a pool of 10 was dead after 650 timeouts; encode/httpcore 1093 and others). Therefore:

1. httpx runs in a task of its own, and the caller waits on a future; a native cancellation of the
   caller never reaches httpx.
2. That task is only ever ended through an anyio ``CancelScope``, which httpcore survives.
3. Never more exchanges than connections: nobody waits inside httpx's pool. A slot is free again when
   httpx is really done with it, not when the caller left.
"""

from __future__ import annotations

import asyncio
import contextvars
import ssl
from collections.abc import AsyncIterable

import httpx

from gateway.buffered import Buffered
from gateway.call import Call
from gateway.outcome import Cause, Failure
from gateway.timers import Timers
from gateway.transport.clients import Clients
from gateway.transport.exchange import PoolState, Request, Response
from gateway.transport.flight import NETWORK, AbandonedError, Ended, Flight, Work
from gateway.transport.httpx_stream import StreamedFlight, welcoming
from gateway.transport.line import Line
from gateway.transport.origin import Origin
from gateway.transport.streamed import StreamedResponse
from gateway.transport.tls import new_context


class HttpxTransport:
    """See ``exchange.Transport``; the parameters are those of ``H1Transport`` and some more.

    ``http2`` is offered in the TLS handshake; without TLS it stays HTTP/1.1. ``proxy`` is a URL.
    ``transport`` replaces httpx's own: ``httpx.MockTransport``, ``httpx.ASGITransport``. httpx writes
    its protocols into ``ssl_context``: do not share one with another transport. A proxy's tunnel knows
    no ``server_name`` (httpcore 1.0.9), and excludes a ``unix_socket``.
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
        http2: bool = False,
        proxy: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        idle_for: float = 4.0,
    ) -> None:
        self.origin = origin
        self._limit = limit
        self._max_wait = max_wait
        self._connect_timeout = connect_timeout
        self._max_response = max_response
        self._buffered = buffered
        self._timers = timers
        self._ssl_context = ssl_context
        self._extensions = {"sni_hostname": server_name} if server_name else {}
        self._unix_socket = unix_socket
        self._accept = accept
        self._http2 = http2
        self._proxy = proxy
        self._idle_for = idle_for
        self._given = transport
        self._clients = Clients(self._make)
        self._closed = False
        self._in_use = 0
        self._line: Line[None] = Line(timers, max_wait, self._release)
        self._flights: dict[Flight, asyncio.Task[None]] = {}
        self._created = self._reused = self._lost = 0

    async def open(self) -> None:
        """Get ready, for the first time or again; makes no connection."""
        self._closed = False
        await self._clients.give(self._clients.take(), retire=False)

    async def exchange(self, request: Request, extra: bytes, call: Call) -> Response | Failure:
        """Send *request* with the header lines *extra* added; see ``exchange.Transport``."""
        if (refusal := await self._slot(call)) is not None:
            return refusal
        flight = self._flight(call)
        ended = await self._flown(flight, lambda client: self._send(client, flight, request, extra))
        assert not isinstance(ended, StreamedResponse)
        return ended

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
        """See ``exchange.Streaming``. An answer is only read after the whole of *body* went out."""
        if (refusal := await self._slot(call)) is not None:
            return refusal
        flight = self._flight(call)
        streamed = StreamedFlight(flight, call, self._timers.of(idle_timeout), self._buffered)

        async def work(client: httpx.AsyncBaseTransport) -> Failure | None:
            content = request.body if body is None else streamed.body(body, length)
            rendered = welcoming(self._render(flight, request, extra, content, length, idle_timeout))
            failure = await streamed.run(client, rendered)
            if body is None and call.repeatable and failure is not None and flight.went_stale(failure):
                failure = await streamed.run(client, rendered)
            self._count(flight, failure)
            return failure

        ended = await self._flown(flight, work)
        assert not isinstance(ended, Response)
        if isinstance(ended, Failure):
            streamed.response.close()
        return ended

    async def close(self) -> None:
        """Close every connection; calls under way end as ``incomplete``, waiting ones as ``unreachable``."""
        self._closed = True
        while self._line.serve(Failure(Cause.UNREACHABLE, "the transport is closed")):
            pass
        flights = dict(self._flights)
        for flight in flights:
            flight.settle(Failure(Cause.INCOMPLETE, "the transport was closed"))
            flight.abandon()
        if flights:
            await asyncio.wait(flights.values())
        await self._clients.close()

    def state(self) -> PoolState:
        """Exchanges under way stand for connections: httpx does not tell how many are idle."""
        return PoolState(
            limit=self._limit,
            open=self._in_use,
            idle=0,
            in_use=self._in_use,
            waiting=len(self._line),
            created=self._created,
            reused=self._reused,
            lost=self._lost,
        )

    def __repr__(self) -> str:
        return f"<HttpxTransport {self.origin}: {self._in_use} in use of {self._limit}>"

    async def _slot(self, call: Call) -> Failure | None:
        """Take a slot, or say why there is none."""
        if call.ended is not None:
            return call.ended
        if self._closed:
            return Failure(Cause.UNREACHABLE, "the transport is closed")
        if self._buffered.full:
            return Failure(Cause.BULKHEAD_FULL, "max_buffered")
        if self._in_use < self._limit:
            self._in_use += 1
            return None
        refusal = await self._line.wait(call)
        if refusal is None and call.ended is not None:  # cut in the moment in which its turn came
            self._release(None)
        return refusal or call.ended

    def _flight(self, call: Call) -> Flight:
        waiter: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        return Flight(call, waiter, self._timers.of(self._connect_timeout), self._buffered)

    async def _flown(self, flight: Flight, work: Work) -> Ended:
        """Start the task and wait for what it settles the flight with."""
        self._flights[flight] = asyncio.create_task(self._fly(flight, work), context=contextvars.Context())
        flight.call.waiter = flight.waiter
        ended: Ended | None = None
        try:
            ended = await flight.waiter
        finally:
            flight.call.waiter = None
            if flight in self._flights and not isinstance(ended, StreamedResponse):
                flight.abandon()  # cut, or cancelled: httpx is still at it
        return ended

    async def _fly(self, flight: Flight, work: Work) -> None:
        """The task that holds a slot until httpx is done."""
        client = self._clients.take()
        try:
            with flight.scope:
                ended = await work(client)
                if ended is not None:
                    flight.settle(ended)
        except AbandonedError:
            pass
        except asyncio.CancelledError:
            flight.waiter.cancel()  # the loop is being torn down
            raise
        except Exception as bug:
            if flight.waiter.done():
                raise
            flight.waiter.set_exception(bug)
        finally:
            flight.land()
            await self._clients.give(client, retire=flight.gave_up_stream)
            del self._flights[flight]
            self._release(None)

    async def _send(
        self, client: httpx.AsyncBaseTransport, flight: Flight, request: Request, extra: bytes
    ) -> Response | Failure:
        result = await self._try(client, flight, request, extra)
        if isinstance(result, Failure) and flight.went_stale(result) and flight.call.repeatable:
            # Most likely never read (RFC 9112 section 9.3.1): no attempt of its own. httpx drops the
            # connection; should the next one be stale too, that is the answer.
            result = await self._try(client, flight, request, extra)
        self._count(flight, result)
        return result

    def _count(self, flight: Flight, result: Response | Failure | None) -> None:
        if flight.connected:
            self._created += 1
        else:
            self._reused += 1
        if isinstance(result, Failure) and result.cause is Cause.INCOMPLETE:
            self._lost += 1

    async def _try(
        self, client: httpx.AsyncBaseTransport, flight: Flight, request: Request, extra: bytes
    ) -> Response | Failure:
        flight.begin()
        if self._given is not None:
            flight.sending()  # a mock does not tell when it sends; what may have been sent counts as sent
        try:
            answer = await client.handle_async_request(self._render(flight, request, extra, request.body))
            try:
                return await flight.read(answer, self._max_response, head_only=request.method == "HEAD")
            finally:
                await answer.aclose()
        except NETWORK as error:
            return flight.failure(error)

    def _render(
        self,
        flight: Flight,
        request: Request,
        extra: bytes,
        content: bytes | AsyncIterable[bytes],
        length: int | None = None,
        idle: float = 0.0,
    ) -> httpx.Request:
        origin = self.origin
        headers = [(b"host", origin.authority.encode()), (b"accept-encoding", self._accept)]
        for line in (request.headers + extra).split(b"\r\n")[:-1]:
            name, _, value = line.partition(b": ")
            headers.append((name, value))
        if length is not None:
            headers.append((b"content-length", b"%d" % length))
        # Backstops only: the attempt timeout is a layer, the time to connect the flight's, *idle* a stream's.
        longest = max(flight.call.timeout, idle)
        backstops = httpx.Timeout(longest, connect=self._connect_timeout, pool=self._max_wait)
        return httpx.Request(
            request.method,
            httpx.URL(scheme=origin.scheme, host=origin.host, port=origin.port, raw_path=request.target),
            headers=headers,
            content=content,
            extensions={**self._extensions, "trace": flight.trace, "timeout": backstops.as_dict()},
        )

    def _make(self) -> httpx.AsyncBaseTransport:
        if self._given is not None:
            return self._given
        self._ssl_context = self._ssl_context or new_context()
        return httpx.AsyncHTTPTransport(
            verify=self._ssl_context,
            http2=self._http2,
            uds=self._unix_socket,
            proxy=self._proxy,
            limits=httpx.Limits(
                max_connections=self._limit,
                max_keepalive_connections=self._limit,
                keepalive_expiry=self._idle_for,
            ),
            trust_env=False,
        )

    def _release(self, _: None) -> None:
        """A slot is free; it passes to the call that waits longest."""
        if not self._line.serve(None):
            self._in_use -= 1

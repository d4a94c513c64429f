"""One streamed exchange over a pooled connection: lends its socket, and gives it back if all went well.

Rules of the file:
1. The connection belongs to the exchange from the start to ``release``, which happens exactly once.
2. It is reusable only if the whole request went out, the whole answer was taken, and nothing followed.
3. A request's body goes out as fast as the upstream takes it, and only while the answer is wanted.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator

from gateway.buffered import Buffered
from gateway.call import Call
from gateway.outcome import Cause, Failure
from gateway.timers import Timer
from gateway.transport.connection import Connection
from gateway.transport.exchange import Response
from gateway.transport.piecewise import PieceReader
from gateway.transport.pool import Pool
from gateway.transport.streamed import StreamedResponse, measured

Begun = StreamedResponse | Failure | None
"""How an exchange begins. ``None``: a reused connection ended before the first byte of an answer."""


class StreamedExchange(asyncio.Protocol):
    """Stands in for *connection* as the protocol of its socket."""

    def __init__(
        self,
        connection: Connection,
        pool: Pool,
        call: Call,
        idle: Timer,
        buffered: Buffered,
        *,
        head_only: bool,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._connection = connection
        self._pool = pool
        self._call = call
        self._response = StreamedResponse(call, idle, buffered, self)
        self._reader = PieceReader(call, self._response.put, head_only=head_only)
        self._head: asyncio.Future[Begun] = self._loop.create_future()
        self._upload: asyncio.Task[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._gone = False
        self._was_used = connection.used
        self._socket = connection.lend(self)

    async def begin(self, head: bytes, body: AsyncIterable[bytes] | None, length: int | None) -> Begun:
        """Send the request and wait for the head of its answer. *length* ``None``: *body* goes in chunks.

        What *body* raises is raised here, or while the answer is taken.
        """
        call = self._call
        self._socket.write(head)
        call.sent = True
        if body is not None:
            self._upload = self._loop.create_task(self._send(body, length))
        call.waiter = self._head
        try:
            begun = await self._head
        except BaseException:
            self._response.close()
            raise
        finally:
            call.waiter = None
        if not isinstance(begun, StreamedResponse):
            self._response.close()
        return begun

    # as a flow

    def pause(self) -> None:
        """The socket is not read: the kernel's buffers fill up, then the upstream waits."""
        if not self._gone:
            self._socket.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if not self._gone:
            self._socket.resume_reading()

    def release(self, *, whole: bool) -> None:
        """Give the connection back, or break it."""
        sent = self._upload is None or self._upload.done()
        if self._upload is not None:
            self._upload.cancel()
        unsent = not self._gone and self._socket.get_write_buffer_size() > 0
        self._connection.reclaim(reusable=whole and sent and not unsent and self._reader.clean)
        self._reader.close()
        self._pool.give(self._connection)

    # as a protocol

    def data_received(self, data: bytes) -> None:
        """A piece of the answer, or something that follows it."""
        if self._response.over:
            self._reader.clean = False
            return
        result = self._reader.read(data)
        head = self._reader.head
        if isinstance(result, Failure):
            self._settle(result)
            return
        if head is not None and not self._head.done():
            self._response.status, self._response.headers = head
            self._head.set_result(self._response)
        if isinstance(result, Response):
            self._response.end(None)

    def eof_received(self) -> bool:
        """The peer sends no more; the transport then closes itself."""
        self._end(None)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        self._end(exc)
        self._gone = True
        self.resume_writing()
        self._connection.connection_lost(exc)

    def pause_writing(self) -> None:
        """The upstream takes the request's body more slowly than it comes."""
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        """It has taken most of it."""
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    async def _send(self, body: AsyncIterable[bytes], length: int | None) -> None:
        """The request's body. Whatever it raises is for whoever waits for the answer."""
        try:
            async for piece in _framed(body, length):
                if not self._socket.is_closing():
                    self._socket.write(piece)
                if self._writable is not None:
                    await self._writable
        except Exception as error:  # noqa: BLE001 - not ours to judge, and not to be lost in a task
            if not self._head.done():
                self._head.set_exception(error)
            self._response.end(error)

    def _end(self, error: Exception | None) -> None:
        if self._response.over:
            self._reader.clean = False
            return
        if error is None and self._reader.end() is not None:
            self._reader.clean = False
            self._settle(None)
            return
        where = "within an answer" if self._reader.started else "before an answer"
        stale = self._was_used and not self._reader.started
        self._settle(None if stale else Failure(Cause.INCOMPLETE, f"{error or 'connection closed'}, {where}"))

    def _settle(self, end: Failure | None) -> None:
        """The answer has ended, and perhaps nobody knows yet that it began."""
        if not self._head.done():
            self._head.set_result(end)
        self._response.end(end)


async def _framed(body: AsyncIterable[bytes], length: int | None) -> AsyncIterator[bytes]:
    """*body* as it goes out: in chunks, or as it is."""
    async for piece in measured(body, length):
        yield piece if length is not None else b"%x\r\n%b\r\n" % (len(piece), piece)
    if length is None:
        yield b"0\r\n\r\n"

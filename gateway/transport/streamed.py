"""An answer whose body is on its way: pieces with back-pressure, and one end whatever happens.

Rules of the file:
1. Few pieces are held at a time: above ``HIGH`` bytes the upstream is not read until somebody takes some.
2. What goes wrong is the last item of the iteration, a ``Failure``; without one the body was whole.
3. The connection is held until the iteration has ended or ``close`` was called; ending early breaks it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator
from typing import Final, Protocol, Self

from gateway.buffered import Buffered
from gateway.call import Call
from gateway.outcome import Cause, Failure
from gateway.timers import Timer
from gateway.transport.framing import Headers

HIGH: Final = 64 * 1024
"""Bytes that wait to be taken before reading stops; what one read brings may come on top."""

LOW: Final = HIGH // 4


async def measured(body: AsyncIterable[bytes], length: int | None) -> AsyncIterator[bytes]:
    """*body* without empty pieces. Raises ``ValueError`` if it has not the *length* that was announced."""
    size = 0
    async for piece in body:
        size += len(piece)
        if length is not None and size > length:
            break
        if piece:
            yield piece
    if length is not None and size != length:
        raise ValueError(f"a body that does not have the {length} bytes that were announced")


class Flow(Protocol):
    """Where the pieces come from."""

    def pause(self) -> None:
        """Bring no more for now."""

    def resume(self) -> None:
        """Go on."""

    def release(self, *, whole: bool) -> None:
        """Nobody takes any more; *whole*: everything was taken."""


class StreamedResponse:
    """Iterate over it: ``bytes``, and at the end perhaps a ``Failure``. Made by ``Transport.stream``.

    For each piece it waits at most the length of *idle* (then ``timeout``). Waits on ``call.waiter``: a cut
    ends it with the call's failure. As a timer entry it is the wait for the next piece.
    """

    __slots__ = (
        "_buffered",
        "_call",
        "_closed",
        "_end",
        "_flow",
        "_idle",
        "_over",
        "_paused",
        "_pieces",
        "_size",
        "_waiter",
        "_whole",
        "headers",
        "status",
    )

    def __init__(self, call: Call, idle: Timer, buffered: Buffered, flow: Flow) -> None:
        self.status = 0
        self.headers: Headers = []
        self._call = call
        self._idle = idle
        self._buffered = buffered
        self._flow = flow
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._paused = self._over = self._whole = self._closed = False
        self._end: Failure | BaseException | None = None
        self._waiter: asyncio.Future[Failure | None] | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes | Failure:
        while True:
            if self._call.ended is not None and not self._over:
                self._cut(self._call.ended)
            if self._pieces:
                return self._next()
            if self._over:
                end, self._end = self._end, None
                self.close()
                if isinstance(end, BaseException):
                    raise end
                if end is None:
                    raise StopAsyncIteration
                return end
            await self._wait()

    def at_hand(self) -> bytes:
        """What has come already, taken without a wait; ``b""`` if there is nothing."""
        if self._call.ended is not None or not self._pieces:
            return b""
        pieces = [self._next() for _ in range(len(self._pieces))]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Take no more. Harmless if the iteration has ended."""
        if self._closed:
            return
        whole = self._whole and not self._pieces
        self._closed = self._over = True
        self._drop()
        self._flow.release(whole=whole)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    # for whoever brings the pieces

    def put(self, piece: bytes) -> None:
        """A piece arrived."""
        if self._over:
            return
        if not self._buffered.take(len(piece)):
            self.end(Failure(Cause.BULKHEAD_FULL, "max_buffered"))
            return
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size >= HIGH and not self._paused:
            self._paused = True
            self._flow.pause()
        self._wake()

    def end(self, end: Failure | BaseException | None) -> None:
        """No more pieces come; ``None``: the body is whole. The first end counts."""
        if not self._over:
            self._over = True
            self._whole = end is None
            self._end = end
            self._wake()

    @property
    def over(self) -> bool:
        """No more pieces are wanted, or none come."""
        return self._over

    # as a timer entry

    def expire(self) -> None:
        """No piece came in time."""
        if self._waiter is not None and not self._waiter.done():
            length = self._idle.length * 1000
            self._waiter.set_result(Failure(Cause.TIMEOUT, f"nothing more within {length:.0f} ms"))

    def __repr__(self) -> str:
        return f"<StreamedResponse {self.status}, {self._size} bytes to be taken>"

    def _next(self) -> bytes:
        piece = self._pieces.popleft()
        self._size -= len(piece)
        self._buffered.give(len(piece))
        if self._paused and self._size <= LOW:
            self._paused = False
            if not self._over:
                self._flow.resume()
        return piece

    async def _wait(self) -> None:
        self._waiter = self._call.waiter = waiter = asyncio.get_running_loop().create_future()
        self._idle.start(self)
        try:
            failure = await waiter
        except BaseException:
            self.close()
            raise
        finally:
            self._idle.stop(self)
            self._waiter = self._call.waiter = None
        if failure is not None:
            self._cut(failure)

    def _cut(self, failure: Failure) -> None:
        self.end(failure)
        self._drop()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _drop(self) -> None:
        self._buffered.give(self._size)
        self._size = 0
        self._pieces.clear()

"""The connections of one upstream: the freshest idle one first, never more than agreed, each with one owner.

Rules of the file:
1. A slot is taken before a connection is made and freed when it is gone; ``_open`` counts slots.
2. Whoever holds a connection gives it back, in whatever state; ``give`` decides what becomes of it.
3. Calls wait in line only while every slot is in use; what becomes free goes to the first in line.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from functools import partial

from gateway.call import Call
from gateway.outcome import Cause, Failure
from gateway.timers import Timers
from gateway.transport.connection import Connection
from gateway.transport.dial import Dialer
from gateway.transport.exchange import PoolState
from gateway.transport.line import Line


class Pool:
    """At most *limit* connections made by *dialer*.

    ``idle_for`` and ``max_age`` are seconds; their defaults stand in docs/contract.md section 5 (4 s
    is below the 5 s after which uvicorn and Node close an idle connection). Lives on one event loop.
    """

    __slots__ = (
        "_all",
        "_closed",
        "_created",
        "_dialer",
        "_dialing",
        "_idle",
        "_idle_for",
        "_limit",
        "_line",
        "_loop",
        "_lost",
        "_make",
        "_max_age",
        "_open",
        "_reused",
        "_sweep",
    )

    def __init__(
        self,
        dialer: Dialer,
        make: Callable[[Callable[[Connection], None]], Connection],
        *,
        limit: int,
        max_wait: float,
        timers: Timers,
        idle_for: float,
        max_age: float,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._dialer = dialer
        self._make = make
        self._limit = limit
        self._line: Line[Connection | None] = Line(timers, max_wait, self._return)
        self._idle_for = idle_for
        self._max_age = max_age
        self._open = 0
        self._idle: dict[Connection, None] = {}  # oldest first
        self._all: set[Connection] = set()
        self._dialing: set[asyncio.Task[None]] = set()
        self._sweep: asyncio.TimerHandle | None = None
        self._closed = False
        self._created = self._reused = self._lost = 0

    @property
    def closed(self) -> bool:
        """It was closed, and gives no connection any more."""
        return self._closed

    def take(self) -> Connection | None:
        """The idle connection that was used last, if there is one that has not expired."""
        if not self._idle:
            return None
        connection, _ = self._idle.popitem()
        if self._loop.time() - connection.idle_since > self._idle_for:
            self._free(connection)
            return None  # the others have been idle for longer; the sweep finds them
        self._reused += 1
        return connection

    async def obtain(self, call: Call) -> Connection | Failure:
        """A connection that has not been idle: made, or given back by another call while this one waits."""
        if self._closed:
            return Failure(Cause.UNREACHABLE, "the transport is closed")
        if self._open >= self._limit and self._idle:
            # Idle ones have expired or are not wanted: the oldest makes room.
            self._free(self._oldest())
        if self._open < self._limit:
            self._open += 1
        else:
            served = await self._line.wait(call)
            if served is not None:
                if not isinstance(served, Failure):
                    self._reused += 1
                return served
        return await self._dial(call)

    def give(self, connection: Connection) -> None:
        """Take *connection* back: idle, to the next in line, or closed if it cannot be used again."""
        now = self._loop.time()
        if not connection.reusable or self._closed or now - connection.born > self._max_age:
            self._free(connection)
            return
        connection.idle_since = now
        if self._line and self._line.serve(connection):
            return
        self._idle[connection] = None
        if self._sweep is None:
            self._sweep = self._loop.call_later(self._idle_for, self._expire)

    def preopen(self, count: int, lasting: float, told: Callable[[Failure | None], None]) -> int:
        """Begin to make the connections that are missing to *count*; returns how many that are.

        Idle ones count if they have *lasting* seconds left, those in the making count always; there are never
        more than agreed. No call waits for them. *told* hears of each: ``None``, or why it was not made.
        """
        if self._closed:
            return 0
        soon = self._loop.time() + lasting - self._idle_for
        passing = sum(connection.idle_since < soon for connection in self._idle)
        missing = max(0, min(count + passing, self._limit) - self._open)
        for _ in range(missing):
            self._open += 1
            made: asyncio.Future[Connection | Failure] = self._loop.create_future()
            made.add_done_callback(partial(self._preopened, told))
            self._begin(made)
        return missing

    def _preopened(
        self, told: Callable[[Failure | None], None], made: asyncio.Future[Connection | Failure]
    ) -> None:
        result = made.result()  # a bug while connecting is told to the loop's handler
        if isinstance(result, Failure):
            told(result)
            return
        self.give(result)
        told(None)

    def state(self) -> PoolState:
        """The pool now."""
        idle = len(self._idle)
        return PoolState(
            limit=self._limit,
            open=self._open,
            idle=idle,
            in_use=self._open - idle,
            waiting=len(self._line),
            created=self._created,
            reused=self._reused,
            lost=self._lost,
        )

    async def close(self) -> None:
        """Close every connection; returns when connections in the making are gone too."""
        self._closed = True
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        while self._line.serve(Failure(Cause.UNREACHABLE, "the transport is closed")):
            pass
        for connection in list(self._idle):
            self._free(connection)
        for connection in list(self._all):
            connection.fail(Failure(Cause.INCOMPLETE, "the transport was closed"))
        dialing = list(self._dialing)
        for task in dialing:
            task.cancel()
        if dialing:
            await asyncio.wait(dialing)

    async def _dial(self, call: Call) -> Connection | Failure:
        """Make a connection in the slot that was taken for it."""
        if call.ended is not None:
            self._free_slot()
            return call.ended
        waiter: asyncio.Future[Connection | Failure] = self._loop.create_future()
        # Own task: a cut ends the wait at once, and the half-made connection is cleaned up behind it.
        task = self._begin(waiter)
        call.waiter = waiter
        try:
            result = await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                made = waiter.result()
                if isinstance(made, Connection):
                    self.give(made)
            raise
        finally:
            call.waiter = None
            task.cancel()  # harmless unless the call was cut
        return result

    def _begin(self, waiter: asyncio.Future[Connection | Failure]) -> asyncio.Task[None]:
        """A task that makes a connection for *waiter* in the slot that was taken for it."""
        task = self._loop.create_task(self._connect(waiter), context=contextvars.Context())
        self._dialing.add(task)
        task.add_done_callback(self._dialed)
        return task

    def _dialed(self, task: asyncio.Task[None]) -> None:
        self._dialing.discard(task)
        if task.cancelled():  # perhaps before its first line ran, so the task itself cannot free its slot
            self._free_slot()

    async def _connect(self, waiter: asyncio.Future[Connection | Failure]) -> None:
        """Owns the slot until *waiter* has a connection."""
        try:
            result = await self._dialer.dial(self._new)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self._free_slot()
            if not waiter.done():
                waiter.set_exception(error)  # a bug: the call's, not this task's
                return
            raise
        if isinstance(result, Failure):
            self._free_slot()
        else:
            self._created += 1
            self._all.add(result)
        if not waiter.done():
            waiter.set_result(result)
        elif isinstance(result, Connection):
            self.give(result)

    def _new(self) -> Connection:
        return self._make(self._ended_while_idle)

    def _return(self, item: Connection | None) -> None:
        """Take back what was handed to a call that was cancelled at the same moment."""
        if item is None:
            self._free_slot()
        else:
            self.give(item)

    def _free(self, connection: Connection) -> None:
        """Close *connection* and free its slot."""
        self._all.discard(connection)
        self._idle.pop(connection, None)
        if connection.lost:
            self._lost += 1
        connection.abort()
        self._free_slot()

    def _free_slot(self) -> None:
        # A slot in use that passes to the next in line stays in use.
        if not self._line or not self._line.serve(None):
            self._open -= 1

    def _ended_while_idle(self, connection: Connection) -> None:
        if connection in self._idle:
            self._free(connection)
        # Otherwise its owner is about to give it back.

    def _expire(self) -> None:
        """Close what has been idle for too long; the oldest stand first."""
        self._sweep = None
        now = self._loop.time()
        while self._idle:
            connection = self._oldest()
            left = connection.idle_since + self._idle_for - now
            if left > 0:
                self._sweep = self._loop.call_later(max(left, self._idle_for / 8), self._expire)
                return
            self._free(connection)

    def _oldest(self) -> Connection:
        return next(iter(self._idle))

"""The connections to one database server: taken for a query each, given back only when they are clean.

Rules of the file:
1. A free connection is taken in one synchronous stretch; only a call that must wait costs a future.
2. First come, first served, and never more than ``limit`` connections, those that are being opened, mended or
   closed included: a server has few, and other programs want some of them.
3. A connection whose query was interrupted is mended in the background; the call does not wait for that.
4. Opening, mending and closing run in tasks, with times of their own.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from typing import Any, Final, Generic, TypeVar

from gateway.call import Call
from gateway.outcome import Cause, Failure
from gateway.sources.database.queue import Place, PoolRules, Queue
from gateway.sources.database.session import Errors, Session
from gateway.timers import Timers
from gateway.transport.exchange import PoolState

MEND_WITHIN: Final = 2.0
"""Seconds that a server has to end a query that was cancelled; after that its connection is closed."""

READY_WITHIN: Final = 1.0
"""Seconds that start-up waits for the first connection; a server that is down must not hold it up."""

RETRY_AFTER: Final = 1.0
"""Seconds after which a refused caller may ask again; connections come free within an attempt's timeout."""


S = TypeVar("S", bound=Session)


class Pool(Generic[S]):
    """Sessions with one server, or with whichever of several answers. A ``sources.client.Client``.

    ``trouble`` is why the last attempt to connect failed, ``None`` once one succeeded. ``mended`` counts the
    connections that were used again after their query was cut.
    """

    def __init__(
        self,
        rules: PoolRules,
        connect: Callable[[], Coroutine[Any, Any, S]],
        errors: Errors,
        timers: Timers,
        clock: Callable[[], float],
    ) -> None:
        self.rules = rules
        self.errors = errors
        self.trouble: Failure | None = None
        self.mended = 0
        self._timers = timers
        self.clock = clock
        self._connect = connect
        self._idle: list[S] = []
        self._busy: set[S] = set()
        self._queue = Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._opening = self._mending = self._closing = 0
        self._created = self._reused = self._lost = 0
        self._closed = False

    async def open(self) -> None:
        """Open the first connection, so that wrong credentials show before the first call does."""
        self._closed = False
        self._begin_opening()
        await asyncio.wait(self._tasks, timeout=READY_WITHIN)

    async def close(self) -> None:
        """Take leave of the server. Queries under way end as ``incomplete``."""
        self._closed = True
        for session in tuple(self._busy):
            session.terminate()
        while self._idle:
            self._part(self._idle.pop())
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=READY_WITHIN)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def state(self) -> PoolState:
        """The pool now."""
        away = len(self._busy) + self._opening + self._mending
        return PoolState(
            limit=self.rules.limit,
            open=len(self._idle) + away,
            idle=len(self._idle),
            in_use=away,
            waiting=len(self._queue),
            created=self._created,
            reused=self._reused,
            lost=self._lost,
        )

    def details(self) -> dict[str, Any]:
        """What operators want to know beside the state: without secrets."""
        trouble = {"trouble": self.trouble.detail} if self.trouble is not None else {}
        return {"mending": self._mending, "mended": self.mended, **trouble}

    def take(self, now: float) -> S | None:
        """An idle connection, used from *now* on; ``None`` if there is none."""
        while self._idle:
            session = self._idle.pop()
            if not session.closed:
                self._busy.add(session)
                session.used_at = now
                self._reused += 1
                return session
            self._lost += 1
        return None

    def take_back(self, session: S) -> None:
        """An idle connection was taken for nothing."""
        self._busy.discard(session)
        self._reused -= 1
        self._idle.append(session)

    async def wait(self, call: Call) -> S | Failure:
        """A connection, as soon as one comes free or is opened; or why there is none."""
        if self._closed:
            return Failure(Cause.UNREACHABLE, "the gateway is closing")
        place = Place(asyncio.get_running_loop().create_future(), self.full)
        self._queue.join(place)
        self._open_more()
        # While one is being opened for this call, the connect timeout bounds the wait.
        timer = self._timers.of(self.rules.max_wait) if len(self._queue) > self._opening else None
        if timer is not None:
            timer.start(place)
        try:
            taken: S | Failure = await call.wait(place.future)
        except BaseException:
            self._take_back(place)
            raise
        finally:
            if timer is not None:
                timer.stop(place)
        if call.ended is not None:
            self._take_back(place)
            return call.ended
        self._queue.leave(place)
        return taken

    def full(self) -> Failure:
        """No connection came free in time."""
        waited = self.rules.max_wait * 1000
        detail = f"none of {self.rules.limit} connections came free within {waited:.0f} ms"
        return Failure(Cause.BULKHEAD_FULL, detail, retry_after=RETRY_AFTER)

    def give(self, session: S) -> None:
        """Take a clean connection back: for the first that waits, else for whoever comes next."""
        if self._closed:
            self.drop(session)
            return
        if self._queue and self._hand_on(session):
            return
        self._busy.discard(session)
        idle = self._idle
        idle.append(session)
        if len(idle) > 1 and session.used_at - idle[0].used_at > self.rules.idle:
            self._part(idle.pop(0))

    def drop(self, session: S) -> None:
        """Close a connection that is of no more use; whoever waits gets another one."""
        self._busy.discard(session)
        self._lost += not self._closed
        session.terminate()
        self._open_more()

    def mend(self, session: S) -> None:
        """Take a connection back whose query was interrupted; it is used again when it is clean."""
        self._busy.discard(session)
        self._mending += 1  # now, and not when the task begins: no other may be opened in between
        self._spawn(self._mend(session))

    def _hand_on(self, session: S) -> bool:
        """Whether somebody waited for *session*, or it is closed."""
        if session.closed:
            self.drop(session)
            return True
        return self._queue.serve(session)

    def _take_back(self, place: Place) -> None:
        """What *place* was given, or would be, goes to somebody else."""
        self._queue.leave(place)
        if place.future.done() and not place.future.cancelled():
            given = place.future.result()
            if not isinstance(given, Failure):
                self.give(given)

    def _open_more(self) -> None:
        """One connection for each that waits, as far as there may be more."""
        while not self._closed and self._opening < len(self._queue) and self._size < self.rules.limit:
            self._begin_opening()

    @property
    def _size(self) -> int:
        return len(self._idle) + len(self._busy) + self._opening + self._mending + self._closing

    def _begin_opening(self) -> None:
        self._opening += 1
        self._spawn(self._open_one())

    async def _open_one(self) -> None:
        try:
            session = await self._connect()
        except self.errors.raised as error:
            self._opening -= 1
            self.trouble = self.errors.refusal_of(error)
            self._queue.serve(self.trouble)
            self._open_more()
            return
        except BaseException:
            self._opening -= 1
            raise
        self._opening -= 1
        self.trouble = None
        self._created += 1
        session.used_at = self.clock()
        self._busy.add(session)
        self.give(session)

    async def _mend(self, session: S) -> None:
        try:
            async with asyncio.timeout(MEND_WITHIN):
                await session.mend()
        except BaseException as error:
            self._mending -= 1
            self.drop(session)
            if not isinstance(error, self.errors.raised):
                raise
        else:
            self._mending -= 1
            self.mended += 1
            self._busy.add(session)
            self.give(session)

    def _part(self, session: S) -> None:
        self._closing += 1
        self._spawn(self._take_leave(session))

    async def _take_leave(self, session: S) -> None:
        try:
            async with asyncio.timeout(READY_WITHIN):
                await session.close()
        except self.errors.raised:
            pass
        finally:
            self._closing -= 1
            session.terminate()
            self._open_more()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        # Of its own: what a request's context holds must not live as long as a connection.
        task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def __repr__(self) -> str:
        state = self.state()
        return f"<Pool at {self.rules.address}: {state.in_use} of {state.limit} connections in use>"

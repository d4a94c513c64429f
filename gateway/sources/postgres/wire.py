"""The same source in two halves, for attempts that are begun and ended without a coroutine of the layers'.

Of asyncpg's own coroutine only the beginning and the end are run by hand: it waits for one future in between,
which is the server's answer. Whatever needs more than that is left to the plain form.
"""

from __future__ import annotations

from asyncio import Future
from collections.abc import Coroutine
from typing import Any

from gateway.buffered import Buffered
from gateway.call import Call, Source, Waiter
from gateway.outcome import Failure, Outcome
from gateway.sources.database.pool import Pool
from gateway.sources.database.query import Query
from gateway.sources.database.session import Unfit
from gateway.sources.database.source import answered, failed
from gateway.sources.postgres.causes import TROUBLE
from gateway.sources.postgres.session import Session


class Asking:
    """A query under way. ``over``: its end is told, or nobody wants to know it any more."""

    __slots__ = ("_future", "_rows", "_waiter", "over", "query", "session")

    def __init__(
        self, session: Session, query: Query, rows: Coroutine[Any, Any, list[Any]], waiter: Waiter
    ) -> None:
        self.session = session
        self.query = query
        self.over = False
        self._rows = rows
        self._waiter = waiter
        self._future: Future[Any] | None = None

    def start(self) -> None:
        """Send it. Raises what asyncpg raises before that."""
        self._wait_for(self._rows.send(None))

    def abandon(self) -> None:
        """Let the server be asked to cancel it."""
        self.over = True
        if self._future is not None:
            self._future.cancel()

    def _wait_for(self, future: Future[Any]) -> None:
        # The mark says that the future was awaited and not merely yielded (see plan/flight.py).
        future._asyncio_future_blocking = False  # noqa: SLF001
        self._future = future
        if self.over:
            future.cancel()
        future.add_done_callback(self._go_on)

    def _go_on(self, _: object) -> None:
        result: Any
        try:
            self._wait_for(self._rows.send(None))
        except StopIteration as end:
            result = end.value
        except BaseException as error:  # noqa: BLE001 - whoever ends the attempt knows what it means
            result = error
        else:
            return
        if not self.over:
            self.over = True
            self._waiter.set_result(result)


class PostgresWire:
    """See ``plan.direct.Wire``; *source* is the plain form."""

    __slots__ = ("_buffered", "_pool", "_source")

    def __init__(self, pool: Pool[Session], buffered: Buffered, source: Source) -> None:
        self._pool = pool
        self._buffered = buffered
        self._source = source

    def begin(self, call: Call, now: float, waiter: Waiter) -> Asking | None:
        """Send the query; ``None``, and nothing done, if no connection is free, or none knows it yet."""
        if self._buffered.full:
            return None
        session = self._pool.take(now)
        if session is None:
            return None
        query: Query = call.payload
        try:
            rows = session.begin(query, call.timeout)
            if rows is not None:
                asking = Asking(session, query, rows, waiter)
                asking.start()
                call.sent = True
                call.waiter = waiter
                return asking
        except (Unfit, *TROUBLE):
            pass  # nothing was sent: the plain form meets the same, and tells of it
        self._pool.take_back(session)
        return None

    async def anew(self, call: Call) -> Outcome:
        """The same attempt from its beginning. Never asked for: ``end`` always knows."""
        return await self._source(call)

    def end(self, asking: Asking, result: Any, call: Call) -> Outcome:
        """What *result* (rows, an error, or the failure that cut the call) means."""
        session, pool = asking.session, self._pool
        if result.__class__ is list:
            body = session.body(asking.query.statement, result)
            pool.give(session)
            return answered(body, call, self._buffered)
        if isinstance(result, Failure):
            asking.abandon()
            pool.mend(session)
            return result
        if isinstance(result, TROUBLE):
            return failed(result, session, asking.query, pool)
        pool.drop(session)
        raise result

"""One connection to MySQL or MariaDB, used by one query at a time.

Rules of the file:
1. How long the server works on a query, and whether it may write, is said only when it differs from the last
   query's.
2. A query that is interrupted closes its connection (asyncmy does), and the server is told to end it over
   another one: it would not notice by itself.
"""

from __future__ import annotations

import math
from typing import Any

import asyncmy

from gateway.outcome import Cause, Failure
from gateway.sources.database.query import Query
from gateway.sources.mysql.causes import failure_of
from gateway.sources.mysql.settings import MysqlSettings
from gateway.sources.mysql.statement import Statement, arguments, body_of


async def open_session(settings: MysqlSettings) -> Session:
    """A new connection. Raises one of ``causes.TROUBLE``."""
    connection = await asyncmy.connect(
        **settings.login,
        charset="utf8mb4",
        autocommit=True,
        connect_timeout=settings.connect_timeout,
        ssl=settings.context,
        init_command=f"set time_zone = '+00:00', sql_select_limit = {settings.max_rows + 1}",
    )
    return Session(connection, settings)


class Session:
    """A connection that is up. ``used_at`` is an instant on the loop's clock, for its pool."""

    __slots__ = ("_connection", "_prepared", "_said", "_settings", "_thread", "used_at")

    def __init__(self, connection: Any, settings: MysqlSettings) -> None:
        self._connection = connection
        self._settings = settings
        self._thread = int(connection.thread_id())
        self._said: tuple[float, bool] | None = None
        """What the server was told last: a query's seconds, whether it may write. ``None``: not known."""
        self._prepared: dict[Statement, Any] = {}
        self.used_at = 0.0

    @property
    def closed(self) -> bool:
        """Nothing can be sent any more."""
        return not self._connection.connected

    @property
    def unclean(self) -> bool:
        """Never: each statement is a transaction of its own, and an error ends it."""
        return False

    async def answer(self, query: Query, timeout: float) -> bytes | Failure:  # noqa: ASYNC109 - the server's
        """The JSON that *query* answers. Raises one of ``causes.TROUBLE``."""
        statement, most = query.statement, self._settings.max_rows
        if self._said != (timeout, statement.writes):
            await self._say(timeout, writes=statement.writes)
        prepared = self._prepared.get(statement) or await self._prepare(statement)
        result = await prepared.execute(arguments(query))
        if statement.result == "count":
            return b"%d" % result.affected_rows
        rows = result.rows or ()
        if statement.result == "many" and len(rows) > most:
            return Failure(Cause.TOO_LARGE, f"more than {most} rows")
        body = body_of(statement.result, result.description or (), rows)
        if len(body) > self._settings.max_response:
            return Failure(Cause.TOO_LARGE, f"{len(body)} bytes")
        return body

    def failure(self, error: BaseException, query: Query) -> Failure:
        """What a query that raised *error* was to its call."""
        self._prepared.pop(query.statement, None)  # the database may have changed
        failure = failure_of(error)
        if failure.cause is Cause.INCOMPLETE:
            self._connection.close()  # asyncmy takes it for one that is up
        return failure

    async def mend(self) -> None:
        """Let the server end what was interrupted. The connection cannot be used again, which it says."""
        self._connection.close()
        other = await open_session(self._settings)
        try:
            await other._connection.query(f"kill {self._thread}")  # noqa: SLF001 - another of this class
        finally:
            await other.close()
        raise ConnectionAbortedError

    def terminate(self) -> None:
        """Close it at once."""
        self._connection.close()

    async def close(self) -> None:
        """Take leave of the server, and close it."""
        await self._connection.ensure_closed()

    async def _say(self, timeout: float, *, writes: bool) -> None:  # noqa: ASYNC109 - the server's
        self._said = None  # whatever happens now, it is not what it was
        bound = 0.0 if math.isinf(timeout) else max(0.001, timeout)
        maria = "MariaDB" in self._connection.get_server_info()
        limit = f"max_statement_time = {bound:.3f}" if maria else f"max_execution_time = {bound * 1000:.0f}"
        await self._connection.query(f"set session {limit}")
        await self._connection.query(f"set session transaction read {'write' if writes else 'only'}")
        self._said = (timeout, writes)

    async def _prepare(self, statement: Statement) -> Any:
        while self._prepared and len(self._prepared) >= self._settings.statements:
            await self._prepared.pop(next(iter(self._prepared))).close()
        prepared = await self._connection.prepare(statement.text)
        self._prepared[statement] = prepared
        return prepared

    def __repr__(self) -> str:
        return f"<Session with {self._settings.address}, {'closed' if self.closed else 'open'}>"

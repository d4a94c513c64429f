"""One connection to PostgreSQL, used by one query at a time.

Rules of the file:
1. What belongs to a query and not to the connection (how long the server works on it, whether it may write)
   is said only when it differs from the last query's: nearly never.
2. Whatever was interrupted is mended before the next use: what the server answers last is read to its end.
3. Nothing here has a timeout of its own but what runs in a task: ``open_session`` and ``mend``.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, NamedTuple

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

from gateway.outcome import Cause, Failure
from gateway.sources.database.query import Query
from gateway.sources.postgres.causes import RELEARNED, failure_of
from gateway.sources.postgres.incoming import Incoming, counted
from gateway.sources.postgres.settings import PostgresSettings
from gateway.sources.postgres.statement import Learned, Statement, Type, arguments, body_of

SLACK: Final = 64 * 1024
"""Bytes that an answer may be larger on the wire than its rows: messages around it, notices, parameters."""

ROW_OVERHEAD: Final = 11
"""Bytes around a row of one column: type, length, number of columns, length of the column."""

AGAIN_AFTER: Final = 0.25
"""Seconds after which a query that should be cancelled and is not is cancelled once more."""

FIXED: Final = {
    "intervalstyle": "iso_8601",
    "timezone": "UTC",
    "bytea_output": "hex",
    "standard_conforming_strings": "on",
}
"""What the form of an answer depends on; a DSN may say otherwise."""


def milliseconds(timeout: float) -> int:
    """*timeout* seconds as the server takes them: rounded down, at least one, and 0 for no bound."""
    return 0 if math.isinf(timeout) else max(1, int(timeout * 1000))


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    """asyncpg's, with a counter at its socket."""

    __slots__ = ("incoming",)

    def __init__(self, protocol: Any, transport: Any, *arguments: Any, **options: Any) -> None:
        super().__init__(protocol, transport, *arguments, **options)
        self.incoming: Incoming = counted(transport)


async def open_session(settings: PostgresSettings) -> Session:
    """A new connection. Raises one of ``causes.TROUBLE``."""
    server = {"application_name": settings.application_name}
    if not settings.pooled:
        server |= FIXED | _session_settings(settings.timeout, writes=False)
    options = {"ssl": settings.context} if settings.context is not None else {}
    connection = await asyncpg.connect(
        settings.dsn,
        timeout=settings.connect_timeout,
        statement_cache_size=0,
        server_settings=server,
        connection_class=_Connection,
        **options,
    )
    return Session(connection, settings)


class _Kept(NamedTuple):
    """A statement that is prepared on a connection. ``room``: how many bytes its answer may have."""

    learned: Learned
    prepared: PreparedStatement[Any]
    fetch: Callable[..., Coroutine[Any, Any, list[Any]]]
    room: int


class Session:
    """A connection that is up. ``used_at`` is an instant on the loop's clock, for its pool."""

    __slots__ = (
        "_connection",
        "_incoming",
        "_names",
        "_pooled",
        "_prepared",
        "_said",
        "_settings",
        "used_at",
    )

    def __init__(self, connection: _Connection, settings: PostgresSettings) -> None:
        self._connection = connection
        self._incoming = connection.incoming
        self._incoming.left = SLACK
        self._settings = settings
        self._pooled = settings.pooled
        self._said: tuple[float, bool] | None = (settings.timeout, False)
        """What the server was told last: a query's seconds, whether it may write. ``None``: not known."""
        self._prepared: dict[Statement, _Kept] = {}
        self._names = 0
        self.used_at = 0.0

    @property
    def closed(self) -> bool:
        """Nothing can be sent any more."""
        return bool(self._connection.is_closed())

    @property
    def unclean(self) -> bool:
        """After an error its transaction is still open."""
        return self._pooled

    @property
    def overrun(self) -> bool:
        """It was closed because more came than an answer may have."""
        return self._incoming.overrun

    def begin(self, query: Query, timeout: float) -> Coroutine[Any, Any, list[Any]] | None:
        """What gives the rows of *query* in one round trip; ``None`` if there is more to be done for them.

        Raises ``Unfit``.
        """
        statement = query.statement
        kept = self._prepared.get(statement)
        # Another connection may have learned anew what this one prepared with what held before.
        if kept is None or kept.learned is not statement.learned or self._said != (timeout, statement.writes):
            return None
        self._incoming.left = kept.room
        return kept.fetch(*arguments(kept.learned, query.values))

    async def answer(self, query: Query, timeout: float) -> bytes | Failure:  # noqa: ASYNC109 - the server's
        """The JSON that *query* answers. Raises one of ``causes.TROUBLE``, or ``Unfit``."""
        self._incoming.left = self._room(query.statement)
        if self._pooled:
            return await self._in_transaction(query, timeout)
        rows = self.begin(query, timeout)
        if rows is None:
            statement = query.statement
            if self._said != (timeout, statement.writes):
                await self._say(timeout, writes=statement.writes)
            await self._prepare(statement)
            rows = self.begin(query, timeout)
        if rows is None:  # nothing is kept prepared
            return await self._unkept(query)
        return self.body(query.statement, await rows)

    def body(self, statement: Statement, rows: Sequence[Any], status: str = "") -> bytes | Failure:
        """The document that *rows* are; too much of it is ``too_large``."""
        if statement.result == "count" and not status:
            status = self._prepared[statement].prepared.get_statusmsg()
        body = body_of(statement, rows, status)
        if body is None:
            return Failure(Cause.TOO_LARGE, f"more than {statement.max_rows} rows")
        if len(body) > self._settings.max_response:
            return Failure(Cause.TOO_LARGE, f"{len(body)} bytes")
        return body

    async def mend(self) -> None:
        """Come back when the server has nothing more to say of what was interrupted."""
        self._said = None
        self._incoming.left = SLACK + self._settings.max_response
        asked = asyncio.ensure_future(self._connection.execute("rollback" if self._pooled else "select 1"))
        try:
            await asyncio.wait({asked}, timeout=AGAIN_AFTER)
            if not asked.done() and not self._pooled:  # a pooler's process ids are nobody's
                await self._cancel_again()
            await asked
        finally:
            asked.cancel()

    def forget(self, statement: Statement) -> None:
        """The database may have changed: prepare *statement* anew."""
        self._prepared.pop(statement, None)
        statement.forget()

    def failure(self, error: BaseException, query: Query) -> Failure:
        """What a query that raised *error* was to its call."""
        if self.overrun:
            return Failure(Cause.TOO_LARGE, f"more than {self._settings.max_response} bytes")
        state = getattr(error, "sqlstate", None) or ""
        if state.startswith(RELEARNED):
            self.forget(query.statement)
        return failure_of(error)

    def terminate(self) -> None:
        """Close it at once."""
        self._connection.terminate()

    async def close(self) -> None:
        """Take leave of the server, and close it."""
        await self._connection.close()

    def _room(self, statement: Statement) -> int:
        """How many bytes may come for *statement*."""
        return self._settings.max_response + ROW_OVERHEAD * statement.max_rows + SLACK

    async def _cancel_again(self) -> None:
        """Over another connection: a request that comes before its query, on a busy server, does nothing."""
        pid = self._connection.get_server_pid()
        other = await open_session(self._settings)
        try:
            await other._connection.execute(f"select pg_cancel_backend({pid})")  # noqa: SLF001 - its own class
        finally:
            other.terminate()

    async def _say(self, timeout: float, *, writes: bool) -> None:  # noqa: ASYNC109 - the server's
        self._said = None  # whatever happens now, it is not what it was
        settings = _session_settings(timeout, writes=writes)
        await self._connection.execute("; ".join(f"set {name} = {value}" for name, value in settings.items()))
        self._said = (timeout, writes)

    async def _prepare(self, statement: Statement) -> None:
        learned = statement.learned or await self._learn(statement)
        room = self._settings.statements
        if not room:
            return
        while len(self._prepared) >= room:
            del self._prepared[next(iter(self._prepared))]
        self._names += 1
        name = f"gateway_{self._names}"
        prepared = await self._connection.prepare(learned.text, name=name)
        self._prepared[statement] = _Kept(learned, prepared, prepared.fetch, self._room(statement))

    async def _learn(self, statement: Statement) -> Learned:
        prepared = await self._connection.prepare(statement.bare, name="")
        return statement.learn([Type(each.schema, each.name) for each in prepared.get_parameters()])

    async def _unkept(self, query: Query) -> bytes | Failure:
        """Ask with a statement without a name, which the next one replaces."""
        statement = query.statement
        learned = statement.learned or await self._learn(statement)
        prepared = await self._connection.prepare(learned.text, name="")
        rows = await prepared.fetch(*arguments(learned, query.values))
        return self.body(statement, rows, prepared.get_statusmsg())

    async def _in_transaction(self, query: Query, timeout: float) -> bytes | Failure:  # noqa: ASYNC109
        local = {**FIXED, "statement_timeout": str(milliseconds(timeout))}
        begin = [f"begin read {'write' if query.statement.writes else 'only'}"]
        begin += [f"set local {name} = '{value}'" for name, value in local.items()]
        await self._connection.execute("; ".join(begin))
        body = await self._unkept(query)
        await self._connection.execute("commit")
        return body

    def __repr__(self) -> str:
        return f"<Session with {self._settings.address}, {'closed' if self.closed else 'open'}>"


def _session_settings(timeout: float, *, writes: bool) -> dict[str, str]:
    return {
        "statement_timeout": str(milliseconds(timeout)),
        "default_transaction_read_only": "off" if writes else "on",
    }

"""One connection to PostgreSQL, used by one query at a time.

Rules of the file:
1. What belongs to a query and not to the connection (how long the server works on it, whether it may write)
   is said only when it differs from the last query's: nearly never.
2. Whatever was interrupted is mended before the next use: what the server answers last is read to its end.
3. Nothing here has a timeout of its own but ``open_session``, which runs in a task.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

from gateway.outcome import Cause, Failure
from gateway.sources.postgres.incoming import Incoming, counted
from gateway.sources.postgres.settings import PostgresSettings
from gateway.sources.postgres.statement import Learned, Query, Statement, Type, arguments, body_of

SLACK: Final = 64 * 1024
"""Bytes that an answer may be larger on the wire than its rows: messages around it, notices, parameters."""

ROW_OVERHEAD: Final = 11
"""Bytes around a row of one column: type, length, number of columns, length of the column."""

FIXED: Final = {
    "intervalstyle": "iso_8601",
    "timezone": "UTC",
    "bytea_output": "hex",
    "standard_conforming_strings": "on",
}
"""What the form of an answer depends on; a DSN may say otherwise."""


class Mode(NamedTuple):
    """How the server treats a query: ``timeout`` in ms (0: none), and whether it may write."""

    timeout: int
    writes: bool


def mode_of(query: Query, timeout: float) -> Mode:
    """That of *query* in an attempt that has *timeout* seconds: the server never works longer."""
    bounded = not math.isinf(timeout)
    return Mode(max(1, int(timeout * 1000)) if bounded else 0, query.statement.writes)


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    """asyncpg's, with a counter at its socket."""

    __slots__ = ("incoming",)

    def __init__(self, protocol: Any, transport: Any, *arguments: Any, **options: Any) -> None:
        super().__init__(protocol, transport, *arguments, **options)
        self.incoming: Incoming = counted(transport)


async def open_session(settings: PostgresSettings) -> Session:
    """A new connection. Raises one of ``causes.TROUBLE``."""
    mode = Mode(0 if math.isinf(settings.timeout) else max(1, int(settings.timeout * 1000)), writes=False)
    server = {"application_name": settings.application_name}
    if not settings.pooled:
        server |= FIXED | _session_settings(mode)
    options = {"ssl": settings.context} if settings.context is not None else {}
    connection = await asyncpg.connect(
        settings.dsn,
        timeout=settings.connect_timeout,
        statement_cache_size=0,
        server_settings=server,
        connection_class=_Connection,
        **options,
    )
    return Session(connection, settings, mode)


class Session:
    """A connection that is up. ``used_at`` is an instant on the loop's clock, for its pool."""

    __slots__ = ("_connection", "_mode", "_names", "_pooled", "_prepared", "_settings", "used_at")

    def __init__(self, connection: _Connection, settings: PostgresSettings, mode: Mode) -> None:
        self._connection = connection
        self._settings = settings
        self._pooled = settings.pooled
        self._mode: Mode | None = mode
        self._prepared: dict[Statement, tuple[Learned, PreparedStatement[Any]]] = {}
        self._names = 0
        self.used_at = 0.0

    @property
    def closed(self) -> bool:
        """Nothing can be sent any more."""
        return bool(self._connection.is_closed())

    @property
    def overrun(self) -> bool:
        """It was closed because more came than an answer may have."""
        return self._connection.incoming.overrun

    async def answer(self, query: Query, timeout: float) -> bytes | Failure:  # noqa: ASYNC109 - the server's
        """The JSON that *query* answers. Raises one of ``causes.TROUBLE``, or ``Unfit``."""
        statement = query.statement
        most = self._settings.max_response
        self._connection.incoming.left = most + ROW_OVERHEAD * statement.max_rows + SLACK
        mode = mode_of(query, timeout)
        if self._pooled:
            rows, status = await self._in_transaction(query, mode)
        else:
            if mode != self._mode:
                await self._change(mode)
            rows, status = await self._rows(query)
        body = body_of(statement, rows, status)
        if body is None:
            return Failure(Cause.TOO_LARGE, f"more than {statement.max_rows} rows")
        if len(body) > most:
            return Failure(Cause.TOO_LARGE, f"{len(body)} bytes")
        return body

    async def mend(self) -> None:
        """Come back when the server has nothing more to say of what was interrupted."""
        self._mode = None
        self._connection.incoming.left = SLACK + self._settings.max_response
        await self._connection.execute("rollback" if self._pooled else "select 1")

    def forget(self, statement: Statement) -> None:
        """The database may have changed: prepare *statement* anew."""
        self._prepared.pop(statement, None)
        statement.forget()

    def terminate(self) -> None:
        """Close it at once."""
        self._connection.terminate()

    async def close(self) -> None:
        """Take leave of the server, and close it."""
        await self._connection.close()

    async def _change(self, mode: Mode) -> None:
        self._mode = None  # whatever happens now, it is not what it was
        text = "; ".join(f"set {name} = {value}" for name, value in _session_settings(mode).items())
        await self._connection.execute(text)
        self._mode = mode

    async def _rows(self, query: Query) -> tuple[list[Any], str]:
        statement = query.statement
        kept = self._prepared.get(statement)
        # Another connection may have learned anew what this one prepared with what held before.
        if kept is None or kept[0] is not statement.learned:
            kept = await self._prepare(statement)
        learned, prepared = kept
        rows = await prepared.fetch(*arguments(learned, query.values))
        return rows, prepared.get_statusmsg() if statement.result == "count" else ""

    async def _prepare(self, statement: Statement) -> tuple[Learned, PreparedStatement[Any]]:
        learned = statement.learned or await self._learn(statement)
        room = self._settings.statements
        while self._prepared and len(self._prepared) >= room:
            del self._prepared[next(iter(self._prepared))]
        name = ""  # asyncpg's anonymous one, which the next replaces
        if room:
            self._names += 1
            name = f"gateway_{self._names}"
        kept = learned, await self._connection.prepare(learned.text, name=name)
        if room:
            self._prepared[statement] = kept
        return kept

    async def _learn(self, statement: Statement) -> Learned:
        prepared = await self._connection.prepare(statement.bare, name="")
        return statement.learn([Type(each.schema, each.name) for each in prepared.get_parameters()])

    async def _in_transaction(self, query: Query, mode: Mode) -> tuple[list[Any], str]:
        local = {**FIXED, "statement_timeout": str(mode.timeout)}
        begin = [f"begin read {'write' if mode.writes else 'only'}"]
        begin += [f"set local {name} = '{value}'" for name, value in local.items()]
        await self._connection.execute("; ".join(begin))
        statement = query.statement
        learned = statement.learned or await self._learn(statement)
        prepared = await self._connection.prepare(learned.text, name="")
        rows = await prepared.fetch(*arguments(learned, query.values))
        status = prepared.get_statusmsg()
        await self._connection.execute("commit")
        return rows, status

    def __repr__(self) -> str:
        return f"<Session with {self._settings.address}, {'closed' if self.closed else 'open'}>"


def _session_settings(mode: Mode) -> dict[str, str]:
    return {
        "statement_timeout": str(mode.timeout),
        "default_transaction_read_only": "off" if mode.writes else "on",
    }

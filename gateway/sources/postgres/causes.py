"""THE table of what PostgreSQL and asyncpg say of trouble, and the cause that each is to a call.

docs/sources/postgres.md shows it to people; a test compares the two.
"""

from __future__ import annotations

import ssl
from typing import Final, NamedTuple

import asyncpg

from gateway.outcome import Cause, Failure
from gateway.sources.database.session import Errors
from gateway.telemetry.log import note

TROUBLE: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What a server, a network or a value does to a query (``TimeoutError`` is an ``OSError``). All else is
a bug.
"""

RETRY_AFTER: Final = 1.0
"""Seconds after which a server that is full may be asked again; it says none itself."""


class Row(NamedTuple):
    """What a SQLSTATE, or all of a class, means. ``status`` tells a client's mistake from the author's."""

    cause: Cause
    words: str
    status: int | None = None


SQLSTATES: Final[dict[str, Row]] = {
    "08": Row(Cause.INCOMPLETE, "the connection was lost"),
    "0A": Row(Cause.REJECTED, "the server does not support this"),
    "22": Row(Cause.REJECTED, "a value does not fit", 422),
    "23": Row(Cause.REJECTED, "a constraint refuses it", 422),
    "23503": Row(Cause.REJECTED, "a foreign key refuses it", 409),
    "23505": Row(Cause.REJECTED, "it exists already", 409),
    "23P01": Row(Cause.REJECTED, "it excludes what is there", 409),
    "25006": Row(Cause.REJECTED, "it writes, and the transaction is read-only"),
    "26000": Row(Cause.FAILED, "the prepared statement is gone; behind PgBouncer write `pgbouncer: on`"),
    "28": Row(Cause.UNREACHABLE, "the login was refused"),
    "3D000": Row(Cause.UNREACHABLE, "there is no such database"),
    "40": Row(Cause.FAILED, "the transaction was rolled back"),
    "40001": Row(Cause.FAILED, "it could not be serialised with others"),
    "40P01": Row(Cause.FAILED, "it was chosen to end a deadlock"),
    "42": Row(Cause.REJECTED, "the statement is wrong"),
    "42501": Row(Cause.REJECTED, "the login may not do this", 403),
    "42P05": Row(Cause.FAILED, "the prepared statement exists; behind PgBouncer write `pgbouncer: on`"),
    "53": Row(Cause.FAILED, "the server is out of resources"),
    "53300": Row(Cause.THROTTLED, "the server has too many connections"),
    "54": Row(Cause.REJECTED, "the statement is too complex"),
    "55": Row(Cause.FAILED, "the object is not in a state for this"),
    "55P03": Row(Cause.FAILED, "a lock was not free in time"),
    "57": Row(Cause.FAILED, "an operator intervened"),
    "57014": Row(Cause.TIMEOUT, "the server cancelled it"),
    "57P01": Row(Cause.INCOMPLETE, "the server ended the connection"),
    "57P02": Row(Cause.INCOMPLETE, "another of the server's processes crashed"),
    "57P03": Row(Cause.UNREACHABLE, "the server is starting up or shutting down"),
    "57P04": Row(Cause.UNREACHABLE, "the database was dropped"),
    "57P05": Row(Cause.INCOMPLETE, "the server ended an idle connection"),
    "58": Row(Cause.FAILED, "the server's system has an error"),
    "F0": Row(Cause.FAILED, "the server's configuration is wrong"),
    "P0": Row(Cause.REJECTED, "a function raised an exception"),
    "XX": Row(Cause.FAILED, "the server has an internal error"),
}
"""By the whole SQLSTATE, else by its class, which is its first two characters."""

OTHER: Final = Row(Cause.REJECTED, "the server refused it")
"""All other SQLSTATEs: the server is alive, and this statement is not for it."""

RELEARNED: Final = ("0A000", "26000", "42")
"""After these, what was learned of a statement may be wrong: the database has changed under it."""


def failure_of(error: BaseException) -> Failure:
    """What a query that ended with *error*, one of ``TROUBLE``, was to its call."""
    if isinstance(error, asyncpg.PostgresError) and not _lost(error):
        return _told(error)
    cause = error.__cause__
    if isinstance(cause, asyncpg.PostgresError):  # what the server said before it ended the connection
        return _told(cause)
    if isinstance(error, ValueError):  # asyncpg's own: a text that UTF-8 cannot say
        return Failure(Cause.REJECTED, "a value cannot be sent to PostgreSQL", 422)
    if isinstance(error, asyncpg.InternalClientError):
        return Failure(Cause.UNREADABLE, "an answer that asyncpg cannot read")
    return Failure(Cause.INCOMPLETE, "the connection was lost")


def refusal_of(error: BaseException) -> Failure:
    """Why there is no connection, after *error*, one of ``TROUBLE``: nothing was sent, whatever it was."""
    if isinstance(error, asyncpg.PostgresError) and not _lost(error):
        failure = _told(error)
        if failure.cause is not Cause.THROTTLED:
            failure = Failure(Cause.UNREACHABLE, failure.detail)
        return failure
    if isinstance(error, TimeoutError):
        return Failure(Cause.UNREACHABLE, "not connected in time")
    if isinstance(error, ssl.SSLError):
        return Failure(Cause.UNREACHABLE, f"TLS failed: {note(error.reason or 'no reason is given')}")
    if isinstance(error, asyncpg.TargetServerAttributeNotMatched):
        return Failure(Cause.UNREACHABLE, "no host is of the kind that `target_session_attrs` asks for")
    return Failure(Cause.UNREACHABLE, f"not connected: {type(error).__name__}")


def _lost(error: asyncpg.PostgresError) -> bool:
    """Whether it is not the server that says so, but asyncpg of a connection that is gone."""
    return isinstance(error, asyncpg.ConnectionDoesNotExistError)


def _told(error: asyncpg.PostgresError) -> Failure:
    """A failure that the server put a SQLSTATE to. The server's words are told only where they cannot hold a
    value: those of class 42 name tables and columns.
    """
    state = error.sqlstate or "?"
    row = SQLSTATES.get(state) or SQLSTATES.get(state[:2]) or OTHER
    detail = f"{row.words} (SQLSTATE {state})"
    if state.startswith("42") and error.args:
        detail += f": {note(str(error.args[0]))}"
    retry_after = RETRY_AFTER if row.cause is Cause.THROTTLED else None
    return Failure(row.cause, detail, row.status, retry_after)


ERRORS: Final = Errors(TROUBLE, refusal_of)
"""What a pool of connections to PostgreSQL must know."""

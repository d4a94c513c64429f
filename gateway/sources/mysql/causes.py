"""THE table of what MySQL, MariaDB and asyncmy say of trouble, and the cause that each is to a call.

docs/sources/mysql.md shows it to people; a test compares the two.
"""

from __future__ import annotations

import ssl
from typing import Final, NamedTuple

from asyncmy import errors

from gateway.outcome import Cause, Failure
from gateway.sources.database.session import Errors
from gateway.telemetry.log import note

TROUBLE: Final = (errors.Error, OSError)
"""What a server, a network or a value does to a query (``TimeoutError`` is an ``OSError``). All else is
a bug.
"""

RETRY_AFTER: Final = 1.0
"""Seconds after which a server that is full may be asked again; it says none itself."""


class Row(NamedTuple):
    """What some error numbers mean. ``status`` tells a client's mistake from the author's."""

    numbers: tuple[int, ...]
    cause: Cause
    words: str
    status: int | None = None


TABLE: Final = (
    Row((1040, 1203), Cause.THROTTLED, "the server has too many connections"),
    Row((1044, 1045, 1130, 1698), Cause.UNREACHABLE, "the login was refused"),
    Row((1049,), Cause.UNREACHABLE, "there is no such database"),
    Row((1142, 1143, 1227, 1370), Cause.REJECTED, "the login may not do this", 403),
    Row((1062, 1586), Cause.REJECTED, "it exists already", 409),
    Row((1216, 1217, 1451, 1452), Cause.REJECTED, "a foreign key refuses it", 409),
    Row((1048, 1364, 3819, 4025), Cause.REJECTED, "a constraint refuses it", 422),
    Row((1264, 1265, 1292, 1365, 1366, 1406, 1690), Cause.REJECTED, "a value does not fit", 422),
    Row((1290, 1792, 1836), Cause.REJECTED, "it writes, and the transaction is read-only"),
    Row((1054, 1064, 1146, 1305), Cause.REJECTED, "the statement is wrong"),
    Row((1205, 3572), Cause.FAILED, "a lock was not free in time"),
    Row((1213,), Cause.FAILED, "it was chosen to end a deadlock"),
    Row((1317, 1969, 3024), Cause.TIMEOUT, "the server interrupted it"),
    Row((1053, 1080, 1927, 2006, 2013, 2055), Cause.INCOMPLETE, "the connection was lost"),
    Row((2002, 2003, 2005), Cause.UNREACHABLE, "not connected"),
    Row((1021, 1030, 1037, 1038, 1041, 1114), Cause.FAILED, "the server is out of resources"),
    Row((1153,), Cause.TOO_LARGE, "more than the server's max_allowed_packet"),
)

_ROWS: Final = {number: row for row in TABLE for number in row.numbers}
_NAMING: Final = frozenset({1054, 1064, 1146, 1305})
"""Their words name tables and columns, and no values: statements have none."""

_OTHERS: Final[tuple[tuple[type[BaseException], Row], ...]] = (
    (errors.InterfaceError, Row((), Cause.INCOMPLETE, "the connection was lost")),
    (errors.OperationalError, Row((), Cause.FAILED, "the server could not do it")),
    (errors.InternalError, Row((), Cause.FAILED, "the server has an internal error")),
    (errors.Error, Row((), Cause.REJECTED, "the server refused it")),
)


def failure_of(error: BaseException) -> Failure:
    """What a query that ended with *error*, one of ``TROUBLE``, was to its call."""
    if not isinstance(error, errors.Error):
        return Failure(Cause.INCOMPLETE, "the connection was lost")
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    row = _ROWS.get(number) or next(row for kind, row in _OTHERS if isinstance(error, kind))
    detail = f"{row.words} (error {number})" if number else row.words
    if number in _NAMING and len(error.args) > 1:
        detail += f": {note(str(error.args[1]))}"
    return Failure(row.cause, detail, row.status, RETRY_AFTER if row.cause is Cause.THROTTLED else None)


def refusal_of(error: BaseException) -> Failure:
    """Why there is no connection, after *error*, one of ``TROUBLE``: nothing was sent, whatever it was."""
    if isinstance(error, TimeoutError):
        return Failure(Cause.UNREACHABLE, "not connected in time")
    cause = error.__cause__ if isinstance(error, errors.Error) else error
    if isinstance(cause, ssl.SSLError):
        return Failure(Cause.UNREACHABLE, f"TLS failed: {note(cause.reason or 'no reason is given')}")
    if isinstance(cause, OSError):
        return Failure(Cause.UNREACHABLE, f"not connected: {type(cause).__name__}")
    failure = failure_of(error)
    return failure if failure.cause is Cause.THROTTLED else Failure(Cause.UNREACHABLE, failure.detail)


ERRORS: Final = Errors(TROUBLE, refusal_of)
"""What a pool of connections to MySQL must know."""

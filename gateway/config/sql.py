"""Databases: how an upstream says where its PostgreSQL is, and what a step asks of a database."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, PlainValidator, WithJsonSchema

from gateway.config.faults import Wrong
from gateway.config.kinds import (
    Count,
    CountFromZero,
    Duration,
    MaybeText,
    Switch,
    Text,
    choice,
    text,
    words_schema,
)
from gateway.config.specs import spec

Result = Annotated[
    Literal["many", "one", "value"],
    PlainValidator(choice("many", "one", "value")),
    words_schema("many", "one", "value"),
]


def postgres_dsn(value: Any) -> str:
    """A PostgreSQL URI. Raises `Wrong`, and never shows it: it may hold a password."""
    return _dsn(value, ("postgresql", "postgres"), "postgresql://user:password@host:5432/database")


def _dsn(value: Any, schemes: tuple[str, ...], example: str) -> str:
    written = text(value)
    try:
        parts = urlsplit(written)
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in schemes:
        raise Wrong(f"this is not a {schemes[0]} address", f"write ${{NAME}}, or {example}")
    return written


def mysql_dsn(value: Any) -> str:
    """A MySQL URI with one host. Raises `Wrong`, and never shows it: it may hold a password."""
    written = _dsn(value, ("mysql", "mariadb"), "mysql://user:password@host:3306/database")
    try:
        urlsplit(written).port  # noqa: B018 - it may be none, or too large
    except ValueError:
        raise Wrong("the port of this address is no port", "one host: mysql://user@host:3306/db") from None
    return written


# What says the same of every kind of database.
_POOL: Any = Field(
    default=10,
    description="The most connections, and with it the most calls at once: the bulkhead's slots.",
)
_IDLE: Any = Field(default=300.0, description="A connection that was not used for so long is closed.")
_MAX_ROWS: Any = Field(default=1000, description="The most rows of an answer; above it too_large.")

PostgresDsn = Annotated[
    str,
    PlainValidator(postgres_dsn),
    WithJsonSchema({"type": "string", "pattern": r"^(postgres(ql)?://|\$\{)"}),
]


@spec("`postgres`")
class PostgresSpec:
    """``postgres:`` of an upstream."""

    dsn: PostgresDsn = Field(
        description="postgresql://user:password@host:5432/database; several hosts with commas in between."
    )
    pool: Count = _POOL
    idle: Duration = _IDLE
    statement_cache: CountFromZero = Field(
        default=100, description="Statements kept prepared on each connection; 0: none."
    )
    pgbouncer: Switch = Field(
        default=False,
        description="A pooler in transaction mode stands in between: each call is a transaction of its own.",
    )
    max_rows: Count = _MAX_ROWS
    application_name: Text = Field(
        default="gateway", description="What the server calls our connections, in pg_stat_activity."
    )


MysqlDsn = Annotated[
    str,
    PlainValidator(mysql_dsn),
    WithJsonSchema({"type": "string", "pattern": r"^((mysql|mariadb)://|\$\{)"}),
]


@spec("`mysql`")
class MysqlSpec:
    """``mysql:`` of an upstream."""

    dsn: MysqlDsn = Field(description="mysql://user:password@host:3306/database, also of a MariaDB.")
    pool: Count = _POOL
    idle: Duration = _IDLE
    statement_cache: Count = Field(default=100, description="Statements kept prepared on each connection.")
    max_rows: Count = _MAX_ROWS


@spec("a step")
class SqlCall:
    """``sql:`` of a step that asks a database."""

    sql: MaybeText = Field(
        default=None,
        description="One statement for a database upstream; every reference in it is a parameter.",
    )
    result: Result = Field(
        default="many",
        description="What sql answers: all rows, the first row (null if there is none), or its first column.",
    )
    write: Switch = Field(
        default=False, description="The statement or command may write; not written: it only reads."
    )

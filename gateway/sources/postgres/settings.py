"""Where a PostgreSQL is, and how its connections are used."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class PostgresSettings:
    """Times are seconds. ``dsn`` may hold a password, so no text that this package writes ever contains it.

    ``timeout`` is what an attempt
    usually has, and how long the server works on it. ``pooled``: a pooler stands in between that gives every
    transaction another connection, so all that belongs to a query is said within one transaction.
    ``statements`` are kept prepared on each connection; with 0, none.
    """

    dsn: str
    timeout: float = 1.0
    connect_timeout: float = 0.5
    statements: int = 100
    pooled: bool = False
    application_name: str = "gateway"
    max_response: int = 5 * 2**20
    context: ssl.SSLContext | None = None

    @property
    def address(self) -> str:
        """``host:5432,other:5432/database``: the DSN without user, password and options."""
        return address_of(self.dsn)

    def __repr__(self) -> str:
        return f"<PostgresSettings {self.address}>"


def address_of(dsn: str) -> str:
    """Hosts and database of a DSN, without user, password and options."""
    parts = urlsplit(dsn)
    options = dict(parse_qsl(parts.query))
    hosts = parts.netloc.rpartition("@")[2] or options.get("host", "")
    return f"{unquote(hosts)}{parts.path}"

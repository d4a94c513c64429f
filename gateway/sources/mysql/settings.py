"""Where a MySQL or MariaDB is, and how its connections are used."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit

DEFAULT_PORT: Final = 3306


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class MysqlSettings:
    """Times are seconds. ``dsn`` may hold a password, so no text that this package writes ever contains it.

    ``timeout`` is what an attempt usually has, ``statements`` are kept prepared on each connection, and of an
    answer there are at most ``max_rows`` rows.
    """

    dsn: str
    timeout: float = 1.0
    connect_timeout: float = 0.5
    statements: int = 100
    max_rows: int = 1000
    max_response: int = 5 * 2**20
    context: ssl.SSLContext | None = None

    @property
    def address(self) -> str:
        """``host:3306/database``: the DSN without user, password and options."""
        return address_of(self.dsn)

    @property
    def login(self) -> dict[str, Any]:
        """Host, port, user, password and database, as asyncmy takes them."""
        parts = urlsplit(self.dsn)
        return {
            "host": parts.hostname or "127.0.0.1",
            "port": parts.port or DEFAULT_PORT,
            "user": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "database": unquote(parts.path.removeprefix("/")) or None,
        }

    def __repr__(self) -> str:
        return f"<MysqlSettings {self.address}>"


def address_of(dsn: str) -> str:
    """Host and database of a DSN, without user, password and options."""
    parts = urlsplit(dsn)
    return f"{parts.netloc.rpartition('@')[2]}{parts.path}"

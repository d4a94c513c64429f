"""PostgreSQL upstreams: a step's SQL as one prepared statement, over a pool of asyncpg's connections."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from gateway.compiler.kinds.database import DatabaseCall, Ready, made_ready, opened, shown_dsn, told_of
from gateway.compiler.kinds.kind import Opening, Running, StepSite, UpstreamSite
from gateway.compiler.sql_words import POSTGRES
from gateway.recording import Peer
from gateway.sources.database.source import database_source
from gateway.sources.postgres.settings import PostgresSettings, address_of
from gateway.sources.postgres.statement import Statement
from gateway.sources.postgres.wrapping import reading, writing

if TYPE_CHECKING:
    from gateway.config import CallSpec, UpstreamSpec
    from gateway.config.sql import PostgresSpec

DEFAULT_PORT: Final = 5432


class PostgresCall(DatabaseCall):
    """The statement of one step, wrapped."""

    kind = "postgres"
    dialect = POSTGRES

    def __init__(self, site: StepSite, step: CallSpec) -> None:
        super().__init__(site, step)
        self._max_rows = site.upstream.postgres.max_rows if site.upstream and site.upstream.postgres else 0

    def statement(self) -> Statement:
        """What each call sends, but for its values."""
        pieces, result = self._wrapped()
        return Statement(
            self.name,
            pieces,
            result,
            writes=self.step.write,
            literal=self.sql.literal,
            max_rows=self._max_rows,
            operation=self.verb,
        )

    def text(self) -> str:
        """What tells it from other statements."""
        return f"{self._max_rows} {self.statement().bare}"

    def _wrapped(self) -> tuple[list[str | int], str]:
        """The whole statement, and what it answers."""
        sql, shape, result = self.sql, self.sql.shape, self.step.result
        assert shape is not None, "compiled in spite of faults"
        if not shape.writes:
            return reading(sql.pieces, result, self._max_rows), result
        if self.gives_rows:
            return writing(sql.pieces[: sql.main], sql.pieces[sql.main :], result), result
        return list(sql.pieces), "count"


class Postgres:
    """The kind."""

    name: Final = "postgres"

    def read(self, site: StepSite, step: CallSpec) -> PostgresCall:
        """The statement of *step*."""
        return PostgresCall(site, step)

    def addresses(self, spec: UpstreamSpec) -> tuple[str, ...]:
        """Its DSN: several hosts in it are one server, whichever of them answers."""
        return (_said(spec).dsn,)

    def prepared(self, site: UpstreamSite) -> Ready:
        """The TLS context, its files read."""
        return made_ready(site, "PostgreSQL", ("postgresql",))

    def run(self, opening: Opening) -> Running:
        """A pool of connections."""
        # Only a gateway that asks a PostgreSQL imports asyncpg.
        from gateway.sources.postgres.causes import ERRORS  # noqa: PLC0415
        from gateway.sources.postgres.session import open_session  # noqa: PLC0415
        from gateway.sources.postgres.wire import PostgresWire  # noqa: PLC0415

        spec, shared, said = opening.spec, opening.shared, _said(opening.spec)
        ready: Ready = opening.prepared or Ready()
        settings = PostgresSettings(
            dsn=said.dsn,
            timeout=spec.timeout,
            connect_timeout=spec.connect_timeout,
            statements=said.statement_cache,
            pooled=said.pgbouncer,
            application_name=said.application_name,
            max_response=spec.max_response,
            context=ready.context,
        )
        pool = opened(opening, said, settings.address, partial(open_session, settings), ERRORS)
        source = database_source(pool, shared.buffered)
        return Running(
            name=shown_dsn(said.dsn, address_of),
            client=pool,
            source=source,
            peer=_peer(opening.upstream, said.dsn),
            details=pool.details,
            wire=PostgresWire(pool, shared.buffered, source),
        )

    def told(self, spec: UpstreamSpec) -> str:
        """``postgres by asyncpg``."""
        return "postgres by asyncpg, behind a pooler" if _said(spec).pgbouncer else "postgres by asyncpg"

    def connection(self, spec: UpstreamSpec) -> Iterable[tuple[str, str]]:
        """Pool, statements and rows."""
        said = _said(spec)
        kept = f"{said.statement_cache} statements on each connection" if said.statement_cache else "nothing"
        return told_of(said, "nothing, each call is a transaction of its own" if said.pgbouncer else kept)


def _said(spec: UpstreamSpec) -> PostgresSpec:
    assert spec.postgres is not None, "not a postgres upstream"
    return spec.postgres


def _peer(upstream: str, dsn: str) -> Peer:
    """The first host of *dsn*; nothing of it is looked at that is not plain."""
    first = urlsplit(dsn).netloc.rpartition("@")[2].partition(",")[0]
    host, _, port = first.rpartition(":") if ":" in first.rpartition("]")[2] else (first, "", "")
    return Peer(upstream, "postgresql", host.strip("[]"), int(port) if port.isdecimal() else DEFAULT_PORT)

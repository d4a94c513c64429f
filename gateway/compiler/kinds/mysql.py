"""MySQL and MariaDB upstreams: a step's SQL as a prepared statement, over a pool of asyncmy's connections."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from gateway.compiler.kinds.database import DatabaseCall, Ready, made_ready, opened, shown_dsn, told_of
from gateway.compiler.kinds.kind import Opening, Running, StepSite, UpstreamSite
from gateway.compiler.sql_words import MYSQL
from gateway.recording import Peer
from gateway.sources.database.source import database_source
from gateway.sources.mysql.settings import DEFAULT_PORT, MysqlSettings, address_of
from gateway.sources.mysql.statement import Statement

if TYPE_CHECKING:
    from gateway.config import CallSpec, UpstreamSpec
    from gateway.config.sql import MysqlSpec


class MysqlCall(DatabaseCall):
    """The statement of one step, as it is."""

    kind = "mysql"
    dialect = MYSQL

    def statement(self) -> Statement:
        """What each call sends, but for its values."""
        result = self.step.result if self.gives_rows else "count"
        return Statement(
            self.name,
            self.sql.pieces,
            result,
            writes=self.step.write,
            literal=self.sql.literal,
            operation=self.verb,
        )

    def text(self) -> str:
        """What tells it from other statements."""
        statement = self.statement()
        return f"{statement.order} {statement.text}"


class Mysql:
    """The kind."""

    name: Final = "mysql"

    def read(self, site: StepSite, step: CallSpec) -> MysqlCall:
        """The statement of *step*."""
        return MysqlCall(site, step)

    def addresses(self, spec: UpstreamSpec) -> tuple[str, ...]:
        """Its DSN."""
        return (_said(spec).dsn,)

    def prepared(self, site: UpstreamSite) -> Ready:
        """The TLS context, its files read; a fault if asyncmy is not installed."""
        if find_spec("asyncmy") is None:
            site.fault(("mysql",), "`mysql` needs asyncmy", "pip install 'fanin-gateway[mysql]'")
        return made_ready(site, "MySQL", ())

    def run(self, opening: Opening) -> Running:
        """A pool of connections."""
        # Only a gateway that asks a MySQL needs asyncmy.
        from gateway.sources.mysql.causes import ERRORS  # noqa: PLC0415
        from gateway.sources.mysql.session import open_session  # noqa: PLC0415

        spec, said = opening.spec, _said(opening.spec)
        ready: Ready = opening.prepared or Ready()
        settings = MysqlSettings(
            dsn=said.dsn,
            connect_timeout=spec.connect_timeout,
            statements=said.statement_cache,
            max_rows=said.max_rows,
            max_response=spec.max_response,
            context=ready.context,
        )
        pool = opened(opening, said, settings.address, partial(open_session, settings), ERRORS)
        parts = urlsplit(said.dsn)
        return Running(
            name=shown_dsn(said.dsn, address_of),
            client=pool,
            source=database_source(pool, opening.shared.buffered),
            peer=Peer(opening.upstream, "mysql", parts.hostname or "", parts.port or DEFAULT_PORT),
            details=pool.details,
        )

    def told(self, _: UpstreamSpec) -> str:
        """``mysql by asyncmy``."""
        return "mysql by asyncmy"

    def connection(self, spec: UpstreamSpec) -> Iterable[tuple[str, str]]:
        """Pool, statements and rows."""
        said = _said(spec)
        return told_of(said, f"{said.statement_cache} statements on each connection")


def _said(spec: UpstreamSpec) -> MysqlSpec:
    assert spec.mysql is not None, "not a mysql upstream"
    return spec.mysql

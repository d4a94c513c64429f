"""PostgreSQL upstreams: a step's SQL as one prepared statement, over a pool of asyncpg's connections."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from gateway.compiler.identity import identifying_payloads
from gateway.compiler.kinds.kind import Opening, Running, StepSite, UpstreamSite
from gateway.compiler.references import TemplateFault
from gateway.compiler.sql import SqlTemplate, telling_apart
from gateway.compiler.sql_words import POSTGRES
from gateway.compiler.tls import tls_context
from gateway.compiler.words import seconds, written
from gateway.outcome import Failure
from gateway.recording import Peer
from gateway.sources.database.pool import Pool, PoolRules
from gateway.sources.database.source import database_source
from gateway.sources.postgres.settings import PostgresSettings, address_of
from gateway.sources.postgres.statement import Query, Statement
from gateway.sources.postgres.wrapping import reading, writing

if TYPE_CHECKING:
    from gateway.compiler.names import Use
    from gateway.config import CallSpec, UpstreamSpec
    from gateway.config.sql import PostgresSpec
    from gateway.plan.model import Identify, Prepare, Scope

DEFAULT_PORT: Final = 5432

_PLAIN: Final = re.compile(r"[a-z]+://")
_SECRETS: Final = re.compile(r"(?<=//)[^/]*@|\?[^}]*")

WITHOUT_BULKHEAD: Final = 0.1
"""Seconds a call waits for a connection where the bulkhead is off: the default bulkhead's ``max_wait``."""


class PostgresCall:
    """The statement of one step."""

    def __init__(self, site: StepSite, step: CallSpec) -> None:
        self._step = step
        self._name = str(site.path[-1])
        self._max_rows = site.upstream.postgres.max_rows if site.upstream and site.upstream.postgres else 0
        self._sql = SqlTemplate(site.names, step.sql or "", POSTGRES)

    @property
    def faults(self) -> list[TemplateFault]:
        """All that is wrong with it."""
        shape = self._sql.shape
        if self._sql.faults or shape is None or not shape.writes or self._step.write:
            return self._sql.faults
        message = "this statement writes, and steps only read unless they say so"
        return [TemplateFault(message, 0, "say write: true").under("sql")]

    @property
    def uses(self) -> list[Use]:
        """All references in it, each once."""
        return self._sql.uses

    @property
    def repeatable(self) -> bool:
        """What only reads is."""
        return not self._step.write

    @property
    def shareable(self) -> bool:
        """What only reads is."""
        return not self._step.write

    @property
    def target(self) -> str:
        """``SQL users: select …``, in one line."""
        return f"SQL {self._step.upstream}: {' '.join(written(self._step.sql or '').split())}"

    def compiled(self) -> Prepare:
        """The step's ``prepare``: the values of the parameters."""
        pieces, result = self._wrapped()
        statement = Statement(
            self._name,
            pieces,
            result,
            writes=self._step.write,
            literal=self._sql.literal,
            max_rows=self._max_rows,
            operation=self._sql.shape.verb.upper() if self._sql.shape is not None else "",
        )
        if not self._sql.uses:
            constant = Query(statement, ())
            return lambda _: constant
        values = self._sql.values()

        def prepare(scope: Scope) -> Query | Failure:
            found = values(scope)
            return found if isinstance(found, Failure) else Query(statement, found)

        return prepare

    def _wrapped(self) -> tuple[list[str | int], str]:
        """The whole statement, and what it answers."""
        sql, shape, result = self._sql, self._sql.shape, self._step.result
        assert shape is not None, "compiled in spite of faults"
        if not shape.writes:
            return reading(sql.pieces, result, self._max_rows), result
        if shape.verb in {"select", "values", "table"} or shape.returning:
            return writing(sql.pieces[: sql.main], sql.pieces[sql.main :], result), result
        return list(sql.pieces), "count"

    def identifying(self, where: str, personal: Iterable[Use]) -> Identify:  # noqa: ARG002 - all of it shows
        """Calls are equal if statement and values are."""
        pieces, _ = self._wrapped()
        text = "".join(f"${piece}" if isinstance(piece, int) else piece for piece in pieces)
        said = f"{where} {self._max_rows} {self._step.result} {text}"
        return identifying_payloads("postgres", said, _pieces)


def _pieces(payload: Any) -> list[bytes]:
    return telling_apart(payload.values)


@dataclass(frozen=True, slots=True)
class Ready:
    """What start-up made ready: a TLS *context*, if the upstream has one of its own."""

    context: ssl.SSLContext | None = None


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
        tls = site.spec.tls
        if tls is not None and tls.server_name is not None:
            message = "a PostgreSQL's certificate is checked for the DSN's host, and for no other name"
            site.fault(("tls", "server_name"), message, "remove it")
        return Ready(tls_context(site.name, site.spec, site.places, site.faults, alpn=("postgresql",)))

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
        rules = PoolRules(
            address=settings.address,
            limit=said.pool,
            max_wait=spec.bulkhead.max_wait if spec.bulkhead is not None else WITHOUT_BULKHEAD,
            idle=said.idle,
        )
        pool = Pool(rules, partial(open_session, settings), ERRORS, shared.timers, shared.clock)
        source = database_source(pool, shared.buffered)
        return Running(
            name=_shown(written(said.dsn)),
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
        yield "pool", f"{said.pool} connections, closed after {seconds(said.idle)} without use"
        kept = f"{said.statement_cache} statements on each connection" if said.statement_cache else "nothing"
        yield "prepared", "nothing, each call is a transaction of its own" if said.pgbouncer else kept
        yield "rows", f"at most {said.max_rows}"


def _said(spec: UpstreamSpec) -> PostgresSpec:
    assert spec.postgres is not None, "not a postgres upstream"
    return spec.postgres


def _shown(dsn: str) -> str:
    """*dsn* without user, password and options; also where they stand in the default of a ``${NAME}``."""
    return address_of(dsn) if _PLAIN.match(dsn) else _SECRETS.sub("", dsn)


def _peer(upstream: str, dsn: str) -> Peer:
    """The first host of *dsn*; nothing of it is looked at that is not plain."""
    first = urlsplit(dsn).netloc.rpartition("@")[2].partition(",")[0]
    host, _, port = first.rpartition(":") if ":" in first.rpartition("]")[2] else (first, "", "")
    return Peer(upstream, "postgresql", host.strip("[]"), int(port) if port.isdecimal() else DEFAULT_PORT)

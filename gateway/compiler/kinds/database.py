"""What all databases have in common: calls of one statement whose references are parameters, TLS, a pool."""

from __future__ import annotations

import re
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from gateway.compiler.identity import identifying_payloads
from gateway.compiler.references import TemplateFault
from gateway.compiler.sql import SqlTemplate, telling_apart
from gateway.compiler.sql_words import READS
from gateway.compiler.tls import tls_context
from gateway.compiler.words import seconds, written
from gateway.outcome import Failure
from gateway.sources.database.pool import Pool
from gateway.sources.database.query import Query
from gateway.sources.database.queue import PoolRules
from gateway.sources.database.session import Errors, Session

if TYPE_CHECKING:
    from gateway.compiler.kinds.kind import Opening, StepSite, UpstreamSite
    from gateway.compiler.names import Use
    from gateway.config import CallSpec
    from gateway.config.sql import MysqlSpec, PostgresSpec
    from gateway.plan.model import Identify, Prepare, Scope


WITHOUT_BULKHEAD: Final = 0.1
"""Seconds a call waits for a connection where the bulkhead is off: the default bulkhead's ``max_wait``."""

S = TypeVar("S", bound=Session)

_PLAIN: Final = re.compile(r"[a-z]+://")
_SECRETS: Final = re.compile(r"(?<=//)[^/]*@|\?[^}]*")


@dataclass(frozen=True, slots=True)
class Ready:
    """What start-up made ready: a TLS *context*, if the upstream has one of its own."""

    context: ssl.SSLContext | None = None


def made_ready(site: UpstreamSite, server: str, alpn: Sequence[str]) -> Ready:
    """The TLS context of a database, which is called *server* in faults; its files are read."""
    tls = site.spec.tls
    if tls is not None and tls.server_name is not None:
        message = f"a {server}'s certificate is checked for the DSN's host, and for no other name"
        site.fault(("tls", "server_name"), message, "remove it")
    return Ready(tls_context(site.name, site.spec, site.places, site.faults, alpn=alpn))


def opened(
    opening: Opening,
    said: PostgresSpec | MysqlSpec,
    address: str,
    connect: Callable[[], Coroutine[Any, Any, S]],
    errors: Errors,
) -> Pool[S]:
    """The pool of an upstream's connections to *address*; *connect* makes one more."""
    spec, shared = opening.spec, opening.shared
    max_wait = spec.bulkhead.max_wait if spec.bulkhead is not None else WITHOUT_BULKHEAD
    rules = PoolRules(address=address, limit=said.pool, max_wait=max_wait, idle=said.idle)
    return Pool(rules, connect, errors, shared.timers, shared.clock)


def told_of(said: PostgresSpec | MysqlSpec, prepared: str) -> Iterable[tuple[str, str]]:
    """What ``explain`` tells of the connections, on each of which *prepared* statements are kept."""
    yield "pool", f"{said.pool} connections, closed after {seconds(said.idle)} without use"
    yield "prepared", prepared
    yield "rows", f"at most {said.max_rows}"


def shown_dsn(dsn: str, address_of: Callable[[str], str]) -> str:
    """*dsn* without user, password and options; also where they stand in the default of a ``${NAME}``."""
    shown = written(dsn)
    return address_of(shown) if _PLAIN.match(shown) else _SECRETS.sub("", shown)


class DatabaseCall(ABC):
    """The statement of one step, in the ``dialect`` of its ``kind``."""

    kind: ClassVar[str]
    dialect: ClassVar[re.Pattern[str]]

    def __init__(self, site: StepSite, step: CallSpec) -> None:
        self.step = step
        self.name = str(site.path[-1])
        self.sql = SqlTemplate(site.names, step.sql or "", self.dialect)

    @abstractmethod
    def statement(self) -> Any:
        """What each call sends, but for its values."""

    @abstractmethod
    def text(self) -> str:
        """What tells it from other statements."""

    @property
    def verb(self) -> str:
        """``SELECT``."""
        return self.sql.shape.verb.upper() if self.sql.shape is not None else ""

    @property
    def gives_rows(self) -> bool:
        """Whether it answers with rows, and not with how many there were."""
        shape = self.sql.shape
        return shape is not None and (shape.verb in READS or shape.returning)

    @property
    def faults(self) -> list[TemplateFault]:
        """All that is wrong with it."""
        shape = self.sql.shape
        if self.sql.faults or shape is None or not shape.writes or self.step.write:
            return self.sql.faults
        message = "this statement writes, and steps only read unless they say so"
        return [TemplateFault(message, 0, "say write: true").under("sql")]

    @property
    def uses(self) -> list[Use]:
        """All references in it, each once."""
        return self.sql.uses

    @property
    def repeatable(self) -> bool:
        """What only reads is."""
        return not self.step.write

    @property
    def shareable(self) -> bool:
        """What only reads is."""
        return not self.step.write

    @property
    def target(self) -> str:
        """``SQL users: select …``, in one line."""
        return f"SQL {self.step.upstream}: {' '.join(written(self.step.sql or '').split())}"

    def compiled(self) -> Prepare:
        """The step's ``prepare``: the values of the parameters."""
        statement = self.statement()
        if not self.sql.uses:
            constant = Query(statement, ())
            return lambda _: constant
        values = self.sql.values()

        def prepare(scope: Scope) -> Query | Failure:
            found = values(scope)
            return found if isinstance(found, Failure) else Query(statement, found)

        return prepare

    def identifying(self, where: str, personal: Iterable[Use]) -> Identify:  # noqa: ARG002 - all of it shows
        """Calls are equal if statement and values are."""
        said = f"{where} {self.step.result} {self.text()}"
        return identifying_payloads(self.kind, said, _pieces)


def _pieces(payload: Any) -> list[bytes]:
    return telling_apart(payload.values)

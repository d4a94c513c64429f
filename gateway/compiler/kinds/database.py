"""What the calls of all databases have in common: one statement, whose references are parameters."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from gateway.compiler.identity import identifying_payloads
from gateway.compiler.references import TemplateFault
from gateway.compiler.sql import SqlTemplate, telling_apart
from gateway.compiler.sql_words import READS
from gateway.compiler.words import written
from gateway.outcome import Failure
from gateway.sources.database.query import Query

if TYPE_CHECKING:
    from gateway.compiler.kinds.kind import StepSite
    from gateway.compiler.names import Use
    from gateway.config import CallSpec
    from gateway.plan.model import Identify, Prepare, Scope


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

"""``value:`` of a step: constants, or JSON made of what the request says and other steps answered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from gateway.compiler.identity import identifying_payloads
from gateway.compiler.kinds.kind import Running, StepSite
from gateway.compiler.names import Where
from gateway.compiler.render_json import JsonTemplate
from gateway.outcome import Failure, Outcome, Success
from gateway.recording import Peer
from gateway.sources.client import Unconnected

if TYPE_CHECKING:
    from gateway.call import Call
    from gateway.compiler.names import Use
    from gateway.compiler.references import TemplateFault
    from gateway.compiler.shared import Shared
    from gateway.config import CallSpec
    from gateway.plan.model import Identify, Prepare, Scope


class ValueCall:
    """The value of one step. Its payload is the answer: rendered JSON."""

    repeatable: Final = True
    shareable: Final = False
    """To share it would cost more than to make it."""

    target: Final = "value"

    def __init__(self, site: StepSite, step: CallSpec) -> None:
        self._template = JsonTemplate(site.names, step.value, Where.STEP)

    @property
    def faults(self) -> list[TemplateFault]:
        """All that is wrong with it."""
        return [fault.under("value") for fault in self._template.faults]

    @property
    def uses(self) -> list[Use]:
        """All references in it."""
        return self._template.uses

    def compiled(self) -> Prepare:
        """The step's ``prepare``."""
        render = self._template.body()

        def prepare(scope: Scope) -> bytes | Failure | None:
            return render(scope.inputs, scope.outcomes)

        return prepare

    def identifying(self, where: str, personal: Iterable[Use]) -> Identify:  # noqa: ARG002 - all of it shows
        """Values are equal if their JSON is."""
        return identifying_payloads("value", where, lambda payload: [payload])

    def run(self, shared: Shared) -> Running:  # noqa: ARG002 - it needs nothing
        """What hands the payload back."""
        return Running(name="value", client=Unconnected(), source=value_source, peer=Peer("value"))


class Value:
    """The kind."""

    name: Final = "value"

    def read(self, site: StepSite, step: CallSpec) -> ValueCall:
        """The value of *step*."""
        return ValueCall(site, step)


async def value_source(call: Call) -> Outcome:
    """Answer with the payload."""
    return Success(call.payload)

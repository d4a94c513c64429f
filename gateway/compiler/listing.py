"""A step with ``for_each`` or ``batch``: its call, with all that it reads, and its layers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from gateway.compiler.lists import ListTemplate, Rendering
from gateway.layers.batch import BatchRules, batching
from gateway.plan.each import Flights, Rules, for_each
from gateway.plan.flight import Flight
from gateway.plan.split import failed_by, splitting

if TYPE_CHECKING:
    from gateway.call import Layer
    from gateway.compiler.kinds.kind import CallTemplate, InlineCall, Running
    from gateway.compiler.names import Names, Use
    from gateway.compiler.references import TemplateFault
    from gateway.compiler.shared import Shared
    from gateway.compiler.sharing import Commons
    from gateway.config import StepSpec
    from gateway.outcome import Outcome
    from gateway.plan.balanced import Beginning
    from gateway.plan.model import Identify, Prepare


@dataclass(frozen=True, slots=True)
class Listing:
    """How a step's calls are made. ``each`` and ``batching`` are its layers; ``None``: it has no such."""

    prepare: Prepare
    identify: Identify | None
    direct: Beginning | None = None
    each: Layer | None = None
    batching: Layer | None = None

    @property
    def layers(self) -> dict[str, Any]:
        """Its layers, by their names in ``stacks.step_layers``."""
        return {"each": self.each, "batching": self.batching}


class Untold:
    """The meter of a list's items made directly: their list is what is told of."""

    def record(self, outcome: Outcome, seconds: float) -> None:
        """Nothing is told."""


UNTOLD: Final = Untold()


class ListedCall:
    """A step's call whose templates know ``{item}`` or ``{keys}``; see ``kinds.kind.CallTemplate``."""

    def __init__(self, call: CallTemplate, template: ListTemplate, step: StepSpec) -> None:
        self._call = call
        self._template = template
        self._step = step

    @property
    def names(self) -> Names:
        """What may be named beside the call, such as in the key of a cache."""
        return self._template.outer

    @property
    def faults(self) -> Sequence[TemplateFault]:
        """All that is wrong with it."""
        call, template = self._call, self._template
        if call.faults or template.faults:
            return [*template.faults, *call.faults]
        return list(template.check(call.uses, shareable=call.shareable))

    @property
    def uses(self) -> Sequence[Use]:
        """All references in it."""
        return [*self._template.uses, *self._call.uses]

    @property
    def repeatable(self) -> bool:
        """Whether the call may be sent twice, if the step does not say."""
        return self._call.repeatable

    @property
    def shareable(self) -> bool:
        """Whether calls of the step can be equal."""
        return self._call.shareable

    @property
    def target(self) -> str:
        """What is asked for, for people."""
        return self._call.target

    def compiled(self) -> Prepare:
        """What renders one call, given its item and keys; ``listing`` makes the step's ``prepare``."""
        return self._call.compiled()

    def identifying(self, where: str, personal: Iterable[Use]) -> Identify:
        """What names equal calls of items or of batches."""
        return self._call.identifying(where, personal)

    def run(self, shared: Shared) -> Running:
        """What it reads from, where it needs no upstream."""
        return cast("InlineCall", self._call).run(shared)

    def listing(
        self,
        named: tuple[Identify | None, Identify | None],
        direct: Beginning | None,
        shared: Shared,
        commons: Commons,
        time_limit: float,
    ) -> Listing:
        """Its layers. *named* is what ``Sharing.naming`` gave; *direct* makes the items that it can."""
        key, group = named
        each, batch = self._step.for_each, self._step.batch
        rendering = Rendering(self._call.compiled(), key if batch is not None else key or group, group)
        prepare, identify = self._template.compiled(rendering, self._call.uses)
        spreading = gathering = None
        if each is not None:
            at_once = each.concurrency if batch is None else each.max_items
            flights = Flights(Flight, shared.background, shared.buffered)
            rules = Rules(at_once, required=each.items == "required")
            spreading = for_each(rules, flights, direct if batch is None else None)
        if batch is not None:
            split = splitting(tuple(batch.at.split(".")) if batch.at else (), batch.by, many=batch.many)
            failed = failed_by(batch.error) if batch.error is not None else None
            nothing = b"[]" if batch.many else b"null"
            batches = BatchRules(batch.window, batch.max_size, split, time_limit, failed, nothing)
            gathering = batching(commons.batches, batches)
        return Listing(prepare, identify, each=spreading, batching=gathering)

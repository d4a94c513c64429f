"""The parts of an answer, for clients that get each when it is ready: which steps each is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gateway.outcome import Failure, Outcome
from gateway.plan.execute import Run
from gateway.plan.model import Scope

if TYPE_CHECKING:
    from gateway.call import Trace
    from gateway.plan.engine import Engine
    from gateway.plan.model import Plan


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One part. ``name`` is where it stands in the whole answer (``profile.orders``); ``""`` is all of it.

    ``steps``, by index, must have ended before ``render`` gives its JSON.
    """

    name: str
    steps: tuple[int, ...]
    render: Callable[[Scope], bytes | Failure]


class Progress:
    """Which parts of one request are ready. Told of every step that ended, in whatever order."""

    __slots__ = ("_left", "_parts", "_waiting")

    def __init__(self, parts: Sequence[Part], steps: int) -> None:
        self._parts = parts
        self._left = [len(part.steps) for part in parts]
        self._waiting: list[list[int]] = [[] for _ in range(steps)]
        for number, part in enumerate(parts):
            for step in part.steps:
                self._waiting[step].append(number)

    def at_once(self) -> list[Part]:
        """The parts that wait for no step."""
        return [part for part in self._parts if not part.steps]

    def ended(self, step: int) -> list[Part]:
        """The parts that became ready by the end of *step*. To be told once of each."""
        ready = []
        for number in self._waiting[step]:
            self._left[number] -= 1
            if not self._left[number]:
                ready.append(self._parts[number])
        return ready


class TellingRun(Run):
    """A run that says when a step has ended: ``told`` is called with its index, and must neither block nor
    raise.
    """

    __slots__ = ("told",)

    def __init__(self, plan: Plan, engine: Engine, inputs: Sequence[Any], trace: Trace, limit: float) -> None:
        super().__init__(plan, engine, inputs, trace, limit)
        self.told: Callable[[int], None] | None = None

    def _settle(self, index: int, outcome: Outcome) -> Sequence[int]:
        ready = super()._settle(index, outcome)
        if self.told is not None:
            self.told(index)
        return ready

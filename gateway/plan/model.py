"""A plan: the steps of one route with their edges, and how their outcomes become the answer.

Static: made once by the compiler, shared by every request. Knows no configuration and no HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway.call import Call, Source, Trace
from gateway.layers.fallback import StandIn
from gateway.outcome import Failure, Outcome
from gateway.plan.balanced import Beginning


class Scope(Protocol):
    """What templates read while a request runs.

    ``inputs`` holds the checked request parts by slot: ``str``, ``list[str]``, JSON ``bytes`` (parts
    of a body), or ``None`` where the part is missing. ``outcomes`` holds one entry per step, in plan
    order: ``None`` until the step ended.
    """

    @property
    def inputs(self) -> Sequence[Any]:
        """The checked request parts, by slot."""

    @property
    def outcomes(self) -> Sequence[Outcome | None]:
        """What the steps ended with, by index."""


Prepare = Callable[[Scope], Any]
"""Renders a step's payload; a ``Failure(skipped)`` instead if something it reads is missing."""

Chosen = Callable[[Scope], bool]
"""Whether a step is called at all; asked when everything it needs has answered."""

Identify = Callable[[Scope, Any], bytes | None]
"""From the scope and the rendered payload to what names equal calls (docs/contract.md section 3).

``None``: this one is never shared.
"""

Merge = Callable[[Scope], bytes | Failure]
"""Renders the answer's body from what the steps ended with. Missing parts are null; it fails only where parts
that must become one object contradict each other.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One node of a plan.

    ``needs`` are the steps that must have answered, ``awaits`` those that must only have ended
    (references with a default); both by index. ``timeout`` is one attempt's, in seconds. A ``required``
    step that does not answer fails the request. ``stand_in`` is ``None`` without a fallback, ``identify``
    where nothing asks which calls are equal, ``direct`` where every call takes the plain form, ``chosen``
    where it is always called.
    """

    name: str
    index: int
    source: Source
    prepare: Prepare
    needs: tuple[int, ...] = ()
    awaits: tuple[int, ...] = ()
    required: bool = False
    repeatable: bool = True
    timeout: float = 1.0
    stand_in: StandIn | None = None
    identify: Identify | None = None
    direct: Beginning | None = None
    chosen: Chosen | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """How one route is answered. ``time_limit`` is the whole request's, in seconds.

    Derived, by step index: ``edges`` (how many steps it waits for), ``followers`` (which wait for it), and
    ``first``, the steps that wait for none.
    """

    route: str
    steps: tuple[Step, ...]
    time_limit: float
    merge: Merge
    edges: tuple[int, ...] = field(init=False)
    first: tuple[int, ...] = field(init=False)
    followers: tuple[tuple[int, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        edges = [{*step.needs, *step.awaits} for step in self.steps]
        followers = [tuple(i for i, e in enumerate(edges) if s.index in e) for s in self.steps]
        object.__setattr__(self, "edges", tuple(map(len, edges)))
        object.__setattr__(self, "first", tuple(i for i, e in enumerate(edges) if not e))
        object.__setattr__(self, "followers", tuple(followers))

    def __repr__(self) -> str:
        names = ", ".join(step.name for step in self.steps)
        return f"<Plan {self.route}: {names} within {self.time_limit:g} s>"


class Ended(Protocol):
    """What is told of a request that is over, whoever ran its plan."""

    @property
    def plan(self) -> Plan:
        """What was to be done."""

    @property
    def trace(self) -> Trace:
        """Which request it was."""

    @property
    def calls(self) -> Sequence[Call | None]:
        """The calls that were made, by step."""

    @property
    def outcomes(self) -> Sequence[Outcome | None]:
        """How the steps ended."""

    @property
    def failure(self) -> tuple[Step, Failure] | None:
        """What failed the request, if anything did."""

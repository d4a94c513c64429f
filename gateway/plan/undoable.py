"""What one step's undo is, and what a step's outcome says of whether there is anything to be undone.

answered, live             yes
refused, or never sent     no
anything else              perhaps: a call that was sent and brought no answer, or that was tried twice
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from gateway.call import Call, Layer, Source
from gateway.outcome import Cause, Failure, Freshness, Outcome, Success

if TYPE_CHECKING:
    from gateway.plan.model import Step

_UNCERTAIN: Final = frozenset(
    {
        *(Cause.TIMEOUT, Cause.INCOMPLETE, Cause.FAILED, Cause.UNREADABLE, Cause.TOO_LARGE),
        *(Cause.OUT_OF_TIME, Cause.INTERNAL),
    }
)
"""Failures that, once a call was sent, do not say whether the upstream did what it was asked."""

_CANCELLED: Final = Failure(Cause.OUT_OF_TIME, "cancelled")


class Result(StrEnum):
    """What became of undoing one step; the field's words, also for clients."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    """Something that its call needs is missing."""
    UNKNOWN = "unknown"
    """Nobody knows whether there is anything to be undone, so it was left."""
    PENDING = "pending"
    """It has not ended yet."""
    REFUSED = "refused"
    """There was too much in the background already."""
    LOST = "lost"
    """The gateway closed before it ended."""


class Did(StrEnum):
    """What a step's outcome says of what its upstream did."""

    YES = "yes"
    NO = "no"
    PERHAPS = "perhaps"


def did(call: Call, outcome: Outcome | None) -> Did:
    """Whether what *call* asked for has been done, now that it ended as *outcome* (``None``: it was cut)."""
    cause = Cause.OUT_OF_TIME if outcome is None else outcome.cause
    if cause is None:
        assert isinstance(outcome, Success), "failures have causes"
        happened = outcome.freshness is Freshness.LIVE and outcome.status < 300
        return Did.YES if happened else Did.NO
    # Of earlier attempts nothing is known here; those of a call that may not be repeated were never sent.
    several = call.attempt > 1 and call.repeatable
    return Did.PERHAPS if several or (call.sent and cause in _UNCERTAIN) else Did.NO


@dataclass(frozen=True, slots=True, eq=False)
class Undo:
    """How the step at ``index`` is undone: by the call of ``step``, within ``limit`` seconds.

    ``counts`` are its results so far; ``late`` has who waits for calls that were left to themselves.
    """

    index: int
    step: Step
    limit: float
    if_unknown: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    late: dict[Call, asyncio.Future[Outcome]] = field(default_factory=dict)

    @property
    def layer(self) -> Layer:
        """The outermost layer of the step that is undone: it tells who waits when a call ends late."""

        def wrap(inner: Source) -> Source:
            async def told(call: Call) -> Outcome:
                outcome: Outcome = _CANCELLED
                try:
                    outcome = await inner(call)
                finally:
                    future = self.late.pop(call, None)
                    if future is not None and not future.done():
                        future.set_result(outcome)
                return outcome

            return told

        return wrap

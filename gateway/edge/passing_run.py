"""A request on its way through a plan that passes an answer on: one call, in the request's own task."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from gateway.edge.body import Refusal
from gateway.outcome import Cause, Failure, Outcome
from gateway.plan.engine import floor_of

if TYPE_CHECKING:
    from gateway.call import Call, Trace
    from gateway.plan.engine import Engine
    from gateway.plan.model import Plan, Step

_OVER: Final = {
    Refusal.GONE: Failure(Cause.SKIPPED, "the client left while it sent its body"),
    Refusal.STALLED: Failure(Cause.SKIPPED, "the client stopped sending its body"),
    Refusal.TOO_LARGE: Failure(Cause.TOO_LARGE, "the client's body is too large"),
}
"""What ends a call whose body does not come: neutral causes, as no upstream had a part in it."""


class PassingRun:
    """Also the ``Scope`` that templates read, and what is told of the request when it is over.

    ``refusal`` is why the client's body did not come to its end, ``abandoned`` that the client left.
    """

    __slots__ = (
        "_engine",
        "_limit",
        "_timer",
        "abandoned",
        "calls",
        "deadline",
        "floor",
        "inputs",
        "outcomes",
        "plan",
        "refusal",
        "trace",
    )

    def __init__(self, plan: Plan, engine: Engine, inputs: Sequence[Any], trace: Trace, limit: float) -> None:
        self.plan = plan
        self.inputs = inputs
        self.trace = trace
        self.deadline = engine.clock() + limit
        self.floor = floor_of(limit)
        self.outcomes: list[Outcome | None] = [None]
        self.calls: list[Call | None] = [None]
        self.abandoned = False
        self.refusal: Refusal | None = None
        self._engine = engine
        self._limit = limit
        self._timer: asyncio.TimerHandle | None = None

    def restart(self) -> None:
        """The time limit begins now, not when the request came."""
        self.deadline = self._engine.clock() + self._limit

    async def run(self, call: Call, *, body: bool) -> None:
        """Take *call* to the head of its answer. With a *body*, the time limit begins when that was sent."""
        self.calls[0] = call
        if not body:
            self._timer = self._engine.loop.call_later(self._limit, self._expire)
        try:
            self.outcomes[0] = await self.plan.steps[0].source(call)
        finally:
            self._stop()

    def uploaded(self, refusal: Refusal | None) -> None:
        """The client's body ended; *refusal* says why it is not whole."""
        call = self.calls[0]
        assert call is not None, "it is asked for by the call"
        if refusal is not None:
            self.refusal = refusal
            call.cut(_OVER[refusal])
        elif self.outcomes[0] is None:
            call.deadline = self._engine.clock() + self._limit
            self._timer = self._engine.loop.call_later(self._limit, self._expire)

    def abandon(self) -> None:
        """The client left: nobody waits for an answer any more."""
        self.abandoned = True
        self._cut("the client left")

    @property
    def failure(self) -> tuple[Step, Failure] | None:
        """Why there is no answer, or what the upstream said of one that is passed on."""
        outcome = self.outcomes[0]
        return (self.plan.steps[0], outcome) if isinstance(outcome, Failure) else None

    def _expire(self) -> None:
        self._cut("the request's time limit")

    def _cut(self, why: str) -> None:
        call = self.calls[0]
        if call is not None:
            call.cut(Failure(Cause.OUT_OF_TIME, why))

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

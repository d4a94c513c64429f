"""Takes back what steps did, when the request that they were part of fails after all.

    a step's own outcome     what becomes of it
    it answered              its ``undo`` is called
    it did nothing           nothing: it was not sent, or refused
    nobody knows             called if ``undo`` says ``if_unknown``, else left as it is and told
    it is still under way    waited for: it was sent, may not be repeated, and so was not cut

Rules of the file:
1. Undo steps are called one after the other: what depended on a step is undone before it. One that fails
   stops no other.
2. They belong to no client: each has a time limit of its own from its start, and goes on when the request's
   time is over or the client has left. They are bounded, and drained with all that outlives its request.
3. The answer waits for them as long as the request's time allows, so that it can tell how they ended; what
   has not ended then is *pending*.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from gateway.call import Call, Trace
from gateway.outcome import Cause, Failure, Outcome, Success
from gateway.plan.engine import floor_of
from gateway.plan.execute import Run
from gateway.plan.undoable import Did, Result, Undo, did
from gateway.telemetry import events
from gateway.telemetry.log import Log

if TYPE_CHECKING:
    from gateway.plan.engine import Engine
    from gateway.plan.model import Plan

_log = Log("gateway.plan")

_ITS_TIME_IS_OVER: Final = Failure(Cause.OUT_OF_TIME, "the time limit of an undo step")

_Ended = asyncio.Future[Outcome] | Outcome | None
"""How a step ended, or what will be told of it."""


class _Scope:
    """What the templates of an undo step read: as the request left it, with what its step really answered."""

    __slots__ = ("inputs", "outcomes")

    def __init__(self, inputs: Sequence[Any], outcomes: list[Outcome | None]) -> None:
        self.inputs = inputs
        self.outcomes = outcomes


class _Limit:
    """What a timer expires: the whole time of an undo step."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def expire(self) -> None:
        self._call.cut(_ITS_TIME_IS_OVER)


class UndoingRun(Run):
    """A run whose steps are undone by *undos*, in this order, if it fails. ``undone`` tells how, by step."""

    __slots__ = ("_late", "_on_told", "_releases", "_timer", "_undoing", "_undos", "undone")

    def __init__(
        self,
        undos: Sequence[Undo],
        plan: Plan,
        engine: Engine,
        inputs: Sequence[Any],
        trace: Trace,
        limit: float,
    ) -> None:
        super().__init__(plan, engine, inputs, trace, limit)
        self._undos = undos
        self._late: dict[int, asyncio.Future[Outcome]] = {}
        self._on_told: Callable[[], object] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._undoing = False
        self._releases = False
        self.undone: dict[str, Result] = {}

    def start(self, on_end: Callable[[], object]) -> None:
        """As every run does; *on_end* is called when the answer can tell what was undone, or has to go."""
        super().start(partial(self._ended, on_end))

    def abandon(self) -> None:
        """The client left: what is to be undone is undone without it."""
        super().abandon()
        self._tell()

    def release(self) -> None:
        """Give back the bodies, once no undo step may read them any more."""
        self._releases = True
        if not self._undoing:
            super().release()

    def _end_early(self, failure: Failure) -> None:
        super()._end_early(failure)
        # At once: a call that is left to itself may end in this very turn of the loop.
        for undo in self._undos:
            call = self.calls[undo.index]
            if undo.index in self._detached and undo.index not in self._late and call is not None:
                self._late[undo.index] = undo.late[call] = self._engine.loop.create_future()

    def _ended(self, on_end: Callable[[], object]) -> None:
        due = list(self._due()) if self._fails() else []
        if not due:
            on_end()
            return
        background = self._engine.background
        if background.full:
            for undo, _ in due:
                self._note(undo, Result.REFUSED)
            on_end()
            return
        self._on_told = on_end
        left = self.deadline - self._engine.clock()
        self._timer = self._engine.loop.call_later(max(0.0, left), self._tell)
        self._undoing = True
        flying = self._engine.spawn(self._undo_all(due))
        if self._undoing:
            background.adopt(flying)
        if self.abandoned:
            self._tell()

    def _fails(self) -> bool:
        """Whether the client does not get what it asked for."""
        if self.abandoned or self.failure is not None:
            return True
        try:
            return isinstance(self.plan.merge(self), Failure)
        except Exception:  # noqa: BLE001 - the answer will fail of the same
            return True

    def _due(self) -> Iterable[tuple[Undo, _Ended]]:
        """What is to be undone, or may be: with the step's outcome, or with what will be it."""
        for undo in self._undos:
            call = self.calls[undo.index]
            if call is None:
                continue
            outcome: _Ended = self.outcomes[undo.index]
            if undo.index in self._late:
                outcome = self._late[undo.index]
            elif did(call, self.outcomes[undo.index]) is Did.NO:
                continue
            self.undone[self.plan.steps[undo.index].name] = Result.PENDING
            yield undo, outcome

    async def _undo_all(self, due: list[tuple[Undo, _Ended]]) -> None:
        try:
            while due:
                undo, outcome = due[0]
                if isinstance(outcome, asyncio.Future):
                    outcome = await outcome
                result = await self._undo(undo, outcome)
                due.pop(0)
                self._note(undo, *result)
        finally:
            for undo, _ in due:
                self._note(undo, Result.LOST)
            self._undoing = False
            if self._releases:
                self.release()
            self._tell()

    async def _undo(self, undo: Undo, outcome: Outcome | None) -> tuple[Result | None, Outcome | None]:
        """Undo one step that ended as *outcome*: the result, ``None`` if there was nothing to do, and why."""
        origin = self.calls[undo.index]
        assert origin is not None, "it was called"
        happened = did(origin, outcome)
        if happened is Did.NO:
            return None, None
        if happened is Did.PERHAPS and not undo.if_unknown:
            return Result.UNKNOWN, outcome
        try:
            outcomes = list(self.outcomes)
            outcomes[undo.index] = outcome
            payload = undo.step.prepare(_Scope(self.inputs, outcomes))
            if isinstance(payload, Failure):
                return Result.SKIPPED, payload
            ended = await self._call(undo, payload)
        except Exception as error:  # noqa: BLE001 - a bug in one stops no other
            said = {"step": undo.step.name, "route": self.plan.route}
            self._engine.bugs((*said.values(),), events.BUG_IN_STEP, self.trace, error=error, **said)
            return Result.FAILED, Failure(Cause.INTERNAL, "an exception")
        return (Result.DONE if isinstance(ended, Success) else Result.FAILED), ended

    async def _call(self, undo: Undo, payload: Any) -> Outcome:
        engine, step, limit = self._engine, undo.step, undo.limit
        call = Call(
            step.name,
            payload,
            engine.clock() + limit,
            step.timeout,
            self.trace,
            repeatable=step.repeatable,
            inputs=self.inputs,
            floor=floor_of(limit),
        )
        timer, entry = engine.timers.of(limit), _Limit(call)
        timer.start(entry)
        try:
            return await step.source(call)
        finally:
            timer.stop(entry)
            engine.buffered.give(call.held)

    def _note(self, undo: Undo, result: Result | None, why: Outcome | None = None) -> None:
        """Remember, count and log what became of it."""
        name = self.plan.steps[undo.index].name
        if result is None:
            self.undone.pop(name, None)
            return
        self.undone[name] = result
        undo.counts[result] += 1
        event = events.UNDONE if result is Result.DONE else events.NOT_UNDONE
        detail = why.detail if isinstance(why, Failure) else ""
        cause = why.cause if why is not None and why.cause is not None else ""
        _log(
            event,
            self.trace,
            step=name,
            route=self.plan.route,
            result=result.value,
            cause=cause,
            detail=detail,
        )

    def _tell(self) -> None:
        """The answer can go."""
        on_told, self._on_told = self._on_told, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if on_told is not None:
            on_told()

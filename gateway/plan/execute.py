"""Runs a plan for one request: every step as soon as what it needs has ended, until the answer is known.

Rules of the file:
1. Nothing here raises for expected trouble, and no step can hurt another: a bug inside a step becomes
   its ``Failure(internal)``.
2. Whoever ends a step starts those that became ready, and goes on with one of them in its own flight; the
   last one calls who waits for the end of the plan.
3. Ending early (deadline, failed required step, client gone) *cuts* calls, it never cancels tasks. A sent
   unrepeatable call is not cut: its step ends, its task goes on in the background.
4. A finished run holds no reference cycle: it is freed by counting (measured: a cycle costs 20–50 µs).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mypy_extensions import mypyc_attr

from gateway.call import Call, Trace
from gateway.outcome import Cause, Failure, Outcome
from gateway.plan.engine import floor_of
from gateway.plan.making import bug, call_of, failing, instead
from gateway.telemetry import events

if TYPE_CHECKING:
    from gateway.plan.engine import Engine
    from gateway.plan.flight import Flying
    from gateway.plan.model import Plan, Step
    from gateway.timers import Expiring

_GRACE: Final = 0.025
"""Seconds that cut calls get to end; half of what docs/contract.md section 2 allows the answer to be late."""

_FAILED_WITH: Final = Failure(Cause.OUT_OF_TIME, "a required step failed")
"""Ends the other calls of a request that has failed."""


@mypyc_attr(allow_interpreted_subclasses=True)
class Run:
    """One request's way through a plan; also the ``Scope`` that its templates read.

    After ``run()``: ``outcomes`` and ``elapsed`` per step, ``failure`` if the request failed, and
    ``abandoned`` if the client left. Call ``release()`` when the answer no longer needs the bodies.
    """

    __slots__ = (
        "_culprit",
        "_detached",
        "_engine",
        "_finished",
        "_flights",
        "_leaders",
        "_on_end",
        "_over",
        "_pending",
        "_released",
        "_stop_timer",
        "_waits",
        "abandoned",
        "calls",
        "deadline",
        "floor",
        "inputs",
        "outcomes",
        "plan",
        "siblings",
        "started",
        "trace",
    )

    def __init__(self, plan: Plan, engine: Engine, inputs: Sequence[Any], trace: Trace, limit: float) -> None:
        count = len(plan.steps)
        self.plan = plan
        self.inputs = inputs
        self.trace = trace
        self.started = engine.clock()
        self.deadline = self.started + limit
        self.floor = floor_of(limit)
        self.outcomes: list[Outcome | None] = [None] * count
        self.calls: list[Call | None] = [None] * count
        self.siblings: dict[bytes, Any] = {}
        self.abandoned = False
        self._engine = engine
        self._waits = list(plan.edges)
        self._pending = count
        self._flights: dict[int, Flying] = {}
        self._leaders: dict[int, int] = {}
        self._detached: frozenset[int] = frozenset()
        self._on_end: Callable[[], object] | None = None
        self._stop_timer: Callable[[Expiring], None] | None = None
        self._finished = False
        self._over: Failure | None = None
        self._released = False
        self._culprit: tuple[Step, Failure] | None = None

    def start(self, on_end: Callable[[], object]) -> None:
        """Take every step to its end, or until the request fails; never longer than the deadline.

        *on_end* is called once, when the answer is known, perhaps before this returns; what could end, has.
        """
        self._on_end = on_end
        self._stop_timer = self._engine.arm(self, self.deadline - self.started, self.plan.time_limit)
        try:
            mine = self._begin(self.plan.first)
            if mine is not None:
                self._spawn(mine)
        except BaseException:
            self.abandon()
            raise

    async def run(self) -> None:
        """The same, for who waits. Cancelling it cuts the calls under way, with the exception of sent
        unrepeatable ones.
        """
        done = self._engine.loop.create_future()
        self.start(partial(_wake, done))
        try:
            await done
        except BaseException:
            self.abandon()
            raise

    @property
    def failure(self) -> tuple[Step, Failure] | None:
        """What fails the whole request: the required step whose failure ended it, or the first of all steps
        if none answered. ``None`` if there is an answer.
        """
        return self._culprit or failing(self.plan.steps, self.outcomes)

    def expire(self) -> None:
        """The request's time ran out (its timer calls this)."""
        self._end_early(Failure(Cause.OUT_OF_TIME, "the request's time limit"))
        if not self._finished:
            self._engine.loop.call_later(_GRACE, self._give_up)

    def abandon(self) -> None:
        """The client left: nobody waits for an answer any more."""
        self.abandoned = True
        self._end_early(Failure(Cause.OUT_OF_TIME, "the client left"))

    def release(self) -> None:
        """Give back the body bytes of all ended calls; those still under way give theirs at their end."""
        self._released = True
        for index, call in enumerate(self.calls):
            ended = self.outcomes[index] is not None and index not in self._detached
            if call is not None and call.held and ended:
                self._give_back(call)

    def _begin(self, indices: Iterable[int]) -> int | None:
        """Begin these steps: each gets a flight of its own, but for one that the caller goes on with.

        A step that cannot be called ends here, and its followers are begun as well.
        """
        mine: int | None = None
        queue = list(indices)
        for index in queue:
            made = call_of(self.plan.steps[index], self, self._over)
            if made.__class__ is not Call:
                queue.extend(self._settle(index, made))  # type: ignore[arg-type]
                continue
            self.calls[index] = made
            if mine is not None:  # in plan order, whatever form each has
                self._spawn(mine)
                mine = None
            if not self._flown(index):
                mine = index
        return mine

    def _flown(self, index: int) -> bool:
        """Whether the step's call could be made directly; ``landed`` is told of its end."""
        direct = self.plan.steps[index].direct
        if direct is None:
            return False
        call: Call = self.calls[index]  # type: ignore[assignment]  # made before it is performed
        attempt = direct.begin(call, self, index)
        if attempt is not None and not call.repeatable:
            self._flights[index] = attempt
        return attempt is not None

    def landed(self, index: int, outcome: Outcome) -> None:
        """The direct call of a step ended."""
        if self.outcomes[index] is None:
            ready = self._settle(index, outcome)
            following = self._begin(ready) if ready else None
            if following is not None:
                self._spawn(following)
        call: Call = self.calls[index]  # type: ignore[assignment]  # made before it was performed
        if call.held and (self._released or index in self._detached):
            self._give_back(call)

    def _spawn(self, index: int) -> None:
        self._flights[index] = self._engine.spawn(self._perform(index, index))

    async def _perform(self, index: int, leader: int) -> None:
        """Call the step's source, then go on with a step that became ready, if there is one.

        *leader* is the step that this flight was made for.
        """
        following: int | None = index
        while following is not None:
            index = following
            step = self.plan.steps[index]
            call: Call = self.calls[index]  # type: ignore[assignment]  # made before it is performed
            try:
                outcome = await step.source(call)
            except Exception as error:  # noqa: BLE001 - rule 1
                outcome = self.crashed(index, error)
            except BaseException:
                self._give_back(call)  # cancelled: nobody will ask for what came
                raise
            following = None
            if self.outcomes[index] is None:
                ready = self._settle(index, outcome)
                if ready:
                    following = self._begin(ready)
                    if following is not None:
                        self._leaders[following] = leader
            if call.held and (self._released or index in self._detached):
                self._give_back(call)

    def _give_back(self, call: Call) -> None:
        self._engine.buffered.give(call.held)
        call.held = 0

    def _settle(self, index: int, outcome: Outcome) -> Sequence[int]:
        """Record how a step ended; returns the steps that thereby became ready."""
        self.outcomes[index] = outcome
        self._pending -= 1
        if outcome.__class__ is Failure and self.plan.steps[index].required:
            # What its end does to the others, which may have failed attempts to tell of, is no reason of it.
            self._culprit = self._culprit or (self.plan.steps[index], outcome)
            self._end_early(_FAILED_WITH)
            self._finish()
        elif not self._pending:
            self._finish()
        followers = self.plan.followers[index]
        if not followers:
            return ()
        ready = []
        for follower in followers:
            self._waits[follower] -= 1
            if not self._waits[follower]:
                ready.append(follower)
        return ready

    def _end_early(self, failure: Failure) -> None:
        """Start nothing more, and end what is under way with *failure*."""
        if self._over is not None:
            return
        self._over = failure
        for index, call in enumerate(self.calls):
            if call is None or self.outcomes[index] is not None:
                continue
            flight = self._flights.get(self._leaders.get(index, index))
            kept = not call.repeatable and call.sent and flight and self._engine.background.adopt(flight)
            if not kept:
                call.cut(failure)
                continue
            self._detached |= {index}
            call.elapsed = self._engine.clock() - self.started
            outcome = instead(self.plan.steps[index], failure, self.inputs)
            self._begin(self._settle(index, outcome))

    def _give_up(self) -> None:
        """Answer without the steps that even a cut could not end: that is a bug in their source."""
        if self._finished:
            return
        for step in self.plan.steps:
            if self.outcomes[step.index] is None:
                place = {"step": step.name, "route": self.plan.route}
                self._engine.bugs(tuple(place.values()), events.STEP_STUCK, self.trace, **place)
                self.outcomes[step.index] = Failure(Cause.OUT_OF_TIME, "did not end when cut")
        self._finish()

    def _finish(self) -> None:
        if self._finished:
            return
        self._finished = True
        if self._stop_timer is not None:
            self._stop_timer(self)
            self._stop_timer = None
        on_end, self._on_end = self._on_end, None
        if on_end is None:
            return
        if self._over is None:
            on_end()
        else:  # those that are being cut end first
            self._engine.loop.call_soon(on_end)

    def crashed(self, index: int, error: Exception) -> Outcome:
        """*error* came out of a step."""
        return bug(self.plan.steps[index], self, error, self._engine.bugs)


def _wake(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)

"""Another attempt for a call whose first one failed, if that is safe, paid for, and in time.

Rules of the file:
1. A sent call that may not be repeated is never sent again. ``UNSENT`` causes are safe for every call.
2. No further attempt while the circuit is not closed to failures (``half_open``), after a refusal of our own,
   once somebody cut the call, or without time for the pause and the floor.
3. An attempt is paid for before its pause, so that nobody waits for what an empty budget will refuse; one
   that is not made after all gives its token back.
4. The payload is the same object for every attempt: an idempotency key goes out unchanged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from gateway.call import Call, Layer, Source
from gateway.layers.backoff import Backoff
from gateway.layers.budget import Budget
from gateway.outcome import RETRYABLE, UNSENT, Cause, Failure, Outcome
from gateway.timers import Timers

Following = Callable[[Call, Failure], Awaitable[Outcome]]
"""What is done after a first attempt failed; gives the call's final outcome."""


class Retry:
    """Whether to try again, and when. *attempts* counts all tries of a call, hedges included."""

    __slots__ = ("attempts", "backoff", "budget")

    def __init__(self, attempts: int, backoff: Backoff, budget: Budget) -> None:
        self.attempts = attempts
        self.backoff = backoff
        self.budget = budget

    def pause(
        self, failure: Failure, *, attempt: int, repeatable: bool, room: float, now: float
    ) -> float | None:
        """Seconds to wait before the next attempt, which is paid for; ``None`` if there is none.

        *attempt* is the number of the one that failed, *room* the seconds until nothing may start any more.
        """
        if attempt >= self.attempts or room < 0.0 or not worthwhile(failure, repeatable=repeatable):
            return None
        pause = self.backoff.delay(attempt, failure.retry_after or 0.0)
        if pause > room:
            return None
        if not self.budget.withdraw(now):
            self.budget.retries.withheld += 1
            return None
        return pause

    def __repr__(self) -> str:
        return f"<Retry {self.attempts} attempts, {self.backoff!r}>"


def worthwhile(failure: Failure, *, repeatable: bool) -> bool:
    """Whether another attempt may change anything and do no harm (docs/contract.md section 1)."""
    cause = failure.cause
    if cause in UNSENT:
        return True
    if not repeatable:
        return False
    if cause is Cause.THROTTLED:
        return failure.retry_after is not None  # without one we would only guess, and be in the way again
    return cause in RETRYABLE


class Retrying:
    """The shell of ``Retry``, in two parts so that the first attempt may be made elsewhere.

    *half_open* tells whether the circuit must not be given extra attempts now; *clock* is the one on which
    deadlines lie, and *timers* know its loop.
    """

    __slots__ = ("_clock", "_half_open", "_timers", "retry")

    def __init__(
        self,
        *,
        attempts: int,
        backoff: Backoff,
        budget: Budget,
        half_open: Callable[[], bool],
        clock: Callable[[], float],
        timers: Timers,
    ) -> None:
        self.retry = Retry(attempts, backoff, budget)
        self._half_open = half_open
        self._clock = clock
        self._timers = timers

    def deposit(self) -> None:
        """Count a first attempt."""
        self.retry.budget.deposit(self._clock())

    def following(self, inner: Source) -> Following:
        """What is done after a first attempt over *inner* failed: its failure as it is, if nothing is due.

        If the call is cut, its last failure before that is its outcome.
        """
        extra = self.retry.budget.retries

        async def followed(call: Call, failure: Failure) -> Outcome:
            while await self._due(call, failure):
                extra.sent += 1
                call.attempt += 1
                call.sent = False
                outcome = await inner(call)
                if outcome.__class__ is not Failure:
                    extra.won += 1
                    return outcome
                assert isinstance(outcome, Failure)
                if call.ended is not None:
                    break  # what the upstream did says more than that there was no time for the rest
                failure = outcome
            return failure

        return followed

    async def _due(self, call: Call, failure: Failure) -> bool:
        """Whether there is another attempt to make, now that its pause is over."""
        if call.ended is not None or self._half_open():
            return False
        now = self._clock()
        room = call.deadline - call.floor - now
        pause = self.retry.pause(
            failure, attempt=call.attempt, repeatable=call.repeatable, room=room, now=now
        )
        if pause is None:
            return False
        due = False
        try:
            # Both may have changed meanwhile; an attempt that the gate would refuse is none.
            due = await self._waited(call, pause) and not self._half_open()
        finally:
            if not due:
                self.retry.budget.restore()
        return due

    async def _waited(self, call: Call, seconds: float) -> bool:
        """Wait *seconds*; ``False`` if the call was cut meanwhile."""
        loop = self._timers.loop
        over = loop.create_future()
        timer = loop.call_later(seconds, _resolve, over)
        try:
            await call.wait(over)
        finally:
            timer.cancel()
        return call.ended is None


def retrying(
    *,
    attempts: int,
    backoff: Backoff,
    budget: Budget,
    half_open: Callable[[], bool],
    clock: Callable[[], float],
    timers: Timers,
) -> Layer:
    """Try a failed call again, up to *attempts* in all, from *budget*; see ``Retrying``."""
    shell = Retrying(
        attempts=attempts, backoff=backoff, budget=budget, half_open=half_open, clock=clock, timers=timers
    )

    def wrap(inner: Source) -> Source:
        following = shell.following(inner)
        deposit = budget.deposit

        async def retried(call: Call) -> Outcome:
            deposit(clock())
            outcome = await inner(call)
            if outcome.__class__ is Failure:
                assert isinstance(outcome, Failure)
                return await following(call, outcome)
            return outcome

        return retried

    return wrap


def _resolve(over: asyncio.Future[None]) -> None:
    if not over.done():
        over.set_result(None)

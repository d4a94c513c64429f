"""A second attempt beside a slow first one; whichever answers first is the answer, the other is cut.

Rules of the file:
1. The first attempt runs in place, under a shared timer: a call that is never hedged has no task, and costs
   an entry in a dict. (Here it is a coroutine; ``plan.direct`` makes it without one, in the same races.)
2. A race is over with the first success or sign of life; a failed first attempt without a hedge is the
   retries' business, at once.
3. Whoever lost is cut with ``ANOTHER_WON``, gives its body's bytes back, and is not waited for.
4. A hedge is one of the call's tries: only first attempts are hedged, and two that failed count as two.
5. A hedge that cannot be had when it is due is asked for again after half the time, and then each time after
   twice as long: an attempt that is just slow has ended by then, and one that is stalled is what hedges are
   for. (Of 20 ms ± 5 with 1 % stalls, one stall in four has to ask again: it ends after 65 ms; 104 if the
   first wait is doubled as well.)
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Final

from gateway.buffered import Buffered
from gateway.call import Call, Layer, Source
from gateway.layers.budget import Budget
from gateway.layers.hedge_delay import HedgeDelay
from gateway.layers.observe import BUG, CANCELLED
from gateway.outcome import ALIVE, ANOTHER_WON, REFUSED, Cause, Failure, Outcome
from gateway.telemetry import events
from gateway.telemetry.log import Log, place_of
from gateway.telemetry.repetition import Sparing
from gateway.timers import Timers

_NOT_THE_UPSTREAMS: Final = REFUSED | {Cause.OUT_OF_TIME, Cause.INTERNAL}

_CROWDED_OUT: Final = Failure(Cause.BULKHEAD_FULL, "no slot to spare for a hedge")

_log = Log("gateway.layers.hedge")


class Hedge:
    """Whether a call is hedged, and after how long.

    *half_open* tells whether the circuit must not be given extra attempts now, *crowded* whether a hedge
    would take the slot of somebody's first attempt.
    """

    __slots__ = ("after", "budget", "crowded", "half_open")

    def __init__(
        self,
        after: HedgeDelay,
        budget: Budget,
        half_open: Callable[[], bool],
        crowded: Callable[[], bool],
    ) -> None:
        self.after = after
        self.budget = budget
        self.half_open = half_open
        self.crowded = crowded

    def begin(self, now: float, left: float, floor: float) -> float | None:
        """A first attempt begins, *left* seconds before its deadline: seconds until its hedge is due.

        ``None`` if there is none, because it could not be expected to answer in time.
        """
        delay = self.after.begin(now)
        if delay is None or left < delay + max(self.after.typical, floor):
            return None
        return delay

    def again(self, wait: float, left: float, floor: float) -> bool:
        """A hedge was not to be had: is it worth asking again after *wait* seconds?"""
        return left >= wait + max(self.after.typical, floor)

    def pays(self, now: float, *, again: bool = False) -> bool:
        """Whether there shall be a hedge, now that it is due, perhaps *again*; it is paid for then."""
        if self.half_open() or self.crowded():
            return False
        if not self.budget.withdraw(now):
            self.budget.hedges.withheld += 1
            return False
        if not self.after.afford(now, again=again):
            self.budget.restore()
            self.budget.hedges.withheld += 1
            return False
        return True

    def sends(self) -> bool:
        """Whether the hedge that was paid for is sent; others of its moment may have filled the slots."""
        if self.crowded():
            self.budget.restore()
            return False
        self.budget.hedges.sent += 1
        return True

    def ended(self, outcome: Outcome, now: float, seconds: float) -> None:
        """A first attempt ended: learn from it, unless it says nothing of how long answers take."""
        if settles(outcome) or outcome is ANOTHER_WON or outcome.cause is Cause.TIMEOUT:
            self.after.record(now, seconds)

    def __repr__(self) -> str:
        return f"<Hedge after {self.after!r}, {self.budget.hedges!r}>"


def settles(outcome: Outcome) -> bool:
    """Whether no other attempt could do better: an answer, or the upstream's word that there is none."""
    return outcome.__class__ is not Failure or outcome.cause in ALIVE


class Race:
    """One call, its first attempt under way, and perhaps a hedge: the entry of the hedge's timer.

    ``twin`` is the hedge, ``None`` while there is none. Whoever makes the first attempt asks ``decide`` if
    there is one at its end, and calls ``close`` in every case.
    """

    __slots__ = ("_landing", "_races", "_timer", "asked", "call", "inner", "landed", "over", "reason", "twin")

    def __init__(self, races: Races, call: Call, inner: Source, delay: float) -> None:
        self._races = races
        # Few lengths: a live delay is the bound of a bucket, and so are its half and its double.
        self._timer = races.timers.of(delay)
        self._timer.start(self)
        self._landing: asyncio.Future[None] | None = None
        self.call = call
        self.inner = inner
        self.twin: Call | None = None
        self.landed: Outcome | None = None
        self.reason = CANCELLED
        self.over = False
        self.asked = False

    def expire(self) -> None:
        """The hedge is due."""
        call, hedge, now = self.call, self._races.hedge, self._races.clock()
        if call.ended is not None:
            return
        if hedge.pays(now, again=self.asked):
            self.twin = call.twin()
            self.twin.attempt += 1
            self.twin.hedge = True
            self._races.send(self)
            return
        wait = self._timer.length * (2.0 if self.asked else 0.5)
        if hedge.again(wait, call.deadline - now, call.floor):
            self.asked = True
            self._timer = self._races.timers.of(wait)
            self._timer.start(self)

    def land(self, outcome: Outcome) -> None:
        """The hedge ended."""
        self.landed = outcome
        if self.over:
            self._give_back()
        elif settles(outcome):
            if isinstance(self.call.waiter, asyncio.Future):
                self._win()
            else:  # a direct attempt goes on at once when it is cut: not in this task, and in its turn
                self._races.timers.loop.call_soon(self._win)
        elif self._landing is not None and not self._landing.done():
            self._landing.set_result(None)

    def _win(self) -> None:
        """End the first attempt, unless it just did so itself."""
        if not self.over:
            self.call.cut(ANOTHER_WON)

    async def decide(self, first: Outcome) -> Outcome:
        """The first attempt ended as *first*, after the hedge was sent: how does the call end?"""
        call, twin = self.call, self.twin
        assert twin is not None
        hedge_was_first = self.landed is not None
        if not settles(first) and not hedge_was_first:
            self._landing = self._races.timers.loop.create_future()
            await call.wait(self._landing)
        ended = call.ended
        if ended is ANOTHER_WON:
            ended = call.ended = None  # that was for its first attempt only
        self.reason = ended or ANOTHER_WON
        if settles(first) or self.landed is None:
            return first  # as it is, too, if somebody cut the call before its hedge landed
        call.attempt = twin.attempt
        call.tried |= twin.tried
        if settles(self.landed):
            self._races.hedge.budget.hedges.won += 1
            self._races.buffered.give(call.held)
            call.held, twin.held = twin.held, 0
            return self.landed
        return _telling(self.landed, first) if hedge_was_first else _telling(first, self.landed)

    def close(self) -> None:
        """The call has ended, or goes on with retries; the hedge has ended or does so now."""
        self._timer.stop(self)
        self.over = True
        if self.twin is None:
            return
        if self.landed is None:
            self.twin.cut(self.reason)
        else:
            self._give_back()

    def _give_back(self) -> None:
        assert self.twin is not None
        self._races.buffered.give(self.twin.held)
        self.twin.held = 0


class Races:
    """The shell of ``Hedge``: begins the races of one step, whichever form its first attempts have, and
    holds the tasks of its hedges.

    *clock* is the one on which deadlines lie. The bytes of losing bodies are given back to *buffered*.
    """

    __slots__ = ("_flying", "buffered", "bugs", "clock", "hedge", "timers")

    def __init__(self, hedge: Hedge, buffered: Buffered, clock: Callable[[], float], timers: Timers) -> None:
        self.hedge = hedge
        self.buffered = buffered
        self.bugs = Sparing(_log)
        self.clock = clock
        self.timers = timers
        self._flying: set[asyncio.Task[None]] = set()

    def begin(self, call: Call, inner: Source, now: float) -> Race | None:
        """The first attempt of *call* begins; a hedge will go over *inner*. ``None``: there will be none."""
        delay = self.hedge.begin(now, call.deadline - now, call.floor)
        return None if delay is None else Race(self, call, inner, delay)

    async def raced(self, call: Call, inner: Source) -> Outcome:
        """Make the first attempt of *call*, and a hedge if it takes too long."""
        started = self.clock()
        race = self.begin(call, inner, started)
        try:
            outcome = await inner(call)
            now = self.clock()
            self.hedge.ended(outcome, now, now - started)
            return outcome if race is None or race.twin is None else await race.decide(outcome)
        finally:
            if race is not None:
                race.close()

    def send(self, race: Race) -> None:
        """Set the hedge of *race* going, in a context of its own."""
        task = self.timers.loop.create_task(self._fly(race), context=Context())
        self._flying.add(task)
        task.add_done_callback(self._flying.discard)

    async def _fly(self, race: Race) -> None:
        twin = race.twin
        assert twin is not None
        outcome: Outcome = CANCELLED
        try:
            outcome = await race.inner(twin) if self.hedge.sends() else _CROWDED_OUT
        except Exception as error:  # noqa: BLE001 - the first attempt may still answer
            outcome = BUG
            place = (twin.step, *place_of(error))
            said = {"error": error, "hide": (twin.inputs, twin.payload), "step": twin.step}
            self.bugs(place, events.BUG_IN_HEDGE, twin.trace, **said)
        finally:
            race.land(outcome)


def hedging(races: Races, *, deposits: bool = False) -> Layer:
    """Send a second attempt of a repeatable call after a while, as *races* say.

    *deposits*: count first attempts in their budget, because no retrying layer above does.
    """
    budget, clock = races.hedge.budget, races.clock

    def wrap(inner: Source) -> Source:
        def hedged(call: Call) -> Awaitable[Outcome]:
            if deposits:
                budget.deposit(clock())
            if call.attempt > 1 or not call.repeatable:
                return inner(call)
            return races.raced(call, inner)

        return hedged

    return wrap


def _telling(first: Outcome, second: Outcome) -> Outcome:
    """Of two failures the first that is the upstream's own; of two that are not, the first."""
    return second if first.cause in _NOT_THE_UPSTREAMS and second.cause not in _NOT_THE_UPSTREAMS else first

"""One first attempt made directly: what ends it, what it gives back, and what becomes of its call.

Rules 2 to 4 of ``direct`` are kept here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gateway.call import Call
from gateway.layers.breaker import judge
from gateway.layers.hedge import Race, Races
from gateway.layers.observe import BUG, CANCELLED
from gateway.layers.timeout import OWN_CUTS
from gateway.outcome import Failure, Outcome, Success
from gateway.plan.flight import Flight
from gateway.recording import Record

if TYPE_CHECKING:
    from gateway.plan.direct import Direct, Landing


class Attempt:
    """A first attempt under way: to its call and its wire what a future would be, to a plan a ``Flying``."""

    __slots__ = (
        "_call",
        "_direct",
        "_ended",
        "_flight",
        "_index",
        "_on_landing",
        "_run",
        "_started",
        "held",
        "permit",
        "race",
        "records",
    )

    def __init__(self, direct: Direct, call: Call, run: Landing, index: int, now: float) -> None:
        self.held: Any = None
        self.permit = 0
        self.race: Race | None = None
        self.records: tuple[Record, Record] | None = None
        self._direct = direct
        self._call = call
        self._run: Landing | None = run
        self._index = index
        self._started = now
        self._ended = False
        self._flight: Flight | None = None
        self._on_landing: Callable[[Any], object] | None = None

    def done(self) -> bool:
        """It waits for nothing any more."""
        return self._ended

    def set_result(self, result: Any) -> None:
        """The wire's result, or the failure that cut the call."""
        if self._ended:
            return
        self._ended = True
        call, direct = self._call, self._direct
        call.waiter = None
        try:
            outcome = direct.wire.end(self.held, result, call)
        except Exception as error:  # noqa: BLE001 - as the executor does for the plain form
            self._crash(error)
            return
        if outcome is None:
            self._flight = Flight(self._anew())
        else:
            self._end(outcome)

    def add_done_callback(self, landed: Callable[[Any], object], /) -> None:
        """Call *landed* with this when the call has ended."""
        self._on_landing = landed

    def cancel(self) -> None:
        """End the call, from the next turn of the loop on, as if its task were cancelled."""
        if self._flight is not None:
            self._flight.cancel()
        else:
            asyncio.get_running_loop().call_soon(self._cancel)

    def _cancel(self) -> None:
        if self._ended:
            return
        self._ended = True
        self._call.waiter = None
        self._direct.wire.end(self.held, CANCELLED, self._call)
        self._tear_down()

    async def _anew(self) -> None:
        """The connection was a stale one: the attempt goes on over another."""
        try:
            outcome = await self._direct.wire.anew(self._call)
        except Exception as error:  # noqa: BLE001 - as the executor does for the plain form
            self._crash(error)
        except BaseException:
            self._tear_down()
            raise
        else:
            self._end(outcome)

    def _end(self, outcome: Outcome) -> None:
        """What the layers of the attempt do on the way up, and then those of the call."""
        call, direct = self._call, self._direct
        now = self._release(call, direct)
        elapsed = now - self._started
        circuit = direct.circuit
        if circuit is not None:
            if outcome.__class__ is Success:
                circuit.succeeded(self.permit, now, elapsed)
            else:
                judge(circuit, self.permit, outcome, elapsed, now)
        direct.attempts.record(outcome, elapsed)  # with its slot: what adapts asks how many are in use
        if direct.bulkhead is not None:
            direct.bulkhead.give()
        if self.records is not None:
            self._write(1, outcome, now)
        if outcome.__class__ is Failure or direct.races is not None:
            self._go_on(outcome, now, elapsed)
        else:
            self._conclude(outcome, elapsed)

    def _go_on(self, outcome: Outcome, now: float, elapsed: float) -> None:
        """What the layers between attempt and call do on the way up: nothing, hedge, retry."""
        direct = self._direct
        if outcome.__class__ is Failure and outcome.status in direct.nothing_on:
            assert outcome.status is not None
            outcome = Success(b"null", status=outcome.status)
        raced = direct.races is not None and self._is_raced(direct.races, outcome, now, elapsed)
        if raced or (outcome.__class__ is Failure and direct.following is not None):
            self._flight = Flight(self._follow(outcome))
        else:
            self._conclude(outcome, elapsed)

    def _is_raced(self, races: Races, outcome: Outcome, now: float, elapsed: float) -> bool:
        """Tell the hedges of *outcome*; whether there is one beside this attempt, or was."""
        if not self._call.repeatable:
            return False
        races.hedge.ended(outcome, now, elapsed)
        race = self.race
        if race is None:
            return False
        if race.twin is None:
            race.close()
        return race.twin is not None

    async def _follow(self, outcome: Outcome) -> None:
        """The first attempt ended as *outcome*; its hedge and the retries say what becomes of the call."""
        call, direct, race = self._call, self._direct, self.race
        try:
            if race is not None and race.twin is not None:
                try:
                    outcome = await race.decide(outcome)
                finally:
                    race.close()
            if outcome.__class__ is Failure and direct.following is not None:
                outcome = await direct.following(call, outcome)
        except Exception as error:  # noqa: BLE001 - as the executor does for the plain form
            self._fail(error)
        except BaseException:
            self._tell(CANCELLED)
            self._land(None)
            raise
        else:
            self._conclude(outcome, self._direct.clock() - self._started)

    def _conclude(self, outcome: Outcome, elapsed: float) -> None:
        """What the layers of the call do on the way up, once there is no further attempt."""
        call, direct = self._call, self._direct
        if direct.shape is not None and outcome.__class__ is Success:
            try:
                outcome = direct.shape(outcome)
            except Exception as error:  # noqa: BLE001 - as the executor does for the plain form
                self._fail(error)
                return
        if outcome.__class__ is Failure and direct.stand_in is not None:
            outcome = direct.stand_in(outcome, call.inputs)
        call.elapsed = elapsed
        direct.calls.record(outcome, elapsed)
        if self.records is not None:
            self._write(0, outcome, self._started + elapsed)
        self._land(outcome)

    def _fail(self, error: Exception) -> None:
        """A bug of ours in a layer of the call; the attempt has given back what it held."""
        self._tell(BUG)
        assert self._run is not None
        self._land(self._run.crashed(self._index, error))

    def _crash(self, error: Exception) -> None:
        """A bug of ours in the source: it says nothing about the upstream."""
        self._give_back(BUG)
        assert self._run is not None
        self._land(self._run.crashed(self._index, error))

    def _tear_down(self) -> None:
        """Cancelled: nobody asks for the outcome."""
        self._give_back(CANCELLED)
        self._land(None)

    def _give_back(self, ending: Failure) -> None:
        """Release what an attempt without an outcome holds, and tell the meters of its *ending*."""
        direct = self._direct
        now = self._release(self._call, direct)
        if direct.circuit is not None:
            if ending is CANCELLED:
                direct.circuit.cut(self.permit, now, now - self._started)
            else:
                direct.circuit.release(self.permit)
        direct.attempts.record(ending, now - self._started)
        if direct.bulkhead is not None:
            direct.bulkhead.give()
        if self.records is not None:
            self._write(1, ending, now)
        if self.race is not None:
            self.race.close()
        self._tell(ending)

    def _tell(self, ending: Failure) -> None:
        """The call ended without an outcome."""
        self._call.elapsed = self._direct.clock() - self._started
        self._direct.calls.record(ending, self._call.elapsed)
        if self.records is not None:
            self._write(0, ending, self._started + self._call.elapsed)

    def _write(self, which: int, outcome: Outcome, now: float) -> None:
        """Tell the request's recording how the call (0) or this attempt (1) ended."""
        recording = self._call.trace.recording
        assert recording is not None, "there is none without one"
        assert self.records is not None, "they are made with the recording"
        recording.end(self.records[which], outcome, now)

    def _release(self, call: Call, direct: Direct) -> float:
        """End the attempt's timeout; returns the time."""
        direct.timers.of(call.timeout).stop(call)
        if call.ended is not None and call.ended.cause in OWN_CUTS:
            call.ended = None  # the next attempt must not begin as timed out
        return direct.clock()

    def _land(self, outcome: Outcome | None) -> None:
        """Tell the run; ``None``: it is not to be told."""
        run, self._run = self._run, None
        if outcome is not None and run is not None:
            run.landed(self._index, outcome)
        if self._on_landing is not None:
            self._on_landing(self)

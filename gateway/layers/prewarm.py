"""Keeps environments of a function warm: rounds of pings at start-up, at intervals, and as calls grow.

Rules of the file:
1. The pings of one round are sent at once and each is *held* inside the function: staggered pings meet the
   same environment again and again, and warm one (measured: five pings 250 to 400 ms apart left four of five
   later calls cold, five held ones none). What is random is the time between rounds.
2. A ping is nobody's call: no breaker, no latency, no budget counts it, and it is never tried again.
3. Pings take environments from calls as long as they are held. So calls in flight count as warmed, and while
   a circuit is not closed there are no pings: what an ill upstream needs least is somebody knocking.
4. One round at a time.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from dataclasses import dataclass
from random import getrandbits
from typing import Any, Final

from gateway.buffered import Buffered
from gateway.call import Call, Source, Trace
from gateway.layers.cold_start import shows_life
from gateway.layers.warmth import Warmth
from gateway.outcome import Cause, Failure, Outcome
from gateway.telemetry import events
from gateway.telemetry.log import Log

JITTER: Final = 0.2
"""Share of ``every`` by which rounds come earlier at most, so that replicas do not ping together."""

AFTER_FAILURE: Final = 60.0
"""Seconds without rounds for growth after a ping failed; regular rounds go on."""

AGAIN: Final = 15.0
"""Seconds after a round of which no ping was answered until the next, doubled with each such round."""

LONGEST: Final = 300.0
"""Seconds between two such rounds at most."""

STEP: Final = "prewarm"
"""What pings are called where calls are called by their step."""

_log = Log("gateway.layers.prewarm")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrewarmRules:
    """*concurrency* environments are kept warm; a ping is held for *shortest* to *longest* seconds and may
    take *timeout*. *every* is seconds between rounds, ``None``: only at start-up. *grow*: also when calls
    take the last environment.
    """

    concurrency: int
    timeout: float
    shortest: float = 0.0
    longest: float = 0.0
    every: float | None = None
    grow: bool = True


@dataclass(frozen=True, slots=True)
class PrewarmSnapshot:
    """Rounds and pings by how they ended; all only ever grow."""

    rounds: int
    answered: int
    failed: int


class Prewarm:
    """Pings what *source* calls, from ``start`` to ``stop``.

    *payload* makes a ping's payload, given the seconds it is to be held. *well* tells whether calls may be
    made now, *name* is the upstream's, *random* gives numbers in [0, 1). Lives on the loop it is started on.
    """

    def __init__(
        self,
        source: Source,
        payload: Callable[[float], Any],
        warmth: Warmth,
        rules: PrewarmRules,
        *,
        name: str,
        clock: Callable[[], float],
        random: Callable[[], float],
        well: Callable[[], bool],
        buffered: Buffered,
    ) -> None:
        self._source = source
        self._payload = payload
        self._warmth = warmth
        self._rules = rules
        self._name = name
        self._clock = clock
        self._random = random
        self._well = well
        self._buffered = buffered
        self._pings: set[asyncio.Task[bool]] = set()
        self._calls: set[Call] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._first: asyncio.Future[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rounds = self._answered = self._failed = 0
        self._failing = False
        self._grow_after = float("-inf")
        self._warmed = 0  # pings of the round under way that were answered
        self._again = AGAIN

    def start(self) -> None:
        """Begin the first round."""
        self._loop = asyncio.get_running_loop()
        self._first = self._loop.create_future()
        if self._rules.grow:
            self._warmth.on_growth = self._grow
        self._turn()

    async def ready(self, within: float) -> None:
        """Wait for the end of the first round, at most *within* seconds."""
        if self._first is not None and within > 0.0:
            await asyncio.wait([self._first], timeout=within)

    def stop(self) -> None:
        """Ping no more; what is under way is cut. Harmless if it was never started."""
        self._warmth.on_growth = None
        self._loop = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for call in list(self._calls):
            call.cut(Failure(Cause.OUT_OF_TIME, "the gateway is closing"))

    def snapshot(self) -> PrewarmSnapshot:
        """All of it, for metrics and the admin pages."""
        return PrewarmSnapshot(self._rounds, self._answered, self._failed)

    def _turn(self) -> None:
        """A round, and then the next one."""
        if self._rules.every is not None:
            self._arm(self._rules.every)
        self._round(self._rules.concurrency - self._warmth.in_flight)

    def _arm(self, pause: float) -> None:
        """The next round begins in *pause* seconds, or a little earlier."""
        assert self._loop is not None, "rounds are begun between start and stop"
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(pause * (1.0 - JITTER * self._random()), self._turn)

    def _grow(self) -> None:
        """Calls take the last environment: as many again, for those that come next."""
        begun = self._first is not None and self._first.done()
        if begun and self._clock() >= self._grow_after:
            self._round(self._rules.concurrency)

    def _round(self, count: int) -> None:
        if self._pings or self._loop is None:
            return
        if count <= 0 or not self._well():
            self._end_round()
            return
        self._rounds += 1
        self._warmed = 0
        for _ in range(count):
            ping = self._loop.create_task(self._ping(), context=contextvars.Context())
            self._pings.add(ping)
            ping.add_done_callback(self._landed)

    async def _ping(self) -> bool:
        """One ping, held inside the function; whether there is an environment that answered."""
        rules = self._rules
        hold = rules.shortest + (rules.longest - rules.shortest) * self._random()
        began = self._clock()
        identity = f"{getrandbits(128):032x}"
        trace = Trace(identity, "00", identity)
        call = Call(STEP, self._payload(hold), began + rules.timeout, rules.timeout, trace)
        number = self._warmth.begin(began)
        outcome: Outcome | None = None
        self._calls.add(call)
        try:
            outcome = await self._source(call)
        finally:
            self._calls.discard(call)
            self._buffered.give(call.held)
            self._warmth.end(number, self._clock(), answered=shows_life(outcome))
        if isinstance(outcome, Failure) and not shows_life(outcome):
            self._tell(outcome)
            return False
        return True

    def _tell(self, failure: Failure) -> None:
        # Throttled pings only take concurrency from calls, and failed ones warm nothing: calls would bring
        # a round each.
        self._grow_after = self._clock() + AFTER_FAILURE
        if not self._failing and self._loop is not None:
            _log(events.PREWARM_FAILED, upstream=self._name, why=f"{failure.cause}: {failure.detail}")
        self._failing = True

    def _landed(self, ping: asyncio.Task[bool]) -> None:
        self._pings.discard(ping)
        answered = not ping.cancelled() and ping.exception() is None and ping.result()
        self._answered += answered
        self._failed += not answered
        self._warmed += answered
        self._failing = self._failing and not answered
        if not self._pings:
            self._end_round()
            self._judge()

    def _judge(self) -> None:
        """A round of which nothing came is repeated before its time, and more and more rarely."""
        if self._loop is None:
            return
        if self._warmed:
            self._again = AGAIN
            return
        pause, self._again = self._again, min(2 * self._again, LONGEST)
        if self._rules.every is None or pause < self._rules.every:
            self._arm(pause)

    def _end_round(self) -> None:
        if self._first is not None and not self._first.done():
            self._first.set_result(None)

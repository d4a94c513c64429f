"""What the runs of one process share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

from gateway.plan.flight import Flight, Flying
from gateway.telemetry.log import Log
from gateway.telemetry.repetition import Sparing

if TYPE_CHECKING:
    from gateway.buffered import Buffered
    from gateway.plan.background import Background
    from gateway.timers import Expiring, Timers

_FLOOR: Final = 0.02
_FLOOR_SHARE: Final = 0.05

_SHORTENED: Final = 1e-6
"""Seconds by which a limit must be below the route's to count as shortened by the client (float noise)."""


def floor_of(limit: float) -> float:
    """Seconds before its deadline from which on nothing starts in a request of *limit* seconds.

    20 ms, or 5 % of a limit below 400 ms (docs/contract.md section 2).
    """
    return min(_FLOOR, _FLOOR_SHARE * limit)


class Engine:
    """What every run of a process shares: the timers of its loop, byte budget and background calls.

    *clock* gives seconds and agrees with the loop's on lengths of time. ``spawn`` sets a step's coroutine
    going: a ``Flight``, or ``loop.create_task`` for the plain form, which every flight must behave like.
    ``bugs`` logs those of steps; to be flushed at the end.
    """

    __slots__ = ("background", "buffered", "bugs", "clock", "spawn", "timers")

    def __init__(
        self,
        timers: Timers,
        buffered: Buffered,
        background: Background,
        clock: Callable[[], float],
        spawn: Callable[[Coroutine[Any, Any, None]], Flying] = Flight,
    ) -> None:
        self.timers = timers
        self.buffered = buffered
        self.background = background
        self.clock = clock
        self.spawn = spawn
        self.bugs = Sparing(Log("gateway.plan"))

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that all runs share."""
        return self.timers.loop

    def arm(self, run: Expiring, limit: float, usual: float) -> Callable[[Expiring], None]:
        """Have *run* expire after *limit* seconds; returns what stops that. Who waits for as long as *usual*
        shares a timer.
        """
        if usual - limit < _SHORTENED:
            timer = self.timers.of(usual)
            timer.start(run)
            return timer.stop
        handle = self.loop.call_later(limit, run.expire)
        return lambda _: handle.cancel()

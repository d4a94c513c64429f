"""Calls waiting for something scarce: first come, first served, and nobody waits longer than agreed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from gateway.call import Call
from gateway.outcome import Cause, Failure
from gateway.timers import Timers

T = TypeVar("T")


class _Turn:
    """One call's place in the line, as a timer entry."""

    __slots__ = ("detail", "waiter")

    def __init__(self, waiter: asyncio.Future[Any], detail: str) -> None:
        self.waiter = waiter
        self.detail = detail

    def expire(self) -> None:
        if not self.waiter.done():
            self.waiter.set_result(Failure(Cause.BULKHEAD_FULL, self.detail))


class Line(Generic[T]):
    """A bounded wait of at most *max_wait* seconds for items of type ``T``.

    ``give_back`` takes an item that was handed to a call which was cancelled before it could use it.
    """

    __slots__ = ("_detail", "_give_back", "_max_wait", "_timers", "_waiters")

    def __init__(self, timers: Timers, max_wait: float, give_back: Callable[[T], None]) -> None:
        self._timers = timers
        self._max_wait = max_wait
        self._give_back = give_back
        self._detail = f"no connection was free within {max_wait * 1000:.0f} ms"
        # A dict keeps the order of arrival and forgets a cut call at no cost, wherever it stands.
        self._waiters: dict[asyncio.Future[T | Failure], None] = {}

    async def wait(self, call: Call) -> T | Failure:
        """The next item that is this call's turn; a cut's failure, or ``bulkhead_full``, instead."""
        if call.ended is not None:
            return call.ended
        waiter: asyncio.Future[T | Failure] = asyncio.get_running_loop().create_future()
        timer = self._timers.of(self._max_wait)
        turn = _Turn(waiter, self._detail)
        self._waiters[waiter] = None
        timer.start(turn)
        call.waiter = waiter
        try:
            return await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled():
                item = waiter.result()
                if not isinstance(item, Failure):
                    self._give_back(item)
            raise
        finally:
            call.waiter = None
            timer.stop(turn)
            self._waiters.pop(waiter, None)

    def serve(self, item: T | Failure) -> bool:
        """Hand *item* to the call that waits longest; ``False`` if none does."""
        while self._waiters:
            waiter = next(iter(self._waiters))
            del self._waiters[waiter]
            if not waiter.done():
                waiter.set_result(item)
                return True
        return False

    def __len__(self) -> int:
        return len(self._waiters)

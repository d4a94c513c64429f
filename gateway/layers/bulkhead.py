"""At most so many attempts of one upstream in flight, and a short queue for those that come too early.

Rules of the file:
1. A free slot is taken in one synchronous stretch; only a call that must wait costs a future.
2. First come, first served: a slot that is given back goes to the first waiter, never to a newcomer.
3. A slot is given back exactly once on every way out, also when its holder was cancelled between the
   moment it was granted the slot and the moment it would have run.
4. Slots in use are never revoked: a bulkhead that shrank is over-full until enough of them came back.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final, Protocol

from gateway.call import Call, Layer, Source
from gateway.outcome import Cause, Failure, Outcome
from gateway.timers import Timers

RETRY_AFTER: Final = 1.0
"""Seconds after which a refused caller may ask again; slots come free within an attempt's timeout."""


class Waiter(Protocol):
    """Somebody in the queue. Hashed by identity."""

    def grant(self) -> bool:
        """Take the slot that came free; ``False`` if it is not wanted any more."""


@dataclass(frozen=True, slots=True)
class BulkheadSnapshot:
    """A bulkhead at an instant; ``refused`` only ever grows."""

    name: str
    slots: int
    in_use: int
    waiting: int
    most_waiting: int
    refused: int


class Bulkhead:
    """*slots* attempts at once, *waiting* more in the queue, each for at most *max_wait* seconds.

    ``limit`` is what was agreed last; ``slots``, how many there are now, is less while there is a cap.
    ``direct`` are those for attempts that go past the layers: none while there is a cap, as whoever set it
    stands in a layer and counts.
    """

    __slots__ = (
        "_cap",
        "_queue",
        "direct",
        "in_use",
        "limit",
        "max_wait",
        "name",
        "refused",
        "slots",
        "waiting",
    )

    def __init__(self, slots: int, waiting: int, max_wait: float, name: str = "") -> None:
        self.name = name
        self.slots = self.limit = self.direct = slots
        self.waiting = waiting
        self.max_wait = max_wait
        self.in_use = 0
        self.refused = 0
        self._cap: int | None = None
        self._queue: OrderedDict[Waiter, None] = OrderedDict()

    def take(self) -> bool:
        """Take a free slot; ``False`` if there is none."""
        if self.in_use >= self.slots:
            return False
        self.in_use += 1
        return True

    def give(self) -> None:
        """Give a slot back: to the first waiter that still wants it, else to whoever comes next."""
        if self.in_use <= self.slots:
            while self._queue:
                waiter, _ = self._queue.popitem(last=False)
                if waiter.grant():
                    return
        self.in_use -= 1

    def resize(self, limit: int) -> None:
        """There are *limit* slots from now on; those that come free by it go to whoever waits."""
        self.limit = limit
        self._fit()

    def cap(self, most: int | None) -> None:
        """Never more than *most* slots, whatever the limit is or becomes; ``None``: no cap any more."""
        self._cap = most
        self._fit()

    def _fit(self) -> None:
        if self._cap is None:
            self.slots = self.direct = self.limit
        else:
            self.slots, self.direct = min(self._cap, self.limit), 0
        while self._queue and self.in_use < self.slots:
            waiter, _ = self._queue.popitem(last=False)
            self.in_use += waiter.grant()

    def enqueue(self, waiter: Waiter) -> bool:
        """Let *waiter* wait its turn; ``False`` if the queue is full."""
        if len(self._queue) >= self.waiting:
            return False
        self._queue[waiter] = None
        return True

    def leave(self, waiter: Waiter) -> None:
        """Take *waiter* out of the queue. Harmless if it is not in it."""
        self._queue.pop(waiter, None)

    def refuse(self, detail: str) -> Failure:
        """Count a refusal and put it into words."""
        self.refused += 1
        return Failure(Cause.BULKHEAD_FULL, detail, retry_after=RETRY_AFTER)

    def snapshot(self) -> BulkheadSnapshot:
        """The bulkhead now, for the admin pages."""
        return BulkheadSnapshot(
            name=self.name,
            slots=self.slots,
            in_use=self.in_use,
            waiting=len(self._queue),
            most_waiting=self.waiting,
            refused=self.refused,
        )

    def __repr__(self) -> str:
        name = f"{self.name}: " if self.name else ""
        queue = f"{len(self._queue)} of {self.waiting} waiting"
        return f"<Bulkhead {name}{self.in_use} of {self.slots} slots in use, {queue}>"


class _Place:
    """A call's place in the queue: its future becomes ``True`` (a slot), or the failure that came first."""

    __slots__ = ("_bulkhead", "future", "granted")

    def __init__(self, bulkhead: Bulkhead, future: asyncio.Future[Any]) -> None:
        self._bulkhead = bulkhead
        self.future = future
        self.granted = False

    def grant(self) -> bool:
        if self.future.done():
            return False
        self.granted = True
        self.future.set_result(True)
        return True

    def expire(self) -> None:
        if not self.future.done():
            waited = self._bulkhead.max_wait * 1000
            self.future.set_result(self._bulkhead.refuse(f"no slot came free within {waited:.0f} ms"))


async def queued(call: Call, bulkhead: Bulkhead, timers: Timers) -> Failure | None:
    """Wait for a slot of *bulkhead*; ``None`` once the call holds one."""
    place = _Place(bulkhead, asyncio.get_running_loop().create_future())
    if not bulkhead.enqueue(place):
        return bulkhead.refuse(f"{bulkhead.slots} calls in flight and {bulkhead.waiting} waiting")
    timer = timers.of(bulkhead.max_wait)
    timer.start(place)
    try:
        answer = await call.wait(place.future)
        # A cut may arrive between the grant and this line; then the slot is not wanted any more.
        refusal: Failure | None = answer if answer.__class__ is Failure else call.ended
        if refusal is None:
            place.granted = False  # from here on it is the caller's to give back
        return refusal
    finally:
        timer.stop(place)
        bulkhead.leave(place)
        if place.granted:
            bulkhead.give()


def limiting(bulkhead: Bulkhead, timers: Timers) -> Layer:
    """Let a call pass with a slot of *bulkhead*; refuse it if none comes free in time."""

    def wrap(inner: Source) -> Source:
        async def limited(call: Call) -> Outcome:
            if not bulkhead.take():
                refusal = await queued(call, bulkhead, timers)
                if refusal is not None:
                    return refusal
            try:
                return await inner(call)
            finally:
                bulkhead.give()

        return limited

    return wrap

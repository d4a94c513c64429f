"""Calls that wait for a connection, first come, first served; and how many connections there may be."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.outcome import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolRules:
    """``limit`` is the most connections there may be. A call waits at most ``max_wait`` seconds for one of
    them when there may be no further one; one that was not used for ``idle`` seconds is closed. ``address``
    says where they go, without secrets.
    """

    address: str
    limit: int = 10
    max_wait: float = 0.1
    idle: float = 300.0


class Place:
    """A call's place in the queue: its future becomes a session, or the failure that came first.

    *refuse* says what to tell a call that has waited as long as it may.
    """

    __slots__ = ("_refuse", "future")

    def __init__(self, future: asyncio.Future[Any], refuse: Callable[[], Failure]) -> None:
        self.future = future
        self._refuse = refuse

    def expire(self) -> None:
        """The time is over (``Timers`` calls this)."""
        if not self.future.done():
            self.future.set_result(self._refuse())


class Queue:
    """The places, in the order of their coming."""

    __slots__ = ("_places",)

    def __init__(self) -> None:
        self._places: deque[Place] = deque()

    def __len__(self) -> int:
        return len(self._places)

    def join(self, place: Place) -> None:
        """Wait behind all others."""
        self._places.append(place)

    def leave(self, place: Place) -> None:
        """Wait no longer. Harmless if it does not."""
        if place in self._places:
            self._places.remove(place)

    def serve(self, result: Any) -> bool:
        """Give *result* to the first that still waits; whether there is one."""
        while self._places:
            future = self._places.popleft().future
            if not future.done():
                future.set_result(result)
                return True
        return False

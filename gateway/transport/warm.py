"""Keeps connections to an upstream open in advance, so that no call has to wait for look-up, connect and TLS.

Rules of the file:
1. No call ever waits for it, and start-up only as long as it is told to.
2. Idle connections expire as all others do (an upstream closes them soon after), so they are replaced before.
3. An upstream that is down is told once in the log and asked more and more rarely: what it needs least is
   somebody knocking.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from gateway.outcome import Failure
from gateway.telemetry import events
from gateway.telemetry.log import Log

PERIOD: Final = 1.0
"""Seconds between two looks: a quarter of the time after which idle connections expire."""

_LASTING: Final = 1.5
"""Periods that a connection must last to count: until the next look, and until what that opens is there."""

_LONGEST: Final = 16
"""Periods between two attempts to reach an upstream that is down."""

_log = Log("gateway.transport.warm")


class Opening(Protocol):
    """What can open connections ahead of calls."""

    def preopen(self, count: int, lasting: float, told: Callable[[Failure | None], None], /) -> int:
        """See ``Pool.preopen``."""


class Warm:
    """Keeps at least *count* connections of *transport* open, from ``start`` to ``stop``.

    *name* is the upstream's, for the log. Belongs to the loop on which it is started; can be started again.
    """

    __slots__ = (
        "_count",
        "_failing",
        "_first",
        "_handle",
        "_made",
        "_name",
        "_pause",
        "_pending",
        "_period",
        "_transport",
        "_why",
    )

    def __init__(self, transport: Opening, count: int, name: str, period: float = PERIOD) -> None:
        self._transport = transport
        self._count = count
        self._name = name
        self._period = period
        self._pause = period
        self._failing = False
        self._pending = self._made = 0
        self._why = ""
        self._first: asyncio.Future[None] | None = None
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to open connections; the transport is open."""
        self._failing = False
        self._pending = 0
        self._pause = self._period
        self._first = asyncio.get_running_loop().create_future()
        self._look()

    async def ready(self, within: float) -> None:
        """Wait until the first connections are made, or cannot be; at most *within* seconds."""
        if self._first is not None:
            await asyncio.wait([self._first], timeout=within)

    def stop(self) -> None:
        """Open nothing any more. Harmless if it was never started. Connections are the transport's."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        self._first = None

    def _look(self) -> None:
        """Open what is missing, unless the last ones are still on their way."""
        if self._pending == 0:
            count = 1 if self._failing else self._count
            self._made, self._why = 0, ""
            told = partial(self._told, self._first)
            self._pending = self._transport.preopen(count, _LASTING * self._period, told)
            if self._pending == 0:
                self._end_round()
        self._handle = asyncio.get_running_loop().call_later(self._pause, self._look)

    def _told(self, life: object, failure: Failure | None) -> None:
        """One connection was made, or could not be."""
        if life is not self._first:
            return  # it was stopped meanwhile
        self._pending -= 1
        if failure is None:
            self._made += 1
        else:
            self._why = failure.detail
        if self._pending == 0:
            self._judge()
            self._end_round()

    def _judge(self) -> None:
        """An upstream of which not one connection could be had is down."""
        was, self._failing = self._failing, self._made == 0
        self._pause = min(2 * self._pause, _LONGEST * self._period) if self._failing else self._period
        if self._failing and not was:
            _log(events.UPSTREAM_UNREACHABLE, upstream=self._name, why=self._why)
        elif was and not self._failing:
            _log(events.UPSTREAM_REACHABLE, upstream=self._name)

    def _end_round(self) -> None:
        if self._first is not None and not self._first.done():
            self._first.set_result(None)

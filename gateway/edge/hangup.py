"""Notices that a client left while its request runs.

uvicorn tells only who awaits ``receive()``, and a task that does so from the start costs 33 µs a request;
armed after 50 ms by a shared timer it costs nothing measurable, and most requests are done by then.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from gateway.edge.answer import Receive
    from gateway.timers import Timers

ARMED_AFTER: Final = 0.05
"""Seconds; with the loop's own delay well inside the 100 ms of docs/contract.md section 2."""


class Abandonable(Protocol):
    """A request's run."""

    def abandon(self) -> None:
        """The client left: nobody waits for an answer any more."""


class HangUp:
    """Abandons *run* when its client is gone. ``arm`` before the run, ``disarm`` after it."""

    __slots__ = ("_receive", "_run", "_task", "_timer")

    def __init__(self, run: Abandonable, receive: Receive, timers: Timers) -> None:
        self._run = run
        self._receive = receive
        self._task: asyncio.Task[None] | None = None
        self._timer = timers.of(ARMED_AFTER)

    def arm(self) -> None:
        """Begin to watch a little later."""
        self._timer.start(self)

    def disarm(self) -> None:
        """Stop watching; safe in every state."""
        self._timer.stop(self)
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def expire(self) -> None:
        """The request takes long enough to be worth a watcher (its timer calls this)."""
        self._task = asyncio.get_running_loop().create_task(self._watch())

    async def _watch(self) -> None:
        # A request without a body still has one (empty) body message; only then comes the disconnect.
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._run.abandon()

"""Measures how late the event loop is: a timer that looks at the clock when it runs.

A busy loop delays every timeout; this number tells slow upstreams from a slow gateway.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from gateway.telemetry.histogram import Histogram

INTERVAL: Final = 0.25
"""Seconds between probes: four wake-ups a second."""


class LoopLag:
    """Probes *loop* from ``start`` to ``stop``, and counts its delays in *histogram*.

    *notice* is told of each delay in seconds.
    """

    __slots__ = ("_due", "_handle", "_histogram", "_loop", "_notice")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        histogram: Histogram,
        notice: Callable[[float], None] | None = None,
    ) -> None:
        self._loop = loop
        self._histogram = histogram
        self._notice = notice
        self._due = 0.0
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to probe."""
        self._due = self._loop.time() + INTERVAL
        self._handle = self._loop.call_at(self._due, self._probe)

    def stop(self) -> None:
        """Stop probing; safe in every state."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _probe(self) -> None:
        late = max(0.0, self._loop.time() - self._due)
        self._histogram.observe(late)
        if self._notice is not None:
            self._notice(late)
        self.start()

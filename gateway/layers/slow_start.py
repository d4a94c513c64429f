"""How much of its share an address gets: little when it has just come back, all of it some seconds later.

What was down for a while has cold caches and empty pools. Its full share at once is what brings it down
again.
"""

from __future__ import annotations

from math import inf
from typing import Final

LEAST: Final = 0.1
"""The share an address begins with; below it a slow start would be no start (Envoy's is the same)."""


class SlowStart:
    """The weight of one address: 1, or rising from ``LEAST`` over *length* seconds (``None``: at once).

    ``held``: it is out or on trial, and its weight is the least.
    """

    __slots__ = ("_began", "held", "length")

    def __init__(self, length: float | None) -> None:
        self.length = length
        self._began = -inf
        self.held = False

    def hold(self) -> None:
        """The address is out, or on trial: it stays at the least weight until ``begin``."""
        self.held = True

    def begin(self, now: float) -> None:
        """The address is well again: its weight rises from now on."""
        self.held = False
        self._began = now

    def weight(self, now: float) -> float:
        """In [``LEAST``, 1]."""
        if self.held:
            return LEAST
        if self.length is None:
            return 1.0
        risen = (now - self._began) / self.length
        return 1.0 if risen >= 1.0 else max(LEAST, risen)

    def __repr__(self) -> str:
        length = "at once" if self.length is None else f"over {self.length:g} s"
        return f"<SlowStart {length}{', held' if self.held else ''}>"

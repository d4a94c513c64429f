"""Calls that outlive their request (sent, unrepeatable, so never cut): bounded, and drained at shutdown."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.plan.flight import Flying

LIMIT = 1000
"""Detached calls at once. Each holds a bulkhead slot, so this only bounds a gateway without bulkheads."""


class Background:
    """Keeps strong references to detached calls until they end."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._calls: set[Flying] = set()
        self._empty: asyncio.Event | None = None

    @property
    def full(self) -> bool:
        """There is no room for another."""
        return len(self._calls) >= self._limit

    def adopt(self, call: Flying) -> bool:
        """Take *call* over; ``False`` if there are too many already (it must then be cut after all)."""
        if self.full:
            return False
        self._calls.add(call)
        call.add_done_callback(self._ended)
        return True

    async def drain(self, grace: float) -> None:
        """Wait up to *grace* seconds for all to end, then cancel the rest."""
        if not self._calls:
            return
        self._empty = asyncio.Event()
        try:
            async with asyncio.timeout(grace):
                await self._empty.wait()
        except TimeoutError:
            self.cancel()
            await asyncio.sleep(0)

    def cancel(self) -> None:
        """End all of them now; a ``drain`` that waits for them is over."""
        for call in list(self._calls):
            call.cancel()

    def _ended(self, call: Any) -> None:
        self._calls.discard(call)
        if not self._calls and self._empty is not None:
            self._empty.set()

    def __len__(self) -> int:
        return len(self._calls)

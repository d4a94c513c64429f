"""Calls that outlive their request (sent, unrepeatable, so never cut): bounded, and drained at shutdown."""

from __future__ import annotations

import asyncio
from typing import Any

LIMIT = 1000
"""Detached calls at once. Each holds a bulkhead slot, so this only bounds a gateway without bulkheads."""


class Background:
    """Keeps strong references to detached tasks until they end."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._tasks: set[asyncio.Task[Any]] = set()

    def adopt(self, task: asyncio.Task[Any]) -> bool:
        """Take *task* over; ``False`` if there are too many already (it must then be cut after all)."""
        if len(self._tasks) >= self._limit:
            return False
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def drain(self, grace: float) -> None:
        """Wait up to *grace* seconds for all to end, then cancel the rest."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(set(self._tasks), timeout=grace)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    def __len__(self) -> int:
        return len(self._tasks)

"""Copies in this process's memory: bounded in bytes, what was asked for least recently goes first.

Every copy is counted with its key and ``OVERHEAD``. What is of no use any more goes when it is asked for or
when room is needed; until then it takes part of the bound and of nothing else.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.stores.store import Copy

OVERHEAD: Final = 470
"""Bytes a copy takes at most beside its key and its body: objects, numbers, its place in the table (measured
with ``tracemalloc``: 345 where its numbers are shared, up to 468 where each is its own; CPython 3.11)."""


@dataclass(frozen=True, slots=True)
class MemorySnapshot:
    """A store of memory at an instant; ``evicted`` (made room) and ``refused`` (too large) only grow."""

    limit: int
    used: int
    copies: int
    evicted: int
    refused: int


class MemoryStore:
    """At most *limit* bytes of copies. *clock* gives seconds on a monotonic clock."""

    __slots__ = ("_clock", "_evicted", "_kept", "_refused", "limit", "used")

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self.limit = limit
        self.used = 0
        self._clock = clock
        self._kept: OrderedDict[bytes, tuple[Copy, float]] = OrderedDict()
        self._evicted = 0
        self._refused = 0

    async def get(self, key: bytes) -> Copy | None:
        """The copy under *key* at its present age; one that is of no use any more is forgotten."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        copy, made = kept
        aged = copy.aged(self._clock() - made)
        if aged.left <= 0.0:
            self._forget(key)
            return None
        self._kept.move_to_end(key)
        return aged

    async def set(self, key: bytes, copy: Copy) -> None:
        """Keep *copy*; one that alone is larger than the bound is not kept, nor is what it would replace."""
        if key in self._kept:
            self._forget(key)
        size = _size(key, copy)
        if size > self.limit:
            self._refused += 1
            return
        self._kept[key] = (copy, self._clock() - copy.age)
        self.used += size
        while self.used > self.limit:
            self._forget(next(iter(self._kept)))
            self._evicted += 1

    async def close(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self.used = 0

    def snapshot(self) -> MemorySnapshot:
        """The store now, for the admin pages."""
        return MemorySnapshot(self.limit, self.used, len(self._kept), self._evicted, self._refused)

    def _forget(self, key: bytes) -> None:
        copy, _ = self._kept.pop(key)
        self.used -= _size(key, copy)

    def __len__(self) -> int:
        return len(self._kept)

    def __repr__(self) -> str:
        return f"<MemoryStore {len(self._kept)} copies, {self.used} of {self.limit} bytes>"


def _size(key: bytes, copy: Copy) -> int:
    return len(key) + len(copy.body) + OVERHEAD

"""Copies in a Redis that many processes share; one that is dead or hangs costs next to nothing.

What a question costs at most: ``timeout`` while Redis hangs; nothing once the guard is open, nothing while no
connection is up. Writes cost nothing, ever.

Rules of the file:
1. Callers run inside of steps and never touch a connection: they put a question to the client and wait for a
   plain future. What asks (``redis_client``) runs in tasks of its own.
2. What is on its way has a bound, and what does not fit is counted and forgotten: Redis is an optimisation.
3. Everything that goes wrong is a miss, and counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from gateway.stores.guard import Guard
from gateway.stores.redis_client import client_of
from gateway.stores.redis_read import Read, Tally
from gateway.stores.redis_settings import RedisSettings
from gateway.stores.redis_write import Write
from gateway.stores.store import Copy
from gateway.timers import Timers

OVERHEAD: Final = 500
"""Bytes a write on its way is taken for beside its body, so that the bound on bytes bounds their number."""


@dataclass(frozen=True, slots=True)
class RedisSnapshot:
    """A store at an instant. ``links`` of ``of`` connections are up; ``refusing``: its circuit is open;
    ``waiting`` questions and writes have no answer yet.

    The other numbers only grow: those of ``Tally``; ``written`` copies; ``write_errors`` and
    ``write_drops`` copies that were lost to trouble and for want of room; ``reconnects``.
    """

    links: int
    of: int
    refusing: bool
    waiting: int
    hits: int
    misses: int
    timeouts: int
    errors: int
    damaged: int
    skipped: int
    dropped: int
    written: int
    write_errors: int
    write_drops: int
    reconnects: int


class RedisStore:
    """A ``Store`` of copies in Redis. *clock* is the loop's, and the one by which *guard* is asked.

    *random* gives numbers in [0, 1). Misses until it is opened, and again after it was closed.
    """

    def __init__(
        self,
        settings: RedisSettings,
        guard: Guard,
        timers: Timers,
        clock: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._guard = guard
        self._timer = timers.of(settings.timeout)
        self._clock = clock
        self._prefix = f"{settings.namespace}:copy:".encode()
        self._reader = client_of(settings, random)
        self._writer = client_of(replace(settings, links=1), random)
        self._tally = Tally()
        self._unwritten = 0
        self._written = self._write_errors = self._write_drops = 0

    # ── the store ───────────────────────────────────────────────────────────────────────────────────────

    async def get(self, key: bytes) -> Copy | None:
        """The copy under *key*; ``None``, after ``timeout`` at the latest, if there is none to be had."""
        read = self._question(key)
        if read is None:
            return None
        self._timer.start(read)
        try:
            return await read.future
        finally:
            self._timer.stop(read)
            read.leave()

    def _question(self, key: bytes) -> Read | None:
        name = self._name(key)
        permit = self._guard.acquire(self._clock()) if self._reader.ready(name) else None
        if permit is None:
            self._tally.skipped += 1
            return None
        future = asyncio.get_running_loop().create_future()
        read = Read(key, name, future, self._guard, permit, self._tally, self._clock, self._settings.timeout)
        self._reader.put(read)
        return read

    async def set(self, key: bytes, copy: Copy) -> None:
        """Have *copy* written soon, if there is room and Redis is well; never waits."""
        size = len(copy.body)
        name = self._name(key)
        fits = size <= self._settings.max_value
        room = self._unwritten + size + OVERHEAD <= self._settings.max_written
        if not fits or not room or not self._writer.ready(name) or self._guard.refuses(self._clock()):
            self._write_drops += 1
        elif copy.left > 0.0:
            self._unwritten += size + OVERHEAD
            self._writer.put(Write(key, name, copy, self._clock, self._write_ended))

    def _write_ended(self, copy: Copy, written: bool, sent: bool) -> None:  # noqa: FBT001 - two facts
        self._unwritten -= len(copy.body) + OVERHEAD
        self._written += written
        self._write_errors += sent and not written
        self._write_drops += not sent

    def _name(self, key: bytes) -> bytes:
        return self._prefix + key.hex().encode()

    # ── its life ────────────────────────────────────────────────────────────────────────────────────────

    async def open(self) -> None:
        """Try to connect, for ``connect_timeout`` at most, and go on trying in tasks. Never raises for it."""
        await asyncio.gather(self._reader.open(), self._writer.open())

    async def close(self) -> None:
        """Drop the connections and what was not written; who still waits for an answer gets a miss."""
        await self._reader.close()
        await self._writer.close()

    # ── telling people ──────────────────────────────────────────────────────────────────────────────────

    def snapshot(self) -> RedisSnapshot:
        """The store now, for metrics and the admin pages."""
        tally = self._tally
        reader, writer = self._reader.state(), self._writer.state()
        return RedisSnapshot(
            links=reader.up + writer.up,
            of=reader.of + writer.of,
            refusing=self._guard.refuses(self._clock()),
            waiting=reader.asked + writer.asked,
            hits=tally.hits,
            misses=tally.misses,
            timeouts=tally.timeouts,
            errors=tally.errors,
            damaged=tally.damaged,
            skipped=tally.skipped,
            dropped=tally.dropped,
            written=self._written,
            write_errors=self._write_errors,
            write_drops=self._write_drops,
            reconnects=reader.made + writer.made,
        )

    def __repr__(self) -> str:
        now = self.snapshot()
        return f"<RedisStore at {self._settings.address}, {now.links} of {now.of} connections up>"

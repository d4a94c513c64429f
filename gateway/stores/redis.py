"""Copies in a Redis that many processes share; one that is dead or hangs costs next to nothing.

What a question costs at most: ``timeout`` while Redis hangs; nothing once the guard is open, nothing while no
connection is up. Writes cost nothing, ever.

Rules of the file:
1. Callers run inside of steps and never touch a connection: they put a question on a queue and wait for a
   plain future. Each connection belongs to one task (``redis_link``), which serves questions in batches.
2. Every queue has a bound, and what does not fit is counted and forgotten: Redis is an optimisation.
3. Everything that goes wrong is a miss, and counted.
"""

from __future__ import annotations

import asyncio
import contextvars
from asyncio import Queue
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from gateway.stores.guard import Guard
from gateway.stores.redis_copy import encode, time_to_live
from gateway.stores.redis_link import TROUBLE, Command, Link
from gateway.stores.redis_read import Read, Tally
from gateway.stores.redis_settings import RedisSettings
from gateway.stores.store import Copy
from gateway.telemetry import events
from gateway.telemetry.log import Log, place_of
from gateway.telemetry.repetition import Sparing
from gateway.timers import Timers

_log = Log("gateway.stores.redis")

BATCH: Final = 16
"""Questions sent together. One round trip for all that came during the one before; few enough that large
answers to the first do not keep the last waiting."""

OVERHEAD: Final = 500
"""Bytes that a waiting write is taken for beside its body, so that the bound on bytes bounds their number."""


@dataclass(frozen=True, slots=True)
class RedisSnapshot:
    """A store at an instant. ``links`` of ``of`` connections were up when last used; ``refusing``: its
    circuit is open.

    The other numbers only grow: those of ``Tally``; ``written`` copies; ``write_errors`` and
    ``write_drops`` copies that were lost to trouble and to full queues; ``reconnects``.
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
        self._prefix = f"{settings.namespace}:copy:"
        self._reads: Queue[Read] = Queue(settings.max_reads)
        self._writes: Queue[tuple[bytes, Copy, float]] = Queue()
        self._unwritten = 0
        self._readers = [Link(settings, random, self._reader_changed) for _ in range(settings.links)]
        self._writer = Link(settings, random)
        self._reading = 0
        self._tally = Tally()
        self._written = self._write_errors = self._write_drops = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._told = Sparing(_log)

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
        now = self._clock()
        permit = self._guard.acquire(now) if self._reading else None
        if permit is None:
            self._tally.skipped += 1
            return None
        if self._reads.full():
            self._guard.release(permit)
            self._tally.dropped += 1
            return None
        future = asyncio.get_running_loop().create_future()
        read = Read(key, future, self._guard, permit, self._tally, self._clock, self._settings.timeout)
        self._reads.put_nowait(read)
        return read

    async def set(self, key: bytes, copy: Copy) -> None:
        """Have *copy* written soon, if there is room and Redis is well; never waits."""
        now = self._clock()
        size = len(copy.body)
        fits = size <= self._settings.max_value
        room = self._unwritten + size + OVERHEAD <= self._settings.max_written
        if not fits or not room or not self._writer.up or self._guard.refuses(now):
            self._write_drops += 1
        elif copy.left > 0.0:
            self._unwritten += size + OVERHEAD
            self._writes.put_nowait((key, copy, now))

    # ── its life ────────────────────────────────────────────────────────────────────────────────────────

    async def open(self) -> None:
        """Try to connect, for ``connect_timeout`` at most, and go on trying in tasks. Never raises for it."""
        links = [*self._readers, self._writer]
        await asyncio.gather(*(link.try_to_connect() for link in links))
        self._tasks = [self._spawn(link, self._serve_reads) for link in self._readers]
        self._tasks.append(self._spawn(self._writer, self._serve_writes))

    async def close(self) -> None:
        """Drop the connections and what was not written; who still waits for an answer gets a miss."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._tasks = []
        for link in (*self._readers, self._writer):
            await link.close()
        while not self._writes.empty():
            self._writes.get_nowait()
            self._write_drops += 1
        self._unwritten = 0
        self._told.flush()

    def _spawn(self, link: Link, serve: Callable[[Link], Awaitable[None]]) -> asyncio.Task[None]:
        # An empty context: what a log line reads of a request must not stick to a task that outlives it.
        return asyncio.get_running_loop().create_task(
            self._work(link, serve), name="redis store", context=contextvars.Context()
        )

    async def _work(self, link: Link, serve: Callable[[Link], Awaitable[None]]) -> None:
        while True:
            if not link.up:
                await link.connect()
            try:
                await serve(link)
            except TROUBLE as error:
                kind = type(error).__name__
                self._told(kind, events.REDIS_LOST, kind=kind)
            except Exception as error:  # noqa: BLE001 - a bug must cost this batch, not the store
                self._told(place_of(error), events.BUG_IN_STORE, error=error, part="Redis store")

    def _reader_changed(self, up: bool) -> None:  # noqa: FBT001 - the state itself is the news
        self._reading += 1 if up else -1
        if not self._reading:  # nobody will come for them soon
            while not self._reads.empty():
                self._reads.get_nowait().skip()

    # ── the tasks ───────────────────────────────────────────────────────────────────────────────────────

    async def _serve_reads(self, link: Link) -> None:
        batch = [await self._reads.get()]
        while len(batch) < BATCH and not self._reads.empty():
            batch.append(self._reads.get_nowait())
        wanted = [read for read in batch if not read.future.done()]
        if not wanted:
            return
        commands: list[Command] = []
        for read in wanted:
            name = self._name(read.key)
            # Together with how long it lives, so that both are of the same copy.
            commands += ("GET", name), ("PTTL", name)
        try:
            answers = await link.ask_as_one(commands)
        except TROUBLE as error:
            for read in wanted:
                read.fail(type(error).__name__)
            raise
        except BaseException:  # the store is being closed, or a bug
            for read in wanted:
                read.skip()
            raise
        for number, read in enumerate(wanted):
            if answers:
                read.answer(answers[2 * number], answers[2 * number + 1])
            else:
                read.fail("Redis refused the question")

    async def _serve_writes(self, link: Link) -> None:
        batch = [await self._writes.get()]
        while len(batch) < BATCH and not self._writes.empty():
            batch.append(self._writes.get_nowait())
        try:
            answers = await link.ask([self._writing(*write) for write in batch])
        except BaseException:
            self._write_errors += len(batch)
            raise
        finally:
            self._unwritten -= sum(len(copy.body) + OVERHEAD for _, copy, _ in batch)
        well = sum(answer == b"OK" for answer in answers)
        self._written += well
        self._write_errors += len(batch) - well

    def _writing(self, key: bytes, copy: Copy, since: float) -> Command:
        aged = copy.aged(copy.age + self._clock() - since)
        lives = max(1, time_to_live(aged))  # what ran out meanwhile is forgotten at once
        return "SET", self._name(key), encode(key, aged, lives), "PX", lives

    def _name(self, key: bytes) -> str:
        return self._prefix + key.hex()

    # ── telling people ──────────────────────────────────────────────────────────────────────────────────

    def snapshot(self) -> RedisSnapshot:
        """The store now, for metrics and the admin pages."""
        tally = self._tally
        links = [*self._readers, self._writer]
        return RedisSnapshot(
            links=sum(link.up for link in links),
            of=len(links),
            refusing=self._guard.refuses(self._clock()),
            waiting=self._reads.qsize() + self._writes.qsize(),
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
            reconnects=sum(link.reconnects for link in links),
        )

    def __repr__(self) -> str:
        now = self.snapshot()
        return f"<RedisStore at {self._settings.address}, {now.links} of {now.of} connections up>"

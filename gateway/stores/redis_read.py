"""One question for a copy: who waits for the answer, and what its ending says about the server."""

from __future__ import annotations

from asyncio import Future
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.stores.guard import Guard
from gateway.stores.redis_copy import decode
from gateway.stores.redis_question import Command, Trouble
from gateway.stores.store import Copy


@dataclass(slots=True)
class Tally:
    """How questions ended; every number only grows.

    ``skipped``: not asked, because the circuit was open or no connection up. ``damaged``: what was kept is
    not a copy of this version. ``dropped``: no room to wait.
    """

    hits: int = 0
    misses: int = 0
    timeouts: int = 0
    errors: int = 0
    damaged: int = 0
    skipped: int = 0
    dropped: int = 0


class Read:
    """A ``Question`` for the copy of *key*, which Redis keeps under *name*. Whatever comes first ends it,
    once: an answer, trouble, its time, its asker.

    ``future`` becomes the copy or ``None``.
    """

    __slots__ = ("_clock", "_guard", "_permit", "_started", "_tally", "_timeout", "copy_key", "future", "key")

    def __init__(
        self,
        key: bytes,
        name: bytes,
        future: Future[Copy | None],
        guard: Guard,
        permit: int,
        tally: Tally,
        clock: Callable[[], float],
        timeout: float,
    ) -> None:
        self.copy_key = key
        self.key = name
        self.future = future
        self._guard = guard
        self._permit = permit
        self._tally = tally
        self._clock = clock
        self._timeout = timeout
        self._started = clock()

    # ── the question ────────────────────────────────────────────────────────────────────────────────────

    @property
    def commands(self) -> tuple[Command, ...]:
        """The value, and how long it lives."""
        return ("GET", self.key), ("PTTL", self.key)

    @property
    def as_one(self) -> bool:
        """Both answers are of the same copy."""
        return True

    def wanted(self) -> bool:
        """Whether somebody still waits."""
        return not self.future.done()

    def sending(self) -> None:
        """It leaves."""

    def answered(self, answers: list[Any]) -> None:
        """Redis answered."""
        data, left = answers
        if isinstance(left, int):
            self.answer(data, left)
        else:
            self.fail("Redis refused the question")

    def failed(self, trouble: Trouble, note: str) -> None:
        """It will not."""
        if trouble is Trouble.LOST:
            self.fail(note)
        else:
            self.skip(dropped=trouble is Trouble.FULL)

    # ── its endings ─────────────────────────────────────────────────────────────────────────────────────

    def answer(self, data: object, left: object) -> None:
        """Redis answered in time: *data* (``None``: nothing) that lives for *left* ms more."""
        if self.future.done():
            return
        now = self._clock()
        self._guard.succeeded(self._permit, now, now - self._started)
        copy = None
        if isinstance(data, bytes) and isinstance(left, int):
            copy = decode(self.copy_key, data, left)
        # It may also have run out between the two halves of the question; that is no damage.
        if copy is not None and copy.left > 0.0:
            self._tally.hits += 1
        elif data is None or copy is not None:
            self._tally.misses += 1
            copy = None
        else:
            self._tally.damaged += 1
        self.future.set_result(copy)

    def fail(self, note: str) -> None:
        """No answer will come."""
        if not self.future.done():
            self._tally.errors += 1
            now = self._clock()
            self._guard.failed(self._permit, now, now - self._started, note)
            self.future.set_result(None)

    def skip(self, *, dropped: bool = False) -> None:
        """Nobody will ask Redis: a miss that says nothing about the server. *dropped*: for want of room."""
        if not self.future.done():
            self._tally.skipped += not dropped
            self._tally.dropped += dropped
            self._guard.release(self._permit)
            self.future.set_result(None)

    def expire(self) -> None:
        """The asker waits no longer (``Timers`` calls this)."""
        if self.future.done():
            return
        self._tally.timeouts += 1
        now = self._clock()
        elapsed = now - self._started
        if elapsed > 2.0 * self._timeout:
            # The timer itself came late: our own loop stood still, which is no evidence against Redis.
            self._guard.release(self._permit)
        else:
            self._guard.failed(self._permit, now, elapsed, f"no answer within {self._timeout * 1000:g} ms")
        self.future.set_result(None)

    def leave(self) -> None:
        """The asker goes. Harmless if the question has ended."""
        if self.future.cancelled() or not self.future.done():
            self._guard.release(self._permit)
            self.future.cancel()

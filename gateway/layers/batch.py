"""Gathers the keys that calls ask for within a moment, asks for all of them at once, and hands each its own.

    first key ── window ──► one call, apart from all requests ──► an item per key
                  or as many keys as fit

Rules of the file:
1. A batch holds only keys whose calls are equal but for the key (their ``group``): what tells calls apart,
   credentials included, never shares a batch.
2. A batch belongs to none of its waiters: each has its own deadline, and one that leaves cuts nobody else.
   When the last one has left, the batch is cut, or not sent at all.
3. A key is asked for once, however many wait for it; one that the answer has nothing for is ``null``. What
   fails the whole call fails all that wait, and an item that says it failed fails those of its key.
4. Every waiter counts its item's bytes as its own; those of the whole answer are given back with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from gateway.buffered import Buffered
from gateway.call import Call, Layer, Source, Waiter
from gateway.layers.apart import Apart
from gateway.layers.coalesce import NOBODY_WAITS
from gateway.outcome import Cause, Failure, Outcome, Success
from gateway.recording import Recording
from gateway.timers import Timers

Parts = Mapping[str, Any]
"""What belongs to each key, by its text; values are JSON bytes, or what ``bytes`` makes such of."""

KIND: Final = "batch"
"""What recordings call it."""

_NULL: Final = b"null"
_BUG: Final = Failure(Cause.INTERNAL, "an exception in a batch")
_NO_ROOM: Final = Failure(Cause.BULKHEAD_FULL, "max_buffered", retry_after=1.0)
_TOO_MANY: Final = Failure(Cause.BULKHEAD_FULL, "too many batches under way", retry_after=1.0)


class Keyed(NamedTuple):
    """The payload of one call: its ``key`` as JSON and as ``text``, and what it may share a batch with.

    ``render`` makes the payload of a batch from its keys, as JSON, or the failure to. ``None`` as key: there
    is nothing to be asked for.
    """

    key: bytes | None
    text: str
    group: bytes
    render: Callable[[Sequence[bytes]], Any]


@dataclass(frozen=True, slots=True)
class BatchRules:
    """A batch waits *window* seconds for keys, 0: to the end of the loop's turn, and has at most *max_size*.

    *split* takes an answer apart, *nothing* is for keys that it has nothing for, *failed* tells of
    an item whether it is an error. A batch has *time_limit* seconds from when it is sent.
    """

    window: float
    max_size: int
    split: Callable[[bytes], Parts | Failure]
    time_limit: float
    failed: Callable[[bytes], bool] | None = None
    nothing: bytes = b"null"


@dataclass(frozen=True, slots=True)
class BatchesSnapshot:
    """All batches at an instant; all but the first two only ever grow.

    ``asked`` counts the calls that joined one, ``keys`` the different ones that were sent.
    """

    under_way: int
    waiting: int
    sent: int
    keys: int
    asked: int


class Batches:
    """The batches of one process: those that still gather keys, by their group, and their numbers."""

    def __init__(self, buffered: Buffered, apart: Apart, timers: Timers) -> None:
        self.buffered = buffered
        self.apart = apart
        self.timers = timers
        self.gathering: dict[bytes, _Batch] = {}
        self.under_way: set[_Batch] = set()
        self.sent = 0
        self.keys = 0
        self.asked = 0

    @property
    def held(self) -> int:
        """Batches that gather or are under way."""
        return len(self.gathering) + len(self.under_way)

    def snapshot(self) -> BatchesSnapshot:
        """The batches now, for the admin pages."""
        there = [*self.gathering.values(), *self.under_way]
        waiting = sum(batch.waiting for batch in there)
        return BatchesSnapshot(len(self.under_way), waiting, self.sent, self.keys, self.asked)

    def __repr__(self) -> str:
        return f"<Batches {len(self.gathering)} gathering, {len(self.under_way)} under way>"


class _Batch:
    """The calls that wait for one batch. ``expire`` is what the timer of its window calls."""

    __slots__ = (
        "_batches",
        "_call",
        "_first",
        "_keys",
        "_outcome",
        "_recordings",
        "_rules",
        "_source",
        "waiting",
    )

    def __init__(self, batches: Batches, rules: BatchRules, source: Source, first: Call) -> None:
        self._batches = batches
        self._rules = rules
        self._source = source
        self._first: Call | None = first
        self._keys: dict[str, tuple[bytes, dict[Waiter, None]]] = {}
        self._recordings: list[tuple[str, Recording]] = []
        self._call: Call | None = None
        self._outcome: Outcome | None = None
        self.waiting = 0

    def open(self) -> None:
        """Let others join for a moment."""
        self._batches.gathering[self._group] = self
        if self._rules.window:
            self._batches.timers.of(self._rules.window).start(self)
        else:
            self._batches.timers.loop.call_soon(self.expire)

    def join(self, call: Call, keyed: Keyed, waiter: Waiter) -> None:
        """Let *waiter* have what comes for this key, and be sent if that was the last that fits."""
        assert keyed.key is not None, "there is something to ask for"
        _, waiters = self._keys.setdefault(keyed.text, (keyed.key, {}))
        waiters[waiter] = None
        self.waiting += 1
        self._batches.asked += 1
        if call.trace.recording is not None:
            self._recordings.append((call.step, call.trace.recording))
            if self._first is not None and self._first.trace.recording is None:
                self._first = call  # the batch is recorded if one of its calls is
        if len(self._keys) >= self._rules.max_size:
            self._send()

    def expire(self) -> None:
        """The window is over."""
        if self._first is not None:
            self._send()

    def leave(self, text: str, waiter: Waiter) -> None:
        """Wait no longer. If that was the last one, nobody needs the batch any more."""
        _, waiters = self._keys[text]
        del waiters[waiter]
        self.waiting -= 1
        if self.waiting or self._outcome is not None:
            return
        if self._first is not None:
            self._close()
        elif self._call is not None:
            self._call.cut(NOBODY_WAITS)

    @property
    def _group(self) -> bytes:
        assert self._first is not None, "it still gathers keys"
        keyed: Keyed = self._first.payload
        return keyed.group

    def _close(self) -> Call:
        """Let nobody join any more; returns the call that the batch is made like."""
        first = self._first
        assert first is not None, "it still gathers keys"
        if self._batches.gathering.get(self._group) is self:
            del self._batches.gathering[self._group]
        if self._rules.window:
            self._batches.timers.of(self._rules.window).stop(self)
        self._first = None
        return first

    def _send(self) -> None:
        """Ask for all keys, in a call of its own."""
        batches, first = self._batches, self._close()
        payload = _BUG
        try:
            payload = first.payload.render([key for key, _ in self._keys.values()])
        finally:
            if payload is _BUG:
                self._land(_BUG)
        if isinstance(payload, Failure):
            self._land(payload)
            return
        model = first.twin()
        model.payload, model.identity = payload, None
        batches.under_way.add(self)
        self._call = batches.apart.begin(model, self._source, self._rules.time_limit, self._landed)
        if self._call is None:
            batches.under_way.discard(self)
            self._land(_TOO_MANY)
            return
        batches.sent += 1
        batches.keys += len(self._keys)
        recording = self._call.trace.recording
        for step, other in self._recordings if recording is not None else ():
            other.link(step, recording, KIND)

    def _landed(self, call: Call, outcome: Outcome) -> None:  # noqa: ARG002 - its bytes are given back
        """The call ended."""
        self._batches.under_way.discard(self)
        self._land(outcome)

    def _land(self, outcome: Outcome) -> None:
        """Hand every waiter what came for its key."""
        self._outcome = outcome
        self._call = None
        handed: dict[str, Outcome] = {}
        try:
            handed = self._handed_out(outcome)
        finally:
            for text, (_, waiters) in self._keys.items():
                for waiter in waiters:
                    if not waiter.done():
                        waiter.set_result(handed.get(text, _BUG))

    def _handed_out(self, outcome: Outcome) -> dict[str, Outcome]:
        """What each key gets of *outcome*."""
        if isinstance(outcome, Failure):
            return dict.fromkeys(self._keys, outcome)
        nothing = outcome.body.strip() == _NULL  # which is nothing for anybody
        parts = {} if nothing else self._rules.split(outcome.body)
        if isinstance(parts, Failure):
            return dict.fromkeys(self._keys, parts)
        return {text: self._item(parts.get(text), outcome) for text in self._keys}

    def _item(self, part: Any, outcome: Success) -> Outcome:
        body = self._rules.nothing if part is None else bytes(part)
        if self._rules.failed is not None and self._rules.failed(body):
            return Failure(Cause.FAILED, "the item of its key is an error")
        return Success(body, outcome.freshness, outcome.cause, outcome.status)


def batching(batches: Batches, rules: BatchRules) -> Layer:
    """Let calls whose payload is a ``Keyed`` share one call per batch."""

    def wrap(inner: Source) -> Source:
        async def batched(call: Call) -> Outcome:
            keyed: Keyed = call.payload
            if keyed.key is None:
                return Success(_NULL)
            batch = batches.gathering.get(keyed.group)
            if batch is None:
                batch = _Batch(batches, rules, inner, call)
                batch.open()
            waiter = asyncio.get_running_loop().create_future()
            batch.join(call, keyed, waiter)
            try:
                outcome: Outcome = await call.wait(waiter)
            finally:
                batch.leave(keyed.text, waiter)
            return _counted(outcome, call, batches.buffered)

        return batched

    return wrap


def _counted(outcome: Outcome, call: Call, buffered: Buffered) -> Outcome:
    """*outcome*, its bytes counted for *call*."""
    if isinstance(outcome, Success):
        if not buffered.take(len(outcome.body)):
            return _NO_ROOM
        call.held += len(outcome.body)
    return outcome

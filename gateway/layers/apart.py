"""Calls made apart from the request they began in: shared flights and background refreshes.

Rules of the file:
1. A call that serves more than one request carries nothing of a single one but what their identity holds:
   no client's baggage, inputs or deadline. Its trace is its own, linked to the one that began it.
2. Each has a task with an empty context, a limit of its own, and a strong reference until it ends.
3. Bounded: what would be too many is not begun. Bytes nobody took over are given back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextvars import Context
from random import getrandbits
from typing import Any, Final

from gateway.buffered import Buffered
from gateway.call import Call, Source, Trace
from gateway.outcome import Cause, Failure, Outcome
from gateway.telemetry import events
from gateway.telemetry.log import Log, place_of
from gateway.telemetry.repetition import Sparing
from gateway.timers import Timers

ITS_TIME_IS_OVER: Final = Failure(Cause.OUT_OF_TIME, "the time limit of a call made apart")
"""Cuts a call at its own limit; known by identity to whoever waits for it and has time left."""

_CANCELLED: Final = Failure(Cause.OUT_OF_TIME, "cancelled")

_log = Log("gateway.layers")


class Linked(Trace):
    """A trace of its own, begun by a request (``origin``) and no child of it; a span of it gets a link.

    *step* and *kind* (``flight``, ``refresh``) name the work, where the request is recorded.
    """

    __slots__ = ("origin",)

    def __init__(self, origin: Trace, step: str = "", kind: str = "") -> None:
        own = f"{getrandbits(128) or 1:032x}"
        super().__init__(own, origin.flags, origin.request_id, time_header=origin.time_header)
        self.origin = origin
        if origin.recording is not None:
            self.recording = origin.recording.apart(own, step, kind)


def without_baggage(trace: Trace) -> Trace:
    """The same trace, of which an upstream learns nothing that calls are not told apart by."""
    same = Trace(
        trace.trace_id,
        trace.flags,
        trace.request_id,
        trace.parent_id,
        trace.tracestate,
        time_header=trace.time_header,
    )
    same.recording = trace.recording
    return same


class _Limit:
    """What a timer expires: the whole time of a call that no request bounds."""

    __slots__ = ("_call",)

    def __init__(self, call: Call) -> None:
        self._call = call

    def expire(self) -> None:
        self._call.cut(ITS_TIME_IS_OVER)


class Apart:
    """At most *limit* calls and other work at once, apart from all requests.

    *clock* gives the seconds on which deadlines lie, *kind* is a word for the work in recordings.
    """

    def __init__(
        self, timers: Timers, buffered: Buffered, clock: Callable[[], float], limit: int, kind: str = "apart"
    ) -> None:
        self._timers = timers
        self._buffered = buffered
        self.clock = clock
        self._limit = limit
        self._kind = kind
        self._keys: set[bytes] = set()
        self._bugs = Sparing(_log)
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self.refused = 0
        """How often it was too much; only ever grows."""

    def begin(
        self, call: Call, source: Source, time_limit: float, landed: Callable[[Call, Outcome], None]
    ) -> Call | None:
        """Ask *source* anew what *call* asks, for *time_limit* seconds from now; returns that other call.

        ``landed(other, outcome)`` is told how it ended, always and once, and may take over ``other.held``.
        ``None``: there are too many.
        """
        twin = call.twin(self.clock() + time_limit)
        twin.trace = Linked(call.trace, call.step, self._kind)
        twin.inputs = ()
        twin.siblings = None
        return twin if self._spawn(self._fly(twin, source, time_limit, landed, call.inputs)) else None

    def begin_once(self, key: bytes, call: Call, source: Source, time_limit: float) -> None:
        """The same for whoever needs no answer, unless it is being done for *key* already."""
        if key in self._keys:
            return

        def landed(_: Call, __: Outcome) -> None:
            self._keys.discard(key)

        if self.begin(call, source, time_limit, landed) is not None:
            self._keys.add(key)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> bool:
        if self._closed or len(self._tasks) >= self._limit:
            self.refused += 1
            work.close()
            return False
        task = asyncio.get_running_loop().create_task(work, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return True

    def open(self) -> None:
        """Begin what is asked for again, after a ``drain``."""
        self._closed = False

    def cancel(self) -> None:
        """Wait for nothing any more, also if ``drain`` is waiting already."""
        for task in self._tasks:
            task.cancel()

    async def drain(self, grace: float) -> None:
        """Begin nothing more, wait up to *grace* seconds for what is under way, then cancel it."""
        self._closed = True
        if tasks := list(self._tasks):
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        self._bugs.flush()

    async def _fly(
        self,
        call: Call,
        source: Source,
        limit: float,
        landed: Callable[[Call, Outcome], None],
        hide: Sequence[Any],
    ) -> None:
        """Ask *source*; *hide* are the values of the request that no log line is to hold."""
        timer, entry = self._timers.of(limit), _Limit(call)
        timer.start(entry)
        outcome: Outcome = _CANCELLED
        try:
            outcome = await source(call) if call.ended is None else call.ended
        except Exception as error:  # noqa: BLE001 - the log has it, and those who wait are told
            place = (call.step, *place_of(error))
            self._bugs(place, events.BUG_APART, call.trace, error=error, hide=hide, step=call.step)
            outcome = Failure(Cause.INTERNAL, f"see the log for {call.trace.request_id}")
        finally:
            timer.stop(entry)
            if call.trace.recording is not None:
                call.trace.recording.finish_apart(outcome)
            landed(call, outcome)
            self._buffered.give(call.held)
            call.held = 0

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            error = task.exception()
            assert error is not None
            self._bugs(place_of(error), events.BUG_OF_WORK, error=error)

    def __len__(self) -> int:
        return len(self._tasks)

    def __repr__(self) -> str:
        return f"<Apart {len(self._tasks)} of {self._limit} under way>"

"""Async functions as sources: Python steps, and what other distributions bring along.

Rules of the file:
1. A function runs in a task of its own: it may do all that a coroutine may. The call waits on a future; when
   it is cut, the task is cancelled and nobody waits for it.
2. What a function raises is a bug of its own: it comes out of the source as it is, and the plan logs it and
   makes ``internal`` of it. ``Failure`` is how a function says that what it asked is in trouble.
3. A function that ignores being cancelled keeps its task, and its place among those that may run at once.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gateway.outcome import Cause, Failure, Outcome, Success
from gateway.sources.bodies import checked
from gateway.sources.propagation import propagated
from gateway.transport.exchange import PoolState

if TYPE_CHECKING:
    from gateway.buffered import Buffered
    from gateway.call import Call

GRACE: Final = 1.0
"""Seconds that functions which were cancelled because the gateway closes have to end."""

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class Asked:
    """What a function is called with.

    ``values`` is what the step's ``with`` says, rendered and decoded: ``None`` if it says nothing.
    ``deadline`` is the instant, on the loop's clock, at which nobody waits for the answer any more.
    ``step``, ``attempt`` (from 1), ``request_id`` and ``trace_id`` are for log lines.
    """

    __slots__ = ("_call", "attempt", "deadline", "request_id", "step", "trace_id", "values")

    def __init__(self, call: Call, deadline: float) -> None:
        self.values: Any = _decode(call.payload) if call.payload is not None else None
        self.deadline = deadline
        self.step = call.step
        self.attempt = call.attempt
        self.request_id = call.trace.request_id
        self.trace_id = call.trace.trace_id
        self._call = call

    @property
    def left(self) -> float:
        """Seconds until the deadline; never below zero."""
        return max(0.0, self.deadline - asyncio.get_running_loop().time())

    @property
    def headers(self) -> dict[str, str]:
        """What tells a service that the function asks in turn: trace, request id, time left."""
        lines = propagated(self._call, asyncio.get_running_loop().time()).decode("latin-1")
        return dict(line.split(": ", 1) for line in lines.split("\r\n") if line)

    def __repr__(self) -> str:
        return f"<Asked by {self.step}, request {self.request_id}>"


Function = Callable[[Asked], Awaitable[Any]]
"""Answers with what JSON can say, with ``bytes`` of JSON, or with a ``Success`` or ``Failure``."""


class FunctionClient:
    """Runs *function*, at most *limit* at once, its answers at most *max_response* bytes of JSON.

    A ``sources.client.Client``, whose connections are functions under way; ``source`` is its source.
    """

    def __init__(self, function: Function, buffered: Buffered, *, limit: int, max_response: int) -> None:
        self._function = function
        self._buffered = buffered
        self._limit = limit
        self._max_response = max_response
        self._running: set[asyncio.Task[Any]] = set()
        self._begun = 0

    async def open(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Cancel what runs, and give it a moment to end."""
        running = list(self._running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=GRACE)

    def state(self) -> PoolState:
        """The functions under way."""
        running = len(self._running)
        return PoolState(self._limit, running, 0, running, 0, self._begun, 0, 0)

    async def source(self, call: Call) -> Outcome:
        """Call the function on behalf of *call*."""
        if call.ended is not None:
            return call.ended
        if len(self._running) >= self._limit:
            return Failure(Cause.BULKHEAD_FULL, f"{self._limit} of them are still running")
        loop = asyncio.get_running_loop()
        asked = Asked(call, min(call.deadline, loop.time() + call.timeout))
        future: asyncio.Future[Any] = loop.create_future()
        work = _ended(self._function, asked, future)
        # A context of its own: what a function sets must not leak into whatever task drives this step.
        task = loop.create_task(work, context=contextvars.Context())
        self._running.add(task)
        self._begun += 1
        task.add_done_callback(partial(self._landed, future))
        call.sent = True
        try:
            ended = await call.wait(future)
        finally:
            if not future.done() or call.ended is not None:
                task.cancel()
        if not isinstance(ended, BaseException):
            return self._outcome(ended, call)
        try:
            raise ended
        finally:
            del ended, future  # its traceback holds this frame, which would hold it

    def _landed(self, future: asyncio.Future[Any], task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not future.done():  # cancelled before its first line
            future.set_result(RuntimeError("the function was cancelled"))

    def _outcome(self, answer: Any, call: Call) -> Outcome:
        if isinstance(answer, Failure):
            return answer
        given = answer.body if isinstance(answer, Success) else answer
        body = checked(given if isinstance(given, bytes) else _encode(given))
        if isinstance(body, Failure):
            return body
        if len(body) > self._max_response:
            return Failure(Cause.TOO_LARGE, f"{len(body)} bytes, over {self._max_response}")
        if not self._buffered.take(len(body)):
            return Failure(Cause.BULKHEAD_FULL, "max_buffered is reached")
        call.held += len(body)
        if isinstance(answer, Success):
            answer.body = body
            return answer
        return Success(body)


async def _ended(function: Function, asked: Asked, future: asyncio.Future[Any]) -> None:
    """Put into *future* what *function* gives: an answer, or the exception that it raised."""
    answer: Any
    try:
        answer = await function(asked)
    except asyncio.CancelledError:
        answer = RuntimeError("the function was cancelled")
    except (Exception, SystemExit) as error:  # noqa: BLE001 - rule 2; no function ends the gateway
        answer = error
    if not future.done():
        future.set_result(answer)
    del answer, future  # the traceback of an exception holds this frame

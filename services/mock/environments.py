"""Execution environments as Lambda has them: started for a call, reused by later ones, frozen in between.

An environment is a thread with an event loop that turns only while an invocation runs. That is what freezing
means to asyncio code: a task that a handler left behind stands still until the next invocation, while clocks
go on. Each takes one invocation at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

Handler = Callable[[Any, "Context"], Awaitable[Any]]
"""From event to result; an ``AsyncIterator[bytes]`` as result is a streamed answer."""

CRASHED: Final = "Runtime.ExitError"
TIMED_OUT: Final = "Sandbox.Timedout"


@dataclass(slots=True)
class Context:
    """What a handler knows of where it runs. ``invocations`` counts this environment's, this one too."""

    function: str
    request_id: str = ""
    deadline: float = 0.0
    invocations: int = 0
    state: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """How an invocation ended: with a *value*, with pieces that are still to come, or with an error."""

    value: Any = None
    pieces: AsyncIterator[bytes] | None = None
    error: str = ""
    message: str = ""


class Invocation:
    """One invocation on its way: what the environment says, as it arrives on the front's loop."""

    def __init__(self, event: Any, request_id: str, timeout: float) -> None:
        self.event = event
        self.request_id = request_id
        self.deadline = time.monotonic() + timeout
        self.ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._said: asyncio.Queue[Result | bytes | None] = asyncio.Queue()

    def say(self, something: Result | bytes | None) -> None:
        """From the environment's thread: a result, a piece, or the end (``None``)."""
        with contextlib.suppress(RuntimeError):  # the service is gone
            self._loop.call_soon_threadsafe(self._hear, something)

    def _hear(self, something: Result | bytes | None) -> None:
        if something is None:
            self.ended.set()
        self._said.put_nowait(something)

    async def result(self) -> Result:
        """What the function answered, or how it failed."""
        said = await self._said.get()
        if isinstance(said, bytes):
            return Result(pieces=self._pieces(said))
        return said or Result(error=CRASHED, message="exited without an answer")

    async def _pieces(self, first: bytes) -> AsyncIterator[bytes]:
        piece: Result | bytes | None = first
        while isinstance(piece, bytes):
            yield piece
            piece = await self._said.get()
        if isinstance(piece, Result):
            raise ConnectionError(piece.message)


class Environment:
    """One environment of *function*; its first invocation waits *cold_start* seconds for it."""

    def __init__(self, name: str, handler: Handler, cold_start: float) -> None:
        self.last_used = time.monotonic()
        self.dead = False
        self._context = Context(name)
        self._handler = handler
        self._cold_start = cold_start
        self._work: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._task: asyncio.Task[None] | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._live, name=f"environment of {name}", daemon=True)
        self._thread.start()

    def run(self, invocation: Invocation) -> None:
        """Begin *invocation*; the environment is busy until it has ended."""
        self._work.put(invocation)

    def kill(self) -> None:
        """End it, and what it is doing."""
        self.dead = True
        self._work.put(None)
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._interrupt)

    def gone(self) -> None:
        """Wait until it has ended; blocks."""
        self._thread.join()

    def _interrupt(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _live(self) -> None:
        time.sleep(self._cold_start)
        while (invocation := self._work.get()) is not None and not self.dead:
            # Between two turns of this loop of ours the event loop stands still, with all its tasks.
            self._task = self._loop.create_task(self._handle(invocation))
            with contextlib.suppress(asyncio.CancelledError):
                self._loop.run_until_complete(self._task)
            invocation.say(None)
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _handle(self, invocation: Invocation) -> None:
        context = self._context
        context.invocations += 1
        context.request_id, context.deadline = invocation.request_id, invocation.deadline
        try:
            answered = await self._handler(invocation.event, context)
            if not isinstance(answered, AsyncIterator):
                invocation.say(Result(answered))
                return
            async for piece in answered:
                invocation.say(piece)
        except SystemExit as error:
            self.dead = True
            invocation.say(Result(error=CRASHED, message=f"exit status {error.code}"))
        except Exception as error:  # noqa: BLE001 - whatever a function raises is its error
            invocation.say(Result(error=type(error).__name__, message=str(error)))


@dataclass(slots=True)
class Limits:
    """What a function may do. Seconds; *concurrency* ``None``: no limit of its own."""

    cold_start: float = 0.3
    concurrency: int | None = None
    idle_for: float = 600.0
    timeout: float = 3.0


class Fleet:
    """The environments of one function. The one used last is used first, as on Lambda."""

    def __init__(self, name: str, handler: Handler, limits: Limits) -> None:
        self.limits = limits
        self.cold_starts = self.throttled = self.invocations = 0
        self.busy = 0
        self._name = name
        self._handler = handler
        self._idle: list[Environment] = []
        self._all: set[Environment] = set()
        self._waiting: set[asyncio.Task[None]] = set()

    @property
    def idle(self) -> int:
        """Environments that could take a call at once."""
        self._expire()
        return len(self._idle)

    async def invoke(self, event: Any, request_id: str) -> Result | None:
        """Run *event* in an environment; ``None``: there is none to be had (throttled).

        Whoever asked may leave: the invocation goes on, and its environment is busy until it has ended.
        """
        environment = self._take()
        if environment is None:
            self.throttled += 1
            return None
        self.invocations += 1
        invocation = Invocation(event, request_id, self.limits.timeout)
        environment.run(invocation)
        task = asyncio.create_task(self._ended(environment, invocation))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)
        try:
            async with asyncio.timeout(self.limits.timeout):
                result = await invocation.result()
                if result.pieces is None:
                    await invocation.ended.wait()  # whoever is answered finds its environment free
                return result
        except TimeoutError:
            self._end(environment)
            message = f"Task timed out after {self.limits.timeout:.2f} seconds"
            return Result(error=TIMED_OUT, message=message)

    def forget(self) -> None:
        """End all idle environments, as a deployment or a quiet hour does."""
        for environment in self._idle:
            self._end(environment)
        self._idle.clear()

    def close(self) -> None:
        """End every environment, whatever it does, and wait for that; blocks."""
        environments = list(self._all)
        for environment in environments:
            self._end(environment)
        for environment in environments:
            environment.gone()
        self._idle.clear()

    def _end(self, environment: Environment) -> None:
        self._all.discard(environment)
        environment.kill()

    def _take(self) -> Environment | None:
        self._expire()
        limit = self.limits.concurrency
        if limit is not None and self.busy >= limit:
            return None
        self.busy += 1
        if self._idle:
            return self._idle.pop()
        self.cold_starts += 1
        made = Environment(self._name, self._handler, self.limits.cold_start)
        self._all.add(made)
        return made

    async def _ended(self, environment: Environment, invocation: Invocation) -> None:
        await invocation.ended.wait()
        self.busy -= 1
        environment.last_used = time.monotonic()
        if environment.dead:
            self._end(environment)
        else:
            self._idle.append(environment)

    def _expire(self) -> None:
        oldest = time.monotonic() - self.limits.idle_for
        for environment in [each for each in self._idle if each.last_used < oldest]:
            self._idle.remove(environment)
            self._end(environment)

"""Runs a step's coroutine without a task: it starts at once, in its caller's stack, and nobody awaits it.

A task costs 2.5 µs and a turn of the loop before its first line runs; a step needs neither its own
cancellation nor its result. What a step's source must therefore never do is ask for the current task (as
``asyncio.timeout`` and anyio do): it waits on plain futures, or runs such work in a task of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol


class Flying(Protocol):
    """What ``Flight`` and ``asyncio.Task`` have in common: all that a plan needs of either."""

    def add_done_callback(self, landed: Callable[[Any], object], /) -> None:
        """Call *landed* with this when the coroutine has ended."""

    def cancel(self) -> Any:
        """End the coroutine by a ``CancelledError`` at the place where it waits."""


class Flight:
    """One coroutine under way. An exception of it is told to the loop's handler, as nobody awaits it."""

    __slots__ = ("_awaited", "_coroutine", "_landed", "_on_landing")

    def __init__(self, coroutine: Coroutine[Any, Any, object]) -> None:
        self._coroutine = coroutine
        self._landed = False
        self._awaited: asyncio.Future[Any] | None = None
        self._on_landing: Callable[[Any], object] | None = None
        self._go_on(None)

    def add_done_callback(self, landed: Callable[[Any], object], /) -> None:
        """Call *landed* when the coroutine has ended; one caller is enough for a plan."""
        self._on_landing = landed

    def cancel(self) -> None:
        """End the coroutine, from the next turn of the loop on, as a task's ``cancel`` does."""
        asyncio.get_running_loop().call_soon(self._throw, asyncio.CancelledError())

    def _throw(self, error: BaseException) -> None:
        if self._awaited is not None:  # it must not wake a coroutine that waits for something else by then
            self._awaited.remove_done_callback(self._go_on)
        self._go_on(None, error)

    def _go_on(self, _: object, thrown: BaseException | None = None) -> None:
        """Drive the coroutine to the next future that it waits for, or to its end."""
        if self._landed:
            return
        try:
            future = self._coroutine.send(None) if thrown is None else self._coroutine.throw(thrown)
        except (StopIteration, asyncio.CancelledError):
            self._land()
        except BaseException as error:
            self._land()
            if not isinstance(error, Exception):
                raise
            asyncio.get_running_loop().call_exception_handler(
                {"message": "exception in a step, outside of its source", "exception": error}
            )
        else:
            self._awaited = future
            if future is None:  # `asyncio.sleep(0)`: only a turn of the loop
                asyncio.get_running_loop().call_soon(self._go_on, None)
                return
            # The protocol between a future and whoever drives the coroutine that awaits it (asyncio.Task
            # does the same): the mark says that it was awaited and not merely yielded.
            future._asyncio_future_blocking = False  # noqa: SLF001
            future.add_done_callback(self._go_on)

    def _land(self) -> None:
        self._landed = True
        if self._on_landing is not None:
            self._on_landing(self)

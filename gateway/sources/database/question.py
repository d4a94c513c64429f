"""Awaits a database client's coroutine without a task, and can end it: a call waits on it as on a future.

With no timeout of its own, everything that asyncpg and asyncmy do on a connection that is up waits for one
future at a time, and they do what has to be done when that future is cancelled: asyncpg asks the server to
cancel the query, asyncmy closes the connection. So the coroutine can run inside a step, which has no task,
and a cut is a cancelled future. (A task costs 3 µs and two turns of the loop.)
"""

from __future__ import annotations

from asyncio import CancelledError, Future
from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Question(Generic[T]):
    """One coroutine, awaited once. ``was_cut``: it was ended from outside, and raises ``CancelledError``."""

    __slots__ = ("_awaited", "_coroutine", "was_cut")

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine
        self._awaited: Future[Any] | None = None
        self.was_cut = False

    def done(self) -> bool:
        """It is over, or was ended. What it waits for now may be done and not be the last of it."""
        return self.was_cut or self._awaited is None

    def set_result(self, _: Any, /) -> None:
        """End it; whoever awaits it sees a ``CancelledError``."""
        if self._awaited is not None:
            self.was_cut = True
            self._awaited.cancel()

    def __await__(self) -> Generator[Any, Any, T]:
        coroutine = self._coroutine
        try:
            awaited = coroutine.send(None)
            while True:
                self._awaited = awaited
                try:
                    yield awaited
                except BaseException as error:  # noqa: BLE001 - whatever it is belongs to the coroutine
                    # A step is cancelled without its future: the query would run on, and nobody would know.
                    awaited.cancel()
                    awaited = coroutine.throw(error)
                else:
                    if self.was_cut and not awaited.cancelled():  # it was done already: too late to cancel it
                        awaited = coroutine.throw(CancelledError())
                    else:
                        awaited = coroutine.send(None)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        finally:
            self._awaited = None

"""Happy eyeballs (RFC 8305): addresses are tried by turns, overlapping, and the first that answers wins.

Rules of the file:
1. An attempt that fails starts the next one at once; one that is silent starts it after *stagger*.
2. When this returns or raises, no attempt is running any more, and only the winner's result is left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from itertools import chain, zip_longest
from typing import Any, Final, TypeVar

T = TypeVar("T")

STAGGER: Final = 0.25
"""Seconds that one address has for itself (RFC 8305 section 5)…"""

LEAST_STAGGER: Final = 0.01
"""…and may never have less than."""


def interleaved(addresses: Sequence[str]) -> list[str]:
    """*addresses* with IPv6 and IPv4 by turns, else in their order; the first one stays first."""
    first: list[str] = []
    second: list[str] = []
    for address in addresses:
        same = (":" in address) == (":" in addresses[0])
        (first if same else second).append(address)
    return [address for address in chain(*zip_longest(first, second)) if address is not None]


def stagger_within(timeout: float, count: int) -> float:
    """The seconds between two starts that let *count* addresses have their turn within *timeout*."""
    return max(LEAST_STAGGER, min(STAGGER, timeout / count))


async def first_of(
    attempts: Sequence[Callable[[], Coroutine[Any, Any, T]]], stagger: float, discard: Callable[[T], None]
) -> T:
    """The result of the first attempt that succeeds; the ``OSError`` of the last one if all fail.

    ``discard`` gets the result of an attempt that succeeded too late.
    """
    running: set[asyncio.Task[T]] = set()
    waiting = list(reversed(attempts))
    failure = OSError("no address")
    try:
        while waiting or running:
            if waiting:
                running.add(asyncio.create_task(waiting.pop()()))
            done, _ = await asyncio.wait(
                running, timeout=stagger if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                running.discard(task)
                error = task.exception()
                if error is None:
                    running |= done - {task}  # a second one that was as fast has lost
                    return task.result()
                if not isinstance(error, OSError):
                    raise error
                failure = error
        raise failure
    finally:
        await _end(running, discard)


async def _end(running: set[asyncio.Task[T]], discard: Callable[[T], None]) -> None:
    """Cancel what runs; what has succeeded meanwhile is discarded, whenever it turns up."""

    def ended(task: asyncio.Task[T]) -> None:
        if not task.cancelled() and task.exception() is None:
            discard(task.result())

    for task in running:
        task.cancel()
        task.add_done_callback(ended)
    if running:
        await asyncio.wait(running)

"""``python -m bench.faults.watched run FILE …``: the gateway, telling on SIGUSR1 what it holds inside.

Each signal adds a line of JSON (``Inside``) to the file that WATCHED names. Counting takes some ten
milliseconds, during which nothing else runs: ask when nobody measures times.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import threading
from collections.abc import Iterable
from pathlib import Path

import msgspec

from gateway.cli import main
from gateway.timers import Timer


class Inside(msgspec.Struct, frozen=True):
    """Numbers of: unfinished ``tasks``, ``timers`` of the loop, ``waiting`` entries of shared timers."""

    tasks: int
    timers: int
    waiting: int
    objects: int


def inside(objects: Iterable[object]) -> Inside:
    """What is among all *objects* that the collector knows."""
    tasks = timers = waiting = number = 0
    for each in objects:
        number += 1
        if isinstance(each, asyncio.Task):
            tasks += not each.done()
        elif isinstance(each, Timer):
            waiting += len(each)
        elif type(each).__name__ == "TimerHandle":  # uvloop's is no asyncio.TimerHandle
            timers += not each.cancelled()  # type: ignore[attr-defined]
    return Inside(tasks, timers, waiting, number)


def tell(target: Path) -> None:
    """Write a line for each signal, for ever."""
    while True:
        signal.sigwait({signal.SIGUSR1})
        gc.collect()
        with target.open("ab") as file:
            file.write(msgspec.json.encode(inside(gc.get_objects())) + b"\n")


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})  # threads started from here on inherit it
    threading.Thread(target=tell, args=[Path(os.environ["WATCHED"])], daemon=True).start()
    main()

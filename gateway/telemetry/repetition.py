"""Says the first few of equal lines, and then, once a period, how many more there were.

Rules of the file:
1. Kinds are told apart by a key, and their number is bounded; all others are one kind.
2. Nothing runs while nothing is said: there is a timer only while there are kinds to tell of.
3. Who repeats itself no more than that is heard in full again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import Any, Final

from gateway.call import Trace
from gateway.telemetry import events
from gateway.telemetry.events import Event
from gateway.telemetry.log import Log

FIRST: Final = 5
"""Lines of a kind in full: enough to see what they have in common."""

PERIOD: Final = 10.0
"""Seconds between two counts of one kind."""

KINDS: Final = 200
"""Kinds that are told apart: five lines of each at 50 µs are 50 ms in ten seconds, at the very worst."""

_OTHERS: Final = ("", None)


class _Kind:
    __slots__ = ("event", "left_out", "line", "written")

    def __init__(self, event: str, line: str) -> None:
        self.event = event
        self.line = line
        self.written = 0
        self.left_out = 0


class Repetition:
    """The policy: whether a line is written, and what is to be told of those that were not."""

    __slots__ = ("_kinds",)

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, Hashable], _Kind] = {}

    def takes(self, event: str, key: Hashable, line: Callable[[], str]) -> bool:
        """Whether a line of this *event* and *key* is to be written; ``line()`` tells people of its kind."""
        kind = self._kinds.get((event, key))
        if kind is None:
            kind = self._new(event, key, line)
        if kind.written < FIRST:
            kind.written += 1
            return True
        kind.left_out += 1
        return False

    def _new(self, event: str, key: Hashable, line: Callable[[], str]) -> _Kind:
        if len(self._kinds) < KINDS:
            return self._kinds.setdefault((event, key), _Kind(event, line()))
        return self._kinds.setdefault(_OTHERS, _Kind("", "lines of other kinds"))

    def turn(self) -> list[tuple[str, str, int]]:
        """The end of a period: event and line of the kinds of which some were left out, and how many."""
        told = []
        for key, kind in list(self._kinds.items()):
            left, kind.left_out = kind.left_out, 0
            if left:
                told.append((kind.event, kind.line, left))
            if left <= FIRST:
                del self._kinds[key]  # rule 3
        return told

    def __len__(self) -> int:
        return len(self._kinds)


class Sparing:
    """Writes to *log* what may repeat itself without end. Counts are told on the loop it is used on."""

    __slots__ = ("_handle", "_log", "_loop", "_repetition")

    def __init__(self, log: Log) -> None:
        self._log = log
        self._repetition = Repetition()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._handle: asyncio.TimerHandle | None = None

    def takes(self, event: Event, key: Hashable, line: Callable[[], str]) -> bool:
        """Whether such a line is to be written now (see ``Repetition``); the others are counted."""
        self._arm()
        return self._repetition.takes(event.name, key, line)

    def __call__(self, key: Hashable, event: Event, trace: Trace | None = None, **said: Any) -> None:
        """Write a line of the kind *key*, unless there were enough; the rest is as for a ``Log``."""
        if self.takes(event, key, lambda: event.text.format(**said)):
            self._log(event, trace, depth=2, **said)

    def flush(self) -> None:
        """Say now what was left out."""
        if self._handle is not None:
            self._handle.cancel()
        self._handle = self._loop = None
        for event, line, count in self._repetition.turn():
            self._log(events.REPEATED, count=count, seconds=PERIOD, of=event, line=line)

    def _arm(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # a later line on a loop, or `flush`, tells
        if self._loop is not loop:
            self._loop = loop
            self._handle = loop.call_later(PERIOD, self._turn)

    def _turn(self) -> None:
        self.flush()
        if self._repetition:
            self._arm()

"""One copy on its way to Redis: what is sent is made when it is sent, as copies age while they wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.stores.redis_copy import encode, time_to_live
from gateway.stores.redis_question import Command, Trouble
from gateway.stores.store import Copy


class Write:
    """A ``Question`` that nobody waits for. *ended* is told once: was it written, and was it sent at all."""

    __slots__ = ("_clock", "_commands", "_copy", "_copy_key", "_ended", "_since", "key")

    def __init__(
        self,
        key: bytes,
        name: bytes,
        copy: Copy,
        clock: Callable[[], float],
        ended: Callable[[Copy, bool, bool], None],
    ) -> None:
        self.key = name
        self._copy_key = key
        self._copy = copy
        self._clock = clock
        self._since = clock()
        self._ended = ended
        self._commands: tuple[Command, ...] | None = None

    @property
    def commands(self) -> tuple[Command, ...]:
        """The copy at its age when this is first read, which is when it is sent."""
        if self._commands is None:
            copy = self._copy
            aged = copy.aged(copy.age + self._clock() - self._since)
            lives = max(1, time_to_live(aged))  # what ran out meanwhile is forgotten at once
            self._commands = (("SET", self.key, encode(self._copy_key, aged, lives), "PX", lives),)
        return self._commands

    @property
    def as_one(self) -> bool:
        """It is one command."""
        return False

    def wanted(self) -> bool:
        """Always: nobody waits for it, and others may want it."""
        return True

    def sending(self) -> None:
        """It leaves."""

    def answered(self, answers: list[Any]) -> None:
        """Redis took it, or said why not."""
        self._ended(self._copy, answers[0] == b"OK", True)

    def failed(self, trouble: Trouble, note: str) -> None:  # noqa: ARG002 - lost copies are counted, not told
        """It is lost, perhaps on its way."""
        self._ended(self._copy, False, trouble is Trouble.LOST)

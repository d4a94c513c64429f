"""Asks for the numbers again and again beside the screen, so that a silent gateway never holds up a key."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from gateway.dashboard.snapshot import Snapshot
from gateway.top.feed import Away


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known: the last numbers, when they came (monotonic seconds), and why none came after them."""

    snapshot: Snapshot | None = None
    at: float = 0.0
    trouble: str | None = None


class Poll:
    """Asks every *interval* seconds, in a thread of its own that dies with the process."""

    def __init__(
        self, ask: Callable[[], Snapshot], interval: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.seen = Seen()
        self._ask = ask
        self._interval = interval
        self._clock = clock
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="gateway-top", daemon=True)

    def start(self) -> None:
        """Ask for the first time now."""
        self._thread.start()

    def stop(self) -> None:
        """Ask no more; does not wait for what is under way."""
        self._over.set()

    def turn(self) -> None:
        """Ask once, and put down what came of it."""
        try:
            self.seen = Seen(self._ask(), self._clock())
        except Away as away:
            self.seen = Seen(self.seen.snapshot, self.seen.at, str(away))

    def _go_on(self) -> None:
        while not self._over.is_set():
            self.turn()
            self._over.wait(self._interval)

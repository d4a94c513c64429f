"""The generator as a process: ordered, waited for until it is ready, and read in the end."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from bench.faults.load import Order
from bench.faults.seen import Record
from bench.openloop import GRACE
from bench.processes import READY_WITHIN, NotReadyError, Process

_ROOT = Path(__file__).parents[2]


class Load:
    """A generator at work. An async context manager, entered when it is ready.

    ``start`` is when its first request is due (``time.monotonic``), a little in the future.
    """

    def __init__(self, order: Order, core: int, root: Path) -> None:
        self.start = 0.0
        self._order = order
        self._log = root / f"load-{order.port}.log"
        command = [sys.executable, "-m", "bench.faults.load", msgspec.json.encode(order).decode()]
        self._process = Process(command, core, self._log, {"PYTHONPATH": str(_ROOT)})

    async def record(self) -> Record:
        """What became of everything, when that is known. Raises ``NotReadyError`` if the generator failed."""
        latest = self.start + self._order.seconds + GRACE + 5
        while self._process.running and time.monotonic() < latest:
            await asyncio.sleep(0.05)
        try:
            return msgspec.json.decode(self._log.read_bytes().split(b"\n", 1)[1], type=Record)
        except msgspec.DecodeError:
            raise NotReadyError(f"the generator failed{self._process.last_words()}") from None

    async def __aenter__(self) -> Self:
        end = time.monotonic() + READY_WITHIN
        while b"\n" not in (told := self._log.read_bytes()):
            if not self._process.running or time.monotonic() > end:
                self._process.stop()
                raise NotReadyError(f"the generator is not ready{self._process.last_words()}")
            await asyncio.sleep(0.01)
        try:
            self.start = float(told.split(b"\n", 1)[0])
        except ValueError:
            self._process.stop()
            raise NotReadyError(f"the generator failed{self._process.last_words()}") from None
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._process.stop()

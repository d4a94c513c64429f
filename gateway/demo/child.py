"""One child process of the demo: started tethered, listened to, stopped for certain."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Self

TAIL: Final = 12
"""How many of a child's last lines are told when it dies."""

LONGEST_LINE: Final = 64 * 1024
"""Bytes; what a child writes without a line end is cut into pieces of this size."""

HOME: Final = Path(__file__).parents[2]
"""Where the packages ``gateway`` and ``services`` lie, in a checkout as in an installation."""


class Child:
    """A running part of the demo. ``ended`` is done once the process is gone; its result is the exit code."""

    def __init__(self, name: str, process: Process, relay: Callable[[str, str], None]) -> None:
        self.name = name
        self.pid = process.pid
        self.ended = asyncio.ensure_future(process.wait())
        self._process = process
        self._relay = relay
        self._tail: deque[str] = deque(maxlen=TAIL)
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(
        cls,
        name: str,
        module: Sequence[str],
        tether: int,
        environment: Mapping[str, str],
        relay: Callable[[str, str], None],
    ) -> Self:
        """Start ``python -m module arguments…``; *tether* is the reading end of the supervisor's pipe.

        ``-P`` and PYTHONPATH: the child finds our packages, never a ``services`` in the current directory.
        Its own session: Ctrl-C reaches the supervisor alone, which stops its children in order.
        """
        search = os.pathsep.join(filter(None, (str(HOME), os.environ.get("PYTHONPATH"))))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "gateway.demo.tether", str(tether), *module,
            env={**os.environ, "PYTHONPATH": search, "PYTHONUNBUFFERED": "1", **environment},
            stdin=DEVNULL, stdout=PIPE, stderr=STDOUT,
            pass_fds=(tether,), start_new_session=True,
        )  # fmt: skip
        return cls(name, process, relay)

    async def _read(self) -> None:
        assert self._process.stdout is not None
        rest = b""
        while data := await self._process.stdout.read(LONGEST_LINE):
            *lines, rest = (rest + data).split(b"\n")
            if len(rest) >= LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self._take(line)
        if rest:
            self._take(rest)

    def _take(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()
        self._tail.append(text)
        self._relay(self.name, text)

    async def obituary(self) -> str:
        """How it ended, and its last lines. Only once it has."""
        await self._read_out()
        code = await self.ended
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        if not self._tail:
            return f"{self.name} stopped by itself ({how}) without a word"
        return "\n  ".join((f"{self.name} stopped by itself ({how}); its last lines:", *self._tail))

    def kill(self) -> None:
        """End it at once, with whatever it has started itself."""
        if not self.ended.done():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    async def stop(self, grace: float) -> None:
        """SIGTERM, *grace* seconds, SIGKILL. Returns when it is gone."""
        if not self.ended.done():
            self._process.terminate()
            await asyncio.wait({self.ended}, timeout=grace)
            self.kill()
        await self.ended
        await self._read_out()

    async def _read_out(self) -> None:
        """Let the last lines come in; something the child left behind may hold the pipe, so not for ever."""
        await asyncio.wait({self._reading}, timeout=1.0)
        self._reading.cancel()

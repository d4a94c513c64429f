"""A file as a source: its JSON, or its text as a JSON string, looked at again every second.

Rules of the file:
1. Calls never touch the disk. A task of the client looks at the file, in a thread, and reads it when it is
   another.
2. Once there was something to answer with, there always is: while a file is gone, broken or too large, what
   it held before is served, as ``stale`` with the cause, so that every answer says so.
3. A file that was just changed and is broken may be half written: it counts as broken at the next look.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from gateway.outcome import Cause, Failure, Freshness, Outcome, Success
from gateway.sources.bodies import checked
from gateway.sources.client import NO_POOL
from gateway.telemetry import events
from gateway.telemetry.log import Log

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.call import Call
    from gateway.transport.exchange import PoolState

EVERY: Final = 1.0
"""Seconds between two looks."""

LARGEST: Final = 5 * 2**20
"""Bytes that a file may have: what an upstream's answer may have."""

Stamp = tuple[int, int, int]
"""What changes when a file does: its inode, its length and its time."""

_log = Log("gateway.sources.file")


class WatchedFile:
    """The file at *path*; a ``sources.client.Client``. Read when made: ``trouble`` says how that went."""

    def __init__(self, path: Path, every: float = EVERY) -> None:
        self._path = path
        self._every = every
        self._stamp: Stamp | None = None
        self._body: bytes | None = None
        self._suspect: Stamp | None = None
        self._watching: asyncio.Task[None] | None = None
        self.trouble: Failure | None = None
        self._take(*read(path))

    async def open(self) -> None:
        """Begin to look."""
        self._watching = asyncio.get_running_loop().create_task(self._watch())

    async def close(self) -> None:
        """Look no more."""
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching
            self._watching = None

    def state(self) -> PoolState:
        """There are no connections to a file."""
        return NO_POOL

    def details(self) -> Mapping[str, object]:
        """Why what it holds cannot be served, if so."""
        return {"trouble": self.trouble.detail} if self.trouble is not None else {}

    async def source(self, call: Call) -> Outcome:  # noqa: ARG002 - the same answer for all
        """What it holds."""
        if self._body is None:
            assert self.trouble is not None, "it was read when it was made"
            return self.trouble
        if self.trouble is None:
            return Success(self._body)
        return Success(self._body, Freshness.STALE, self.trouble.cause)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            stamp = await asyncio.to_thread(stamp_of, self._path)
            if stamp != self._stamp or stamp is None or self._suspect is not None:
                self._take(*await asyncio.to_thread(read, self._path))

    def _take(self, stamp: Stamp | None, content: bytes | Failure) -> None:
        self._stamp = stamp
        if isinstance(content, bytes):
            if self.trouble is not None:
                _log(events.FILE_READABLE, path=str(self._path))
            self._body, self.trouble, self._suspect = content, None, None
            return
        suspect, self._suspect = self._suspect, None
        if stamp is not None and self._body is not None and suspect != stamp and self.trouble is None:
            self._suspect = stamp  # rule 3
            return
        if self.trouble is None and self._body is not None:
            _log(events.FILE_UNREADABLE, path=str(self._path), why=content.detail)
        self.trouble = content


def stamp_of(path: Path) -> Stamp | None:
    """``None`` if there is no such file, or it cannot be looked at."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def read(path: Path, largest: int = LARGEST) -> tuple[Stamp | None, bytes | Failure]:
    """The file's stamp, and the JSON that it stands for, or why there is none. Blocks."""
    stamp = stamp_of(path)
    try:
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except OSError as error:
        return stamp, Failure(Cause.UNREACHABLE, f"the file cannot be read: {error.strerror}")
    if len(content) > largest:
        return stamp, Failure(Cause.TOO_LARGE, f"the file has more than {largest} bytes")
    return stamp, _json_of(path, content)


def _json_of(path: Path, content: bytes) -> bytes | Failure:
    if path.suffix.lower() == ".json":
        document = checked(content)
        if isinstance(document, Failure):
            return Failure(document.cause, f"the file is {document.detail}")
        return document
    try:
        return msgspec.json.encode(content.decode().removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        return Failure(Cause.UNREADABLE, f"the file is not UTF-8: {error.reason} at byte {error.start}")

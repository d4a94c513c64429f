"""A kernel timer as a file: event loops wake to the millisecond, requests are due to the microsecond."""

from __future__ import annotations

import ctypes
import os
from typing import Self

_CLOCK_MONOTONIC, _ABSOLUTE = 1, 1
_libc = ctypes.CDLL(None, use_errno=True)


class _Spec(ctypes.Structure):
    """``struct itimerspec``: the interval, then the first time, each in seconds and nanoseconds."""

    _fields_ = (
        ("every_s", ctypes.c_long),
        ("every_ns", ctypes.c_long),
        ("first_s", ctypes.c_long),
        ("first_ns", ctypes.c_long),
    )


class Ticks:
    """Readable at *first* (seconds of ``time.monotonic``) and *every* so many seconds after. Linux only."""

    def __init__(self, first: float, every: float) -> None:
        self._file = _libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._file < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        spec = _Spec(*divmod(round(every * 1e9), 10**9), *divmod(round(first * 1e9), 10**9))
        if _libc.timerfd_settime(self._file, _ABSOLUTE, ctypes.byref(spec), None) < 0:
            os.close(self._file)
            raise OSError(ctypes.get_errno(), "timerfd_settime")

    def fileno(self) -> int:
        """For an event loop's ``add_reader``."""
        return int(self._file)

    def take(self) -> int:
        """How many ticks there were since the last time; 0 if none, then it did not wait."""
        try:
            return int.from_bytes(os.read(self._file, 8), "little")
        except BlockingIOError:
            return 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

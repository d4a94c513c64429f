"""Reads single keys from a terminal, and gives it back as it was."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import termios
import time
import tty
from collections.abc import Iterator
from typing import Final

LEAVING: Final = "qQ"


class Keyboard:
    """Keys of the file descriptor *source*; none will ever come where that is no terminal (``None``)."""

    def __init__(self, source: int | None) -> None:
        self._source = source

    def key(self, seconds: float) -> str | None:
        """The key that is pressed within *seconds*, else ``None``."""
        if self._source is None:
            time.sleep(seconds)
            return None
        if not select.select([self._source], [], [], seconds)[0]:
            return None
        pressed = os.read(self._source, 1)
        if not pressed:  # the terminal is gone
            self._source = None
        return pressed.decode("latin-1") or None


@contextlib.contextmanager
def keyboard() -> Iterator[Keyboard]:
    """Standard input as a keyboard: no echo, no waiting for a line end; Ctrl-C stays what it is."""
    try:
        source = sys.stdin.fileno()
        before = termios.tcgetattr(source)
    except (OSError, ValueError, AttributeError, termios.error):  # closed, a pipe, or nothing at all
        yield Keyboard(None)
        return
    tty.setcbreak(source, termios.TCSANOW)
    try:
        yield Keyboard(source)
    finally:
        # what was typed meanwhile was meant for the screen, not for the shell behind it
        termios.tcsetattr(source, termios.TCSAFLUSH, before)

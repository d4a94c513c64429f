"""Shows a gateway's numbers: once, or live until ``q`` or Ctrl-C."""

from __future__ import annotations

import signal
import sys
import time
from types import FrameType
from typing import Final

from rich.console import Console
from rich.live import Live

from gateway.top.feed import Away, Feed
from gateway.top.keyboard import LEAVING, keyboard
from gateway.top.poll import Poll
from gateway.top.screen import screen

_LOOK: Final = 0.1
"""Seconds between two looks for a key and for new numbers."""


def once(admin: str) -> str | None:
    """Print one snapshot; else say why there is none. ``ValueError`` if *admin* is no address."""
    try:
        snapshot = Feed(admin).ask()
    except Away as away:
        return str(away)
    _console().print(screen(snapshot, admin))
    return None


def can_be_live() -> bool:
    """Whether there is a screen to paint on; a pipe and a dumb terminal are none."""
    return sys.stdout.isatty() and not Console().is_dumb_terminal


def live(admin: str, interval: float) -> None:
    """Paint the numbers of every *interval* seconds until somebody leaves; the terminal is as it was then,
    also after SIGTERM.
    """
    poll = Poll(Feed(admin).ask, interval)
    console = _console()
    for leaving in (signal.SIGTERM, signal.SIGINT):  # the latter may be ignored by who started it
        signal.signal(leaving, _leave)
    try:
        with keyboard() as keys, Live(console=console, screen=True, auto_refresh=False) as display:
            poll.start()
            shown: object = None
            while True:
                seen = poll.seen
                now = time.monotonic()
                state = (seen, console.size, int(now) if seen.trouble else 0)
                if state != shown:
                    shown = state
                    age = now - seen.at
                    display.update(
                        screen(seen.snapshot, admin, trouble=seen.trouble, age=age, height=console.height),
                        refresh=True,
                    )
                key = keys.key(_LOOK)
                if key is not None and key in LEAVING:
                    return
    except KeyboardInterrupt:
        return
    finally:
        poll.stop()


def _console() -> Console:
    """Standard output. What its encoding cannot write becomes ``?``."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    return Console(highlight=False, soft_wrap=False)


def _leave(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler's signature
    raise KeyboardInterrupt

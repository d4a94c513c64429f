"""Numbers and foreign text as short cells of a table."""

from __future__ import annotations

from typing import Final

UNKNOWN: Final = "–"
"""Stands where there is nothing to show: no calls yet, or a layer that is off."""


def plain(text: str) -> str:
    """*text* without anything that a terminal would obey: what is not printable becomes ``?``.

    Names come over the network, and an escape sequence among them could paint over the whole screen.
    """
    return "".join(each if each.isprintable() else "?" for each in text)


def rate(per_second: float) -> str:
    """``<0.1/s``, ``0.3/s``, ``42/s``, ``1.2k/s``."""
    if 0 < per_second < 0.1:
        return "<0.1/s"
    if per_second >= 9_999.5:
        return f"{per_second / 1000:.0f}k/s"
    if per_second >= 999.5:
        return f"{per_second / 1000:.1f}k/s"
    return f"{per_second:.1f}/s" if 0 < per_second < 9.95 else f"{per_second:.0f}/s"


def share(of_one: float | None) -> str:
    """A share as per cent; never ``0%`` or ``100%`` for what is not exactly that."""
    if of_one is None:
        return UNKNOWN
    percent = of_one * 100
    if 0 < percent < 0.1:
        return "<0.1%"
    if 99.9 < percent < 100:
        return ">99.9%"
    return f"{percent:.0f}%" if percent in (0, 100) else f"{percent:.1f}%"


def duration(seconds: float | None) -> str:
    """``0.4 ms``, ``37 ms``, ``1.25 s``, ``75 s``."""
    if seconds is None:
        return UNKNOWN
    milliseconds = seconds * 1000
    if milliseconds >= 9_995:
        return f"{seconds:.0f} s"
    if milliseconds >= 999.5:
        return f"{seconds:.2f} s"
    return f"{milliseconds:.1f} ms" if milliseconds < 9.95 else f"{milliseconds:.0f} ms"


def countdown(seconds: float) -> str:
    """Time to wait, in tenths below ten seconds."""
    return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"


def occupied(used: int, slots: int | None) -> str:
    """``3/1000``, or ``3`` where nothing bounds it."""
    return str(used) if slots is None else f"{used}/{slots}"


def tokens(number: float | None) -> str:
    """Second attempts that a budget would pay for now."""
    return UNKNOWN if number is None else f"{number:.0f}" if number >= 9.95 else f"{number:.1f}"

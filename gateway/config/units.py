"""Durations, sizes and ratios: from text with a unit to a number, and back to text.

A bare number is refused: "300 what?". Inside the program durations are seconds, sizes bytes, ratios
between 0 and 1.
"""

from __future__ import annotations

import math
import re
from typing import Any

from gateway.config.faults import Wrong

_NUMBER = r"(?P<number>[0-9]+(?:\.[0-9]+)?)"
DURATION_PATTERN = r"[0-9]+(\.[0-9]+)?(ms|s|m|h)"
SIZE_PATTERN = r"[0-9]+(\.[0-9]+)?(B|KB|MB|GB|KiB|MiB|GiB)"
RATIO_PATTERN = r"[0-9]+(\.[0-9]+)?%"

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_BYTES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_DURATION = re.compile(_NUMBER + r"(?P<unit>ms|s|m|h)")
_SIZE = re.compile(_NUMBER + r"(?P<unit>[KMG]i?B|B)")
_RATIO = re.compile(_NUMBER + "%")
_BARE = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_NEGATIVE = re.compile(r"-[0-9]")


def duration(value: Any) -> float:
    """Seconds of ``250ms``, ``1.5s``, ``2m``, ``1h``. Raises `Wrong`."""
    _refuse_bare(value, "duration", "write {it}ms or {it}s")
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Wrong("{it} is not a duration", "write 250ms, 1.5s, 2m or 1h")
    # Division keeps 500ms exactly 0.5; 300 * 0.001 would be 0.30000000000000004.
    number = float(match["number"])
    seconds = number / 1000 if match["unit"] == "ms" else number * _SECONDS[match["unit"]]
    return _above_zero(seconds, "duration")


def size(value: Any) -> int:
    """Bytes of ``64KiB``, ``5MiB``, ``5MB``. Raises `Wrong`."""
    _refuse_bare(value, "size", "write {it}KiB or {it}MiB")
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Wrong("{it} is not a size", "write 64KiB, 5MiB or 5MB")
    return int(_above_zero(float(match["number"]) * _BYTES[match["unit"]], "size"))


def ratio(value: Any) -> float:
    """A number between 0 and 1 from ``0.5`` or ``50%``. Raises `Wrong`."""
    if isinstance(value, str) and (match := _RATIO.fullmatch(value)):
        number = float(match["number"]) / 100
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
    else:
        raise Wrong("{it} is not a ratio", "write 0.5 or 50%")
    if not 0 <= number <= 1:
        raise Wrong("{it} is not between 0 and 1", "write 0.5 or 50%")
    return number


def duration_text(seconds: float) -> str:
    """*seconds* as people write them: 0.25 → ``250ms``, 60 → ``60s``, 120 → ``2m``, infinity → ``off``."""
    if math.isinf(seconds):
        return "off"
    for unit, least in (("h", 3600), ("m", 120), ("s", 1)):
        if seconds >= least and (unit == "s" or seconds % _SECONDS[unit] == 0):
            return f"{seconds / _SECONDS[unit]:.12g}{unit}"
    return f"{seconds * 1000:.12g}ms"


def size_text(count: int) -> str:
    """The shortest way to write *count* bytes: 1048576 → ``1MiB``."""
    for unit in ("GiB", "GB", "MiB", "MB", "KiB", "KB"):
        if count >= _BYTES[unit] and count % _BYTES[unit] == 0:
            return f"{count // _BYTES[unit]}{unit}"
    return f"{count}B"


def ratio_text(number: float) -> str:
    """0.5 → ``0.5``."""
    return f"{number:g}"


def _refuse_bare(value: Any, noun: str, hint: str) -> None:
    """Numbers without a unit, in quotes or not."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number and not ((isinstance(value, str) and _NEGATIVE.match(value)) or _is_bare(value)):
        return
    if str(value).startswith("-"):
        raise Wrong(f"{{it}} is negative; a {noun} is above zero")
    raise Wrong(f"{{it}} what? A {noun} needs a unit", hint)


def _is_bare(value: Any) -> bool:
    return isinstance(value, str) and _BARE.fullmatch(value) is not None


def _above_zero(number: float, noun: str) -> float:
    if not 0 < number < math.inf:
        raise Wrong(
            f"{{it}} is not above zero; a {noun} must be" if number == 0 else f"{{it}} is too large a {noun}"
        )
    return number

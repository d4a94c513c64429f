"""KrakenD's quantities: Go's durations, where one that cannot be read is as if it were not there."""

from __future__ import annotations

import re
from typing import Final

from gateway.config.units import duration_text
from gateway.importing.foreign import At

_SECONDS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PIECE: Final = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h)")


def go_duration(text: str) -> float | None:
    """Seconds of ``1m30s``, ``200ms`` …; ``None`` if Go would not read it, or it is not above zero."""
    pieces = _PIECE.findall(text)
    if not pieces or "".join(number + unit for number, unit in pieces) != text.removeprefix("+"):
        return None
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in pieces)
    return round(seconds, 9) or None


def duration_at(at: At) -> float | None:
    """Seconds of the duration at *at*; ``None`` if there is none that KrakenD would take."""
    return go_duration(at.text)


def written(seconds: float) -> str:
    """A duration as our files write it, to the microsecond."""
    return duration_text(max(0.000001, round(seconds, 6)))

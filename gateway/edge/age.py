"""How old an answer is that is one copy: the ``Age`` line of routes with a single step."""

from __future__ import annotations

from typing import Final

from gateway.outcome import Freshness, Outcome, Success

_COPIES: Final = frozenset({Freshness.CACHED, Freshness.STALE})


def age_line(outcome: Outcome | None) -> bytes:
    """``age: 3`` and a line end if *outcome* is a copy, else nothing."""
    if not isinstance(outcome, Success) or outcome.freshness not in _COPIES or outcome.meta is None:
        return b""
    return b"age: " + outcome.meta[b"age"] + b"\r\n"

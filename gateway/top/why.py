"""Says in a few words why a request is worth a look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.top import cells

if TYPE_CHECKING:
    from gateway.dashboard.snapshot import Bar, Request

_STANDS_IN: Final = frozenset({"stale", "partial", "fallback"})


def why(request: Request) -> str:
    """``orders timeout, stale``: the steps in trouble and what stood in; else the step that took longest."""
    troubled = [_trouble(bar) for bar in request.steps if bar.cause is not None]
    if troubled:
        return "; ".join(troubled)
    longest = max(request.steps, key=lambda bar: bar.seconds, default=None)
    return "" if longest is None else f"{longest.step} took {cells.duration(longest.seconds)}"


def _trouble(bar: Bar) -> str:
    instead = f", {bar.outcome}" if bar.outcome in _STANDS_IN else ""
    return f"{bar.step} {bar.cause}{instead}"

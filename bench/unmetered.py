"""``python -m bench.unmetered run FILE …``: the gateway whose meters count nothing, to see what metrics cost.

For the bench alone: the dashboard and every alert live on these counts, and what they cost is hardly to be
measured, so the gateway has no switch for them.
"""

from __future__ import annotations

from gateway.cli import main
from gateway.telemetry import meters, metrics


class MuteCalls(meters.CallMeter):
    """Counts no calls."""

    __slots__ = ()

    def record(self, *_: object) -> None:
        """Do nothing."""


class MuteAttempts(meters.AttemptMeter):
    """Counts no attempts."""

    __slots__ = ()

    def record(self, *_: object) -> None:
        """Do nothing."""


class MuteRequests(meters.RequestMeter):
    """Counts no requests."""

    __slots__ = ()

    def record(self, *_: object) -> None:
        """Do nothing."""


def mute() -> None:
    """Put them in the others' places. Raises ``AttributeError`` if one has moved."""
    places = {"CallMeter": MuteCalls, "AttemptMeter": MuteAttempts, "RequestMeter": MuteRequests}
    for name, silent in places.items():
        if not hasattr(metrics, name):
            raise AttributeError(
                f"gateway.telemetry.metrics has no {name} any more: bench.unmetered must follow"
            )
        vars(metrics)[name] = silent


if __name__ == "__main__":
    mute()
    main()

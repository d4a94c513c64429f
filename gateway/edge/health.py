"""Says how the gateway is: of itself (live, ready), and of its upstreams by what their circuits know.

Rules of the file (docs/contract.md section 6):
1. Nothing here calls an upstream: a health page must not add load to what is already ill.
2. The public form shows names and states only.
3. A circuit whose open time is over is ``recovering``: its upstream is degraded, never gone, because
   only a request can find out that it is well again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum
from typing import Final, Protocol

RECOVERING: Final = "recovering"
UNGUARDED: Final = "unguarded"
"""The state of an upstream without a breaker: nothing is known of it."""

_GONE: Final = frozenset({"open", "forced_open"})
"""Circuits that let nobody through."""


class CircuitView(Protocol):
    """A circuit at an instant."""

    @property
    def state(self) -> str:
        """closed, open, half_open, forced_open, disabled or metrics_only."""

    @property
    def recovering(self) -> bool:
        """Whether its open time is over and it is not closed yet."""


Look = Callable[[], CircuitView]


class Status(StrEnum):
    """How the gateway as a whole is."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


HTTP_STATUS: Final = {Status.HEALTHY: 200, Status.DEGRADED: 200, Status.UNHEALTHY: 503}


class Phase(StrEnum):
    """Where the process is in its life; only ``READY`` takes requests."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"


class Health:
    """The state of everything, on demand.

    *circuits* gives for each upstream how to look at its circuit, or ``None`` if it has no breaker.
    *required* gives for each route the upstreams of its required steps. *phase* is asked at each look.
    """

    __slots__ = ("_circuits", "_phase", "_required")

    def __init__(
        self,
        circuits: Mapping[str, Look | None],
        required: Mapping[str, Collection[str]],
        phase: Callable[[], Phase],
    ) -> None:
        self._circuits = circuits
        self._required: Sequence[Collection[str]] = tuple(required.values())
        self._phase = phase

    def states(self) -> dict[str, str]:
        """Every upstream's state: its circuit's, ``recovering`` or ``unguarded``."""
        return {name: _state(look) for name, look in self._circuits.items()}

    def report(self) -> tuple[int, dict[str, object]]:
        """``/health``: the HTTP status and the public form."""
        states = self.states()
        status = self._status(states)
        return HTTP_STATUS[status], {"status": status, "upstreams": states}

    def ready(self) -> tuple[int, dict[str, object]]:
        """``/health/ready``: whether this process takes requests, whatever its upstreams do."""
        phase = self._phase()
        return (200 if phase is Phase.READY else 503), {"status": phase}

    def live(self) -> tuple[int, dict[str, object]]:
        """``/health/live``: the loop turns, or nobody would answer."""
        return 200, {"status": "live"}

    def _status(self, states: Mapping[str, str]) -> Status:
        gone = {name for name, state in states.items() if state in _GONE}
        if gone and all(not gone.isdisjoint(needed) for needed in self._required):
            return Status.UNHEALTHY if self._required else Status.DEGRADED
        ill = gone or RECOVERING in states.values()
        return Status.DEGRADED if ill else Status.HEALTHY


def _state(look: Look | None) -> str:
    if look is None:
        return UNGUARDED
    circuit = look()
    return RECOVERING if circuit.recovering else str(circuit.state)

"""The states of a circuit, and what it tells others about itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class CircuitState(StrEnum):
    """The states of a circuit, as health and metrics name them."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    FORCED_OPEN = "forced_open"
    DISABLED = "disabled"
    METRICS_ONLY = "metrics_only"


FORCED: Final = frozenset({CircuitState.FORCED_OPEN, CircuitState.DISABLED, CircuitState.METRICS_ONLY})
"""States that only an operator sets and ends."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of state: what listeners are told.

    ``reason`` ∈ failure_rate · consecutive · slow_rate · probe_failed · probes_slow · probe_lost (→ open),
    open_time_over, hint (→ half_open), probes_succeeded, hint_refuted, hint_over (→ closed), operator (from
    or to a forced state, reset).
    ``detail`` is a sentence part for people; ``open_for`` seconds, 0 unless it opened.
    """

    name: str
    old: CircuitState
    new: CircuitState
    reason: str
    detail: str
    open_for: float


Listener = Callable[[Transition], None]
"""Told of every transition, synchronously: count, or put it on a queue; never wait."""


@dataclass(frozen=True, slots=True)
class CircuitSnapshot:
    """A circuit at an instant. ``open_remaining`` is seconds; counts are those of the sampling window.

    ``recovering``: its open time is over, and it is not closed yet. ``would_open`` is true only in
    metrics_only, while the rules would have it open.
    """

    name: str
    state: CircuitState
    recovering: bool
    open_remaining: float
    reason: str
    detail: str
    last_failure: str
    total: int
    failed: int
    slow: int
    in_a_row: int
    probes_out: int
    would_open: bool
    listener_errors: int

    def sentence(self) -> str:
        """The circuit in words, for logs."""
        counts = f"{self.failed} failed and {self.slow} slow of {self.total} calls"
        if self.recovering:
            return f"{self.name} is recovering: {self.probes_out} probes out; opened because {self.detail}"
        if self.state is CircuitState.OPEN:
            return f"{self.name} is open for {self.open_remaining:.1f} s more: {self.detail}"
        return f"{self.name} is {self.state}: {counts}"

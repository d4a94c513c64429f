"""The numbers by which a circuit opens and closes (defaults: docs/contract.md section 5)."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.layers.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitRules:
    """When a circuit opens, and how it closes again. Times are seconds, ratios lie in (0, 1].

    It opens when, within ``sampling_window``, at least ``minimum_throughput`` calls ended and at least
    ``failure_ratio`` of them failed or ``slow_ratio`` of them took longer than ``slow_call`` (``None``:
    no call is slow); or after ``consecutive`` failures in a row (``None``: however many).
    It stays open for ``open_for``, doubled each time up to ``max_open_for``, spread by ``jitter``; then up
    to ``probes`` calls at once may try, and that many successes close it.

    ``timeout`` is the upstream's attempt timeout: what "had already run long" is measured against.
    """

    failure_ratio: float = 0.5
    minimum_throughput: int = 20
    sampling_window: float = 10.0
    consecutive: int | None = 10
    open_for: float = 5.0
    max_open_for: float = 60.0
    jitter: float = 0.2
    probes: int = 3
    slow_call: float | None = None
    slow_ratio: float = 0.8
    timeout: float = 1.0

    def __post_init__(self) -> None:
        for name in ("failure_ratio", "slow_ratio"):
            if not 0.0 < getattr(self, name) <= 1.0:
                raise ValueError(f"{name} must lie between 0 and 1, not {getattr(self, name)!r}")
        for name in ("sampling_window", "open_for", "max_open_for", "slow_call", "timeout"):
            value = getattr(self, name)
            if value is not None and not value > 0.0:
                raise ValueError(f"{name} must be above 0 s, not {value!r}")
        for name in ("minimum_throughput", "consecutive", "probes"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1, not {value!r}")
        if not 0.0 <= self.jitter < 1.0:
            raise ValueError(f"jitter must lie between 0 and 1, not {self.jitter!r}")

    def complaint(self, window: Window, in_a_row: int) -> tuple[str, str]:
        """Why the circuit should open, on the calls in *window* and the failures *in_a_row*, as reason and
        detail; empty if it should not.
        """
        total = window.total
        if total >= self.minimum_throughput:
            if window.failed / total >= self.failure_ratio:
                return "failure_rate", f"{window.failed} of {total} calls failed"
            if window.slow / total >= self.slow_ratio:
                return "slow_rate", f"{window.slow} of {total} calls were slow"
        if self.consecutive is not None and in_a_row >= self.consecutive:
            return "consecutive", f"{in_a_row} calls in a row failed"
        return "", ""

    @property
    def long_call(self) -> float:
        """A call that was cut after more than this many seconds counts as failed: time spent is evidence."""
        return 0.8 * self.timeout if self.slow_call is None else self.slow_call

    @property
    def lost_probe(self) -> float:
        """A probe that has not ended after this many seconds never will: its permit was lost."""
        return max(self.max_open_for, 2.0 * self.timeout)

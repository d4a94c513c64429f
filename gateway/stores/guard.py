"""What a store wants of a circuit breaker; ``layers.circuit.Circuit`` is one.

Stores stand below the layers and may not import them, so whoever builds a store hands it the breaker.
"""

from __future__ import annotations

from typing import Protocol


class Guard(Protocol):
    """Who may ask the server, by what it did lately. Every *now* is an instant on one monotonic clock."""

    def refuses(self, now: float) -> bool:
        """Whether a question would be refused now; a look only."""

    def acquire(self, now: float) -> int | None:
        """A permit, to be ended exactly once by one of the others; ``None``: refused."""

    def succeeded(self, permit: int, now: float, elapsed: float) -> None:
        """An answer came in time."""

    def failed(
        self, permit: int, now: float, elapsed: float, note: str = "", retry_after: float | None = None
    ) -> None:
        """None did. *note* is short text for people."""

    def release(self, permit: int) -> None:
        """The question ended in a way that says nothing about the server."""

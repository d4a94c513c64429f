"""How many bytes of bodies the gateway holds at once, and the bound on it (``server.max_buffered``)."""

from __future__ import annotations


class Buffered:
    """A counter with a bound. Whoever receives body bytes takes; the end of the request gives back."""

    __slots__ = ("limit", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0

    @property
    def full(self) -> bool:
        """No new call may begin."""
        return self.used >= self.limit

    def take(self, size: int) -> bool:
        """Count *size* more bytes; ``False``, and nothing counted, if that would pass the bound."""
        if self.used + size > self.limit:
            return False
        self.used += size
        return True

    def give(self, size: int) -> None:
        """Give back *size* bytes that were taken."""
        self.used -= size

    def __repr__(self) -> str:
        return f"<Buffered {self.used} of {self.limit} bytes>"

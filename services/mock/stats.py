"""What a service has seen: requests, connections and the last requests' headers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

REMEMBERED: Final = 20
"""How many requests ``GET /__last`` shows."""


class Connection(Protocol):
    """A connection as far as counting needs to know it."""

    control: bool
    """The last request on it was for a ``/__`` path: whoever asks for statistics is not part of them."""


class Counters:
    """Requests of one path pattern, or of all."""

    __slots__ = ("closed_by_client", "hits", "in_flight", "peak_in_flight")

    def __init__(self) -> None:
        self.hits = self.in_flight = self.peak_in_flight = self.closed_by_client = 0

    def begin(self) -> None:
        """A request came."""
        self.hits += 1
        self.in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self.in_flight)

    def end(self, *, left: bool) -> None:
        """It is over; *left*: the client went before its answer was complete."""
        self.in_flight -= 1
        self.closed_by_client += left

    def reset(self) -> None:
        """Count anew; what is in flight stays in flight."""
        self.hits = self.closed_by_client = 0
        self.peak_in_flight = self.in_flight

    def shown(self) -> dict[str, int]:
        """As JSON shows it."""
        return {
            name: getattr(self, name) for name in ("hits", "in_flight", "peak_in_flight", "closed_by_client")
        }


class Visit:
    """One request while it is counted."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = False


class Stats:
    """Everything ``GET /__stats`` and ``GET /__last`` show. ``/__`` paths are never counted."""

    def __init__(self) -> None:
        self.connections: set[Connection] = set()
        self.accepted = 0
        self._total = Counters()
        self._paths: dict[str, Counters] = {}
        self._last: deque[dict[str, Any]] = deque(maxlen=REMEMBERED)

    @contextmanager
    def visit(self, pattern: str) -> Iterator[Visit]:
        """Count a request; set ``left`` on what this gives if its client goes too early."""
        counters = (self._total, self._paths.setdefault(pattern, Counters()))
        for counter in counters:
            counter.begin()
        visit = Visit()
        try:
            yield visit
        finally:
            for counter in counters:
                counter.end(left=visit.left)

    def connected(self, connection: Connection) -> None:
        """A client connected."""
        self.accepted += 1
        self.connections.add(connection)

    def remember(self, method: str, path: str, query: str, headers: list[tuple[str, str]]) -> None:
        """Keep what a request looked like."""
        self._last.append({"method": method, "path": path, "query": query, "headers": headers})

    def last(self) -> list[dict[str, Any]]:
        """The last requests, newest last."""
        return list(self._last)

    def reset(self) -> None:
        """Forget what was; what is open or in flight stays counted."""
        self._total.reset()
        for pattern in [pattern for pattern, counters in self._paths.items() if not counters.in_flight]:
            del self._paths[pattern]
        for counters in self._paths.values():
            counters.reset()
        self._last.clear()
        self.accepted = 0

    def shown(self) -> dict[str, Any]:
        """As JSON shows it."""
        return {
            **self._total.shown(),
            "connections_open": sum(not connection.control for connection in self.connections),
            "connections_accepted": self.accepted,
            "paths": {pattern: counters.shown() for pattern, counters in self._paths.items()},
        }

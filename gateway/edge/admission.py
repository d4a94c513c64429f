"""Turns requests away while too many are under way, the least important first, before they cost anything.

A gateway that accepts more than it can answer answers everybody late. Who is turned away early can go
elsewhere, and whoever is let in is answered in time.

Rules of the file:
1. A request is turned away at its very beginning: before its body is read, and before any call.
2. The less important a route is, the earlier: what is left at the end is for the critical ones.
3. Pages (health, documentation) are no routes, and never turned away: the listener finds them first.
4. A late event loop is full whatever the count says: what waits to be accepted is not counted anywhere. Then
   sheddable routes are turned away until it is on time again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from gateway.edge import problems
from gateway.edge.answer import Message, Receive, Send
from gateway.edge.endpoint import Endpoint
from gateway.edge.negotiating import NegotiatingEndpoint
from gateway.edge.passing import PassingEndpoint

LATE: Final = 0.1
"""Seconds by which the event loop must be late to count as full."""

_LATE_IN_A_ROW: Final = 2
"""Late probes in a row that it takes: a single one may be a garbage collection."""


class Priority(IntEnum):
    """How important a route is; the numbers are ``Call.priority``'s."""

    SHEDDABLE = -1
    NORMAL = 0
    CRITICAL = 1


SHARES: Final = {Priority.SHEDDABLE: 0.8, Priority.NORMAL: 0.95, Priority.CRITICAL: 1.0}
"""How full the gateway may be for a request to be let in."""


@dataclass(frozen=True, slots=True)
class AdmissionSnapshot:
    """Admission at an instant; ``refused``, by priority in words, only ever grows."""

    limit: int
    in_flight: int
    late: bool
    refused: Mapping[str, int]


class Admission:
    """At most *limit* requests under way. Whoever entered leaves exactly once."""

    __slots__ = ("_late_probes", "_most", "_refused", "_sheddable", "in_flight", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.in_flight = 0
        # Lists, as the hash of an enumeration is written in Python; -1 is their last place.
        self._most = [0] * len(Priority)
        self._refused = [0] * len(Priority)
        for priority, share in SHARES.items():
            self._most[priority] = max(1, int(share * limit))
        self._sheddable = self._most[Priority.SHEDDABLE]
        self._late_probes = 0

    def enter(self, priority: Priority) -> bool:
        """Let a request in; ``False``, and counted as refused, if there is no room for one of *priority*."""
        if self.in_flight >= self._most[priority]:
            self._refused[priority] += 1
            return False
        self.in_flight += 1
        return True

    def leave(self) -> None:
        """A request that entered has ended."""
        self.in_flight -= 1

    def notice_lag(self, seconds: float) -> None:
        """The event loop was probed, and *seconds* late."""
        self._late_probes = self._late_probes + 1 if seconds >= LATE else 0
        self._most[Priority.SHEDDABLE] = 0 if self.late else self._sheddable

    @property
    def late(self) -> bool:
        """Whether the event loop is too late for sheddable requests."""
        return self._late_probes >= _LATE_IN_A_ROW

    def snapshot(self) -> AdmissionSnapshot:
        """Admission now, for metrics and the admin pages."""
        refused = {priority.name.lower(): self._refused[priority] for priority in Priority}
        return AdmissionSnapshot(self.limit, self.in_flight, self.late, refused)

    def __repr__(self) -> str:
        late = ", the event loop is late" if self.late else ""
        return f"<Admission: {self.in_flight} of {self.limit} requests under way{late}>"


class Admitting:
    """What answers the requests of a route that *admission* lets in, by their *priority*, and no others.

    Stands before a class of endpoints, whose arguments the others are. Where admission is not configured,
    nothing asks for it.
    """

    def __init__(self, *args: Any, admission: Admission, priority: Priority, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self._admission = admission
        self._priority = priority

    def enter(self) -> bool:
        """Let a request in, or turn it away."""
        return self._admission.enter(self._priority)

    def leave(self) -> None:
        """A request that entered is over."""
        self._admission.leave()


class AdmittingEndpoint(Admitting, Endpoint):
    """An endpoint that answers requests beyond what is admitted with 503."""


class AdmittingNegotiating(Admitting, NegotiatingEndpoint):
    """The same in several forms."""


class AdmittingPassing(Admitting, PassingEndpoint):
    """The same for what is passed on."""

    async def __call__(self, scope: Message, receive: Receive, send: Send, path: Mapping[str, str]) -> None:
        """Answer one request, or turn it away."""
        if not self.enter():
            arrived = self._engine.clock()
            trace, _ = self._intake.read(scope["headers"], scope.get("client"), 1.0)
            await self._refuse(scope, send, problems.no_space(trace.request_id), arrived, trace)
            return
        try:
            await super().__call__(scope, receive, send, path)
        finally:
            self.leave()

"""Ends the recordings of requests: what the client asked, what it got, and whether that is worth keeping."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.edge.access_log import SLOW
from gateway.edge.answer import Message
from gateway.recording import Recording, Request

if TYPE_CHECKING:
    from gateway.plan.model import Ended

CLIENT_GONE = "client_gone"
"""What ends a request whose client left before its answer."""


def answered(
    recording: Recording, run: Ended, scope: Message, status: int, *, degraded: bool, seconds: float
) -> None:
    """The plan ran, and *status* was answered after *seconds*."""
    failure = run.failure if status >= 400 else None
    recording.cause = failure[1].cause if failure is not None else ""
    recording.degraded = degraded
    recording.slow = seconds >= SLOW * run.plan.time_limit
    refused(recording, run.plan.route, scope, status)


def refused(recording: Recording, route: str, scope: Message, status: int) -> None:
    """The request of *route* is over; *status* is 0 if its client left."""
    recording.status = status
    recording.failed = status >= 500
    if not status:
        recording.cause = CLIENT_GONE
    server = scope.get("server")
    recording.request = Request(
        route,
        scope["method"],
        scope["path"],
        scope.get("scheme", "http"),
        None if server is None else (server[0], server[1]),
        scope.get("http_version", "1.1"),
    )
    recording.finish()

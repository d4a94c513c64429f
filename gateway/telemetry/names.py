"""Every metric's name, kind, labels and help text, in one place.

Labels are bounded by the configuration: routes by their pattern (never a path), steps, upstreams, and the
words of ``gateway.outcome``. Durations are seconds, sizes bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Kind(Enum):
    """How a metric behaves over time."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Name:
    """One metric. Counters are exposed with ``_total`` at their end."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()


NO_ROUTE: Final = "(none)"
"""The route of requests that no route took."""

REQUESTS: Final = Name(
    "gateway_requests",
    Kind.COUNTER,
    "Requests answered, by route, status and whether some part was degraded.",
    ("route", "status", "degraded"),
)
REQUEST_SECONDS: Final = Name(
    "gateway_request_duration_seconds",
    Kind.HISTOGRAM,
    "Time from a request's head to its answer.",
    ("route",),
)
CLIENT_GONE: Final = Name(
    "gateway_client_gone", Kind.COUNTER, "Requests whose client left before the answer.", ("route",)
)
CALLS: Final = Name(
    "gateway_calls",
    Kind.COUNTER,
    "Steps that ended, by what was served for them, and the cause if that stands in for a failure.",
    ("route", "step", "served", "cause"),
)
CALL_SECONDS: Final = Name(
    "gateway_call_duration_seconds",
    Kind.HISTOGRAM,
    "Time of a step's call with all its attempts.",
    ("route", "step"),
)
ATTEMPTS: Final = Name(
    "gateway_attempts",
    Kind.COUNTER,
    "Tries of a call at an upstream, by cause of failure; 'none' for those that answered.",
    ("upstream", "cause"),
)
ATTEMPT_SECONDS: Final = Name(
    "gateway_attempt_duration_seconds",
    Kind.HISTOGRAM,
    "Time of one try, with the wait for a slot.",
    ("upstream",),
)
BREAKER_STATE: Final = Name(
    "gateway_breaker_state", Kind.GAUGE, "1 for the state that a breaker is in.", ("upstream", "state")
)
BREAKER_TRANSITIONS: Final = Name(
    "gateway_breaker_transitions",
    Kind.COUNTER,
    "Changes of a breaker's state.",
    ("upstream", "old", "new", "reason"),
)
LISTENER_ERRORS: Final = Name(
    "gateway_listener_errors", Kind.COUNTER, "Listeners of breaker events that raised.", ("upstream",)
)
BULKHEAD_SLOTS: Final = Name(
    "gateway_bulkhead_slots", Kind.GAUGE, "Attempts that may be in flight at once.", ("upstream",)
)
BULKHEAD_IN_USE: Final = Name("gateway_bulkhead_in_use", Kind.GAUGE, "Attempts in flight.", ("upstream",))
BULKHEAD_WAITING: Final = Name(
    "gateway_bulkhead_waiting", Kind.GAUGE, "Calls waiting for a slot.", ("upstream",)
)
BULKHEAD_REFUSED: Final = Name(
    "gateway_bulkhead_refused", Kind.COUNTER, "Calls refused for want of a slot.", ("upstream",)
)
POOL_LIMIT: Final = Name("gateway_pool_limit", Kind.GAUGE, "Connections that may be open.", ("upstream",))
POOL_CONNECTIONS: Final = Name(
    "gateway_pool_connections", Kind.GAUGE, "Open connections, idle or in use.", ("upstream", "state")
)
POOL_WAITING: Final = Name(
    "gateway_pool_waiting", Kind.GAUGE, "Calls waiting for a connection.", ("upstream",)
)
POOL_CREATED: Final = Name("gateway_pool_created", Kind.COUNTER, "Connections made.", ("upstream",))
POOL_REUSED: Final = Name(
    "gateway_pool_reused", Kind.COUNTER, "Calls on a connection used before.", ("upstream",)
)
POOL_LOST: Final = Name("gateway_pool_lost", Kind.COUNTER, "Connections lost while in use.", ("upstream",))
BUFFERED: Final = Name("gateway_buffered_bytes", Kind.GAUGE, "Bytes of bodies held now.")
BUFFERED_LIMIT: Final = Name("gateway_buffered_limit_bytes", Kind.GAUGE, "Bytes of bodies that may be held.")
BACKGROUND: Final = Name(
    "gateway_background_calls", Kind.GAUGE, "Unrepeatable calls that outlive their request."
)
LOOP_LAG: Final = Name(
    "gateway_event_loop_lag_seconds",
    Kind.HISTOGRAM,
    "How late the event loop runs a timer, probed regularly.",
)

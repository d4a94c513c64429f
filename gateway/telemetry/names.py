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
EXTRA_ATTEMPTS: Final = Name(
    "gateway_extra_attempts",
    Kind.COUNTER,
    "Retries and hedges: sent, won (they gave the answer), withheld (the budget was empty).",
    ("upstream", "kind", "result"),
)
BUDGET_TOKENS: Final = Name(
    "gateway_budget_tokens", Kind.GAUGE, "Retries and hedges that may be sent now.", ("upstream",)
)
UNLOADED_SECONDS: Final = Name(
    "gateway_bulkhead_unloaded_seconds",
    Kind.GAUGE,
    "How long calls take without load, as adaptive slots measured it last.",
    ("upstream", "address"),
)
RAMP_LEVEL: Final = Name(
    "gateway_ramp_level", Kind.GAUGE, "Calls let in at this step of a ramp; 0: none.", ("upstream", "address")
)
ADDRESS_STATE: Final = Name(
    "gateway_address_state",
    Kind.GAUGE,
    "1 for the state of the breaker of one of several addresses.",
    ("upstream", "address", "state"),
)
ADDRESS_PENDING: Final = Name(
    "gateway_address_pending",
    Kind.GAUGE,
    "Attempts under way at one of several addresses.",
    ("upstream", "address"),
)
ADDRESS_CALLS: Final = Name(
    "gateway_address_calls",
    Kind.COUNTER,
    "Attempts sent to one of several addresses.",
    ("upstream", "address"),
)
ADDRESS_WEIGHT: Final = Name(
    "gateway_address_weight",
    Kind.GAUGE,
    "Share of a full one that an address gets: less during a slow start, 0 while its breaker is open.",
    ("upstream", "address"),
)
ADDRESS_EJECTED: Final = Name(
    "gateway_address_ejected",
    Kind.GAUGE,
    "1 while an address is left out for failing more than the others.",
    ("upstream", "address"),
)
EJECTIONS: Final = Name(
    "gateway_address_ejections",
    Kind.COUNTER,
    "How often an address was left out.",
    ("upstream", "address"),
)
HINTS: Final = Name(
    "gateway_breaker_hints",
    Kind.COUNTER,
    "Hints of breakers to and from other processes: told, heeded, outvoted, ignored.",
    ("upstream", "result"),
)
ADMISSION_LIMIT: Final = Name("gateway_admission_limit", Kind.GAUGE, "Requests that may be under way.")
ADMISSION_IN_FLIGHT: Final = Name("gateway_admission_in_flight", Kind.GAUGE, "Requests under way.")
ADMISSION_REFUSED: Final = Name(
    "gateway_admission_refused",
    Kind.COUNTER,
    "Requests turned away because there were too many.",
    ("priority",),
)
CACHE_LOOKUPS: Final = Name(
    "gateway_cache_lookups",
    Kind.COUNTER,
    "Look-ups: hit, stale (served and asked anew), stood_in (for a failure), miss.",
    ("route", "step", "result"),
)
CACHE_KEPT: Final = Name("gateway_cache_kept", Kind.COUNTER, "Answers put into a store.", ("route", "step"))
CACHE_REFRESHING: Final = Name(
    "gateway_cache_refreshing", Kind.GAUGE, "Copies that are being asked for anew.", ("route", "step")
)
APART_REFUSED: Final = Name(
    "gateway_apart_refused",
    Kind.COUNTER,
    "Shared flights and refreshes that were not begun because there were too many.",
    ("kind",),
)
FLIGHTS: Final = Name("gateway_flights", Kind.GAUGE, "Shared calls under way.")
FLIGHT_WAITERS: Final = Name("gateway_flight_waiters", Kind.GAUGE, "Calls that wait for one of them.")
FLIGHTS_BEGUN: Final = Name("gateway_flights_begun", Kind.COUNTER, "Shared calls that were made.")
FLIGHTS_JOINED: Final = Name(
    "gateway_flights_joined", Kind.COUNTER, "Calls that found an equal one under way, and were not sent."
)
STORE_BYTES: Final = Name("gateway_store_bytes", Kind.GAUGE, "Bytes of memory a store holds.", ("store",))
STORE_LIMIT: Final = Name("gateway_store_limit_bytes", Kind.GAUGE, "Bytes it may hold.", ("store",))
STORE_COPIES: Final = Name("gateway_store_copies", Kind.GAUGE, "Copies in memory.", ("store",))
STORE_EVICTED: Final = Name(
    "gateway_store_evicted", Kind.COUNTER, "Copies that made room for others.", ("store",)
)
STORE_READS: Final = Name(
    "gateway_store_reads",
    Kind.COUNTER,
    "Questions to a redis, by how they ended; skipped ones were not asked, because it was not well.",
    ("store", "result"),
)
STORE_WRITES: Final = Name(
    "gateway_store_writes", Kind.COUNTER, "Copies for a redis: written, error, dropped.", ("store", "result")
)
STORE_LINKS: Final = Name("gateway_store_links", Kind.GAUGE, "Connections to redis that are up.", ("store",))

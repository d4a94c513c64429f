"""Every metric's name, kind, labels and help text, in one place.

Labels are bounded by the configuration: routes by their pattern (never a path), steps, upstreams, and the
words of ``gateway.outcome``. Durations are seconds, sizes bytes. docs/telemetry.md is made of this file.
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


def _counter(name: str, help_: str, labels: str = "") -> Name:
    return Name(name, Kind.COUNTER, help_, tuple(labels.split()))


def _gauge(name: str, help_: str, labels: str = "") -> Name:
    return Name(name, Kind.GAUGE, help_, tuple(labels.split()))


def _histogram(name: str, help_: str, labels: str = "") -> Name:
    return Name(name, Kind.HISTOGRAM, help_, tuple(labels.split()))


NO_ROUTE: Final = "(none)"
"""The route of requests that no route took."""

REQUESTS: Final = _counter(
    "gateway_requests",
    "Requests answered, by route, status and whether some part was degraded.",
    "route status degraded",
)
REQUEST_SECONDS: Final = _histogram(
    "gateway_request_duration_seconds", "Time from a request's head to its answer.", "route"
)
CLIENT_GONE: Final = _counter("gateway_client_gone", "Requests whose client left before the answer.", "route")
HEADS_REFUSED: Final = _counter(
    "gateway_heads_refused",
    "Connections that were ended before a request was whole: 431 its head is too large, "
    "408 it came too slowly, 400 it is not HTTP.",
    "status",
)
CLIENTS_STALLED: Final = _counter(
    "gateway_clients_stalled", "Connections that were broken because their client did not read its answer."
)
STREAMS_OPEN: Final = _gauge(
    "gateway_streams_open", "Answers that are going out piece by piece now.", "route"
)
STREAMS: Final = _counter(
    "gateway_streams",
    "Answers that went out piece by piece: whole, client_gone, or the cause that broke them off.",
    "route ending",
)
STREAM_BYTES: Final = _counter(
    "gateway_stream_bytes", "Bytes of bodies that were passed on: in from clients, out to them.", "route way"
)
CLIENTS: Final = _gauge("gateway_client_connections", "Open connections of clients.")
CALLS: Final = _counter(
    "gateway_calls",
    "Steps that ended, by what was served for them, and the cause if that stands in for a failure.",
    "route step served cause",
)
CALL_SECONDS: Final = _histogram(
    "gateway_call_duration_seconds", "Time of a step's call with all its attempts.", "route step"
)
ATTEMPTS: Final = _counter(
    "gateway_attempts",
    "Tries of a call at an upstream, by cause of failure; 'none' for those that answered.",
    "upstream cause",
)
ATTEMPT_SECONDS: Final = _histogram(
    "gateway_attempt_duration_seconds", "Time of one try, with the wait for a slot.", "upstream"
)
STAND_INS: Final = _gauge(
    "gateway_stand_ins_allowed",
    "1 while stale copies and fallbacks may stand in for failures; an operator can switch that off.",
)
BREAKER_STATE: Final = _gauge(
    "gateway_breaker_state", "1 for the state that a breaker is in.", "upstream state"
)
BREAKER_TRANSITIONS: Final = _counter(
    "gateway_breaker_transitions", "Changes of a breaker's state.", "upstream old new reason"
)
LISTENER_ERRORS: Final = _counter(
    "gateway_listener_errors", "Listeners of breaker events that raised.", "upstream"
)
BULKHEAD_SLOTS: Final = _gauge(
    "gateway_bulkhead_slots", "Attempts that may be in flight at once.", "upstream"
)
BULKHEAD_IN_USE: Final = _gauge("gateway_bulkhead_in_use", "Attempts in flight.", "upstream")
BULKHEAD_WAITING: Final = _gauge("gateway_bulkhead_waiting", "Calls waiting for a slot.", "upstream")
BULKHEAD_REFUSED: Final = _counter(
    "gateway_bulkhead_refused", "Calls refused for want of a slot.", "upstream"
)
POOL_LIMIT: Final = _gauge("gateway_pool_limit", "Connections that may be open.", "upstream")
POOL_CONNECTIONS: Final = _gauge(
    "gateway_pool_connections", "Open connections, idle or in use.", "upstream state"
)
POOL_WAITING: Final = _gauge("gateway_pool_waiting", "Calls waiting for a connection.", "upstream")
POOL_CREATED: Final = _counter("gateway_pool_created", "Connections made.", "upstream")
POOL_REUSED: Final = _counter("gateway_pool_reused", "Calls on a connection used before.", "upstream")
POOL_LOST: Final = _counter("gateway_pool_lost", "Connections lost while in use.", "upstream")
BUFFERED: Final = _gauge("gateway_buffered_bytes", "Bytes of bodies held now.")
BUFFERED_LIMIT: Final = _gauge("gateway_buffered_limit_bytes", "Bytes of bodies that may be held.")
BACKGROUND: Final = _gauge("gateway_background_calls", "Unrepeatable calls that outlive their request.")
LOOP_LAG: Final = _histogram(
    "gateway_event_loop_lag_seconds", "How late the event loop runs a timer, probed regularly."
)
SPANS: Final = _counter(
    "gateway_spans",
    "Spans for a trace: exported, failed (the receiver did not take them), dropped (no room for them).",
    "result",
)
BUILD: Final = _gauge("gateway_build_info", "Always 1; says which version runs.", "version")
EXTRA_ATTEMPTS: Final = _counter(
    "gateway_extra_attempts",
    "Retries and hedges: sent, won (they gave the answer), withheld (the budget was empty).",
    "upstream kind result",
)
BUDGET_TOKENS: Final = _gauge("gateway_budget_tokens", "Retries and hedges that may be sent now.", "upstream")
ADAPTIVE_SLOTS: Final = _gauge(
    "gateway_bulkhead_adaptive_slots",
    "Attempts that may be in flight at once at an address, as adaptive slots found out.",
    "upstream address",
)
UNLOADED_SECONDS: Final = _gauge(
    "gateway_bulkhead_unloaded_seconds",
    "How long calls take without load, as adaptive slots measured it last.",
    "upstream address",
)
RAMP_LEVEL: Final = _gauge(
    "gateway_ramp_level", "Calls let in at this step of a ramp; 0: none.", "upstream address"
)
ADDRESS_STATE: Final = _gauge(
    "gateway_address_state",
    "1 for the state of the breaker of one of several addresses.",
    "upstream address state",
)
ADDRESS_PENDING: Final = _gauge(
    "gateway_address_pending", "Attempts under way at one of several addresses.", "upstream address"
)
ADDRESS_CALLS: Final = _counter(
    "gateway_address_calls", "Attempts sent to one of several addresses.", "upstream address"
)
ADDRESS_WEIGHT: Final = _gauge(
    "gateway_address_weight",
    "Share of a full one that an address gets: less during a slow start, 0 while its breaker is open.",
    "upstream address",
)
ADDRESS_EJECTED: Final = _gauge(
    "gateway_address_ejected",
    "1 while an address is left out for failing more than the others.",
    "upstream address",
)
EJECTIONS: Final = _counter(
    "gateway_address_ejections", "How often an address was left out.", "upstream address"
)
HINTS: Final = _counter(
    "gateway_breaker_hints",
    "Hints of breakers to and from other processes: told, heeded, outvoted, ignored.",
    "upstream result",
)
ADMISSION_LIMIT: Final = _gauge("gateway_admission_limit", "Requests that may be under way.")
ADMISSION_IN_FLIGHT: Final = _gauge("gateway_admission_in_flight", "Requests under way.")
ADMISSION_REFUSED: Final = _counter(
    "gateway_admission_refused", "Requests turned away because there were too many.", "priority"
)
ENVIRONMENTS_WARM: Final = _gauge(
    "gateway_environments_warm",
    "Calls at once that a function has shown to answer without a cold start.",
    "upstream address",
)
COLD_CALLS: Final = _counter(
    "gateway_cold_calls",
    "Calls that needed another environment: answered, late (not within cold_timeout) or failed otherwise.",
    "upstream address result",
)
PREWARM_ROUNDS: Final = _counter(
    "gateway_prewarm_rounds", "Rounds of pings that keep a function warm.", "upstream address"
)
PREWARM_PINGS: Final = _counter(
    "gateway_prewarm_pings", "Pings that keep a function warm, answered or failed.", "upstream address result"
)
CREDENTIALS_STATE: Final = _gauge(
    "gateway_credentials_state",
    "1 for the state that the AWS credentials of an upstream are in: good, missing or refused.",
    "upstream address state",
)
CACHE_LOOKUPS: Final = _counter(
    "gateway_cache_lookups",
    "Look-ups: hit, stale (served and asked anew), stood_in (for a failure), miss.",
    "route step result",
)
CACHE_KEPT: Final = _counter("gateway_cache_kept", "Answers put into a store.", "route step")
CACHE_REFRESHING: Final = _gauge(
    "gateway_cache_refreshing", "Copies that are being asked for anew.", "route step"
)
APART_REFUSED: Final = _counter(
    "gateway_apart_refused",
    "Shared flights, refreshes and batches that were not begun because there were too many.",
    "kind",
)
FLIGHTS: Final = _gauge("gateway_flights", "Shared calls under way.")
FLIGHT_WAITERS: Final = _gauge("gateway_flight_waiters", "Calls that wait for one of them.")
FLIGHTS_BEGUN: Final = _counter("gateway_flights_begun", "Shared calls that were made.")
FLIGHTS_JOINED: Final = _counter(
    "gateway_flights_joined", "Calls that found an equal one under way, and were not sent."
)
BATCHES: Final = _gauge("gateway_batches", "Batches under way.")
BATCH_WAITERS: Final = _gauge("gateway_batch_waiters", "Calls that wait for a batch, sent or not.")
BATCHES_SENT: Final = _counter("gateway_batches_sent", "Batches that were sent.")
BATCH_KEYS: Final = _counter("gateway_batch_keys", "Different keys in the batches that were sent.")
BATCH_ASKED: Final = _counter("gateway_batch_calls", "Calls that asked for a key of a batch.")
UNDOS: Final = _counter(
    "gateway_undos",
    "Steps of failed requests to be undone: done, failed, skipped, unknown (left as it is), refused, lost.",
    "route step result",
)
STORE_BYTES: Final = _gauge("gateway_store_bytes", "Bytes of memory a store holds.", "store")
STORE_LIMIT: Final = _gauge("gateway_store_limit_bytes", "Bytes it may hold.", "store")
STORE_COPIES: Final = _gauge("gateway_store_copies", "Copies in memory.", "store")
STORE_EVICTED: Final = _counter("gateway_store_evicted", "Copies that made room for others.", "store")
STORE_TOO_LARGE: Final = _counter("gateway_store_too_large", "Copies that were larger than a store.", "store")
STORE_READS: Final = _counter(
    "gateway_store_reads",
    "Questions to a redis, by how they ended; skipped ones were not asked, because it was not well.",
    "store result",
)
STORE_WRITES: Final = _counter(
    "gateway_store_writes", "Copies for a redis: written, error, dropped.", "store result"
)
STORE_LINKS: Final = _gauge("gateway_store_links", "Connections to redis that are up.", "store")
STORE_WAITING: Final = _gauge(
    "gateway_store_waiting", "Questions and copies that wait for a connection to redis.", "store"
)
STORE_REFUSING: Final = _gauge(
    "gateway_store_refusing", "1 while a redis is not asked, because it failed or was too slow.", "store"
)
STORE_RECONNECTS: Final = _counter(
    "gateway_store_reconnects", "Connections to redis that were made anew.", "store"
)
HINT_BOARD: Final = _counter(
    "gateway_hint_board",
    "What became of hints on the way to and from redis: posted, heard, senseless, lost (a look that failed).",
    "store result",
)

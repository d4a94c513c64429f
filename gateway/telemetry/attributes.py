"""Every span, span attribute, event and link: its name and what it says, in one place.

Names without ``gateway.`` are OpenTelemetry's semantic conventions for HTTP and databases, the stable ones.
docs/telemetry.md is made of this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Of(Enum):
    """What an attribute stands on."""

    REQUEST = "request"
    STEP = "step"
    ATTEMPT = "attempt"
    STORE = "store"
    APART = "apart"
    EVENT = "event"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute. *where* are the kinds of spans (or the event, or link) that have it."""

    name: str
    where: tuple[Of, ...]
    help: str


@dataclass(frozen=True, slots=True)
class SpanName:
    """One kind of span. *name* is a format over the attributes in braces; *kind* is OpenTelemetry's."""

    of: Of
    name: str
    kind: str
    help: str


SPANS: Final = (
    SpanName(Of.REQUEST, "{route}", "server", "One request, from its head to its answer."),
    SpanName(Of.STEP, "step {step}", "internal", "One step's call, with all that was done for it."),
    SpanName(
        Of.ATTEMPT, "{method} {upstream}", "client", "One try at an upstream, also one that we refused."
    ),
    SpanName(Of.STORE, "cache {step}", "internal", "The look-up of a copy; client for a redis."),
    SpanName(Of.APART, "flight {step}", "internal", "A call that requests share, in a trace of its own."),
    SpanName(Of.APART, "refresh {step}", "internal", "A new copy for a cache, in a trace of its own."),
    SpanName(Of.APART, "batch {step}", "internal", "One call for many keys, in a trace of its own."),
)

METHOD: Final = Attribute("http.request.method", (Of.REQUEST, Of.ATTEMPT), "The method.")
ROUTE: Final = Attribute("http.route", (Of.REQUEST,), "The route's path, with its parameters' names.")
STATUS: Final = Attribute(
    "http.response.status_code", (Of.REQUEST, Of.ATTEMPT), "The status; absent where there was no answer."
)
RESEND: Final = Attribute("http.request.resend_count", (Of.ATTEMPT,), "Tries before this one, if any.")
PATH: Final = Attribute("url.path", (Of.REQUEST,), "The path, without its query.")
SCHEME: Final = Attribute("url.scheme", (Of.REQUEST,), "http or https.")
URL: Final = Attribute("url.full", (Of.ATTEMPT,), "What was asked for, without its query.")
SERVER: Final = Attribute("server.address", (Of.REQUEST, Of.ATTEMPT), "Our address, or the upstream's host.")
PORT: Final = Attribute("server.port", (Of.REQUEST, Of.ATTEMPT), "Its port.")
PROTOCOL: Final = Attribute("network.protocol.version", (Of.REQUEST,), "The version of HTTP.")
ERROR: Final = Attribute(
    "error.type",
    (Of.REQUEST, Of.STEP, Of.ATTEMPT, Of.APART),
    "Why it is an error: the status, or else the cause.",
)
REQUEST_ID: Final = Attribute("gateway.request_id", (Of.REQUEST, Of.APART), "The request's id.")
DEGRADED: Final = Attribute("gateway.degraded", (Of.REQUEST,), "Whether some part stands in for a failure.")
KEPT: Final = Attribute(
    "gateway.kept", (Of.REQUEST, Of.APART), "Why it is told of without being sampled: degraded, failed, slow."
)
STEP: Final = Attribute("gateway.step", (Of.STEP, Of.ATTEMPT, Of.STORE), "The step.")
UPSTREAM: Final = Attribute("gateway.upstream", (Of.ATTEMPT,), "The upstream's name.")
OUTCOME: Final = Attribute("gateway.outcome", (Of.STEP, Of.ATTEMPT), "success or failure.")
CAUSE: Final = Attribute(
    "gateway.cause",
    (Of.REQUEST, Of.STEP, Of.ATTEMPT, Of.APART),
    "The cause of a failure, also of one that something stands in for.",
)
DETAIL: Final = Attribute("gateway.detail", (Of.STEP, Of.ATTEMPT), "A failure in words.")
FRESHNESS: Final = Attribute("gateway.freshness", (Of.STEP,), "live, cached, stale, partial or fallback.")
ATTEMPT: Final = Attribute("gateway.attempt", (Of.ATTEMPT,), "Which try of its call it is, from 1.")
RETRY: Final = Attribute("gateway.retry", (Of.ATTEMPT,), "It is another try after a failure.")
HEDGE: Final = Attribute("gateway.hedge", (Of.ATTEMPT,), "It was made beside a slow first one.")
DETACHED: Final = Attribute("gateway.detached", (Of.STEP, Of.ATTEMPT), "It ended after its request.")
SYSTEM: Final = Attribute(
    "db.system.name",
    (Of.ATTEMPT, Of.STORE),
    "The kind of database; for a look-up redis (with memory before it), absent for memory.",
)
OPERATION: Final = Attribute(
    "db.operation.name", (Of.ATTEMPT, Of.STORE), "What it was asked to do, such as GET; never with what."
)
HIT: Final = Attribute("gateway.cache.hit", (Of.STORE,), "Whether there was a copy.")
LINK: Final = Attribute("gateway.link", (Of.LINK,), "flight, refresh, batch or detached.")

BREAKER_CHANGED: Final = "gateway.breaker.changed"
"""The event on an attempt during which the breaker of its address changed its state."""

BREAKER_OLD: Final = Attribute("gateway.breaker.old", (Of.EVENT,), "The state before.")
BREAKER_NEW: Final = Attribute("gateway.breaker.new", (Of.EVENT,), "The state after.")
BREAKER_REASON: Final = Attribute("gateway.breaker.reason", (Of.EVENT,), "Why, in one word.")
BREAKER_DETAIL: Final = Attribute("gateway.breaker.detail", (Of.EVENT,), "Why, in words.")


def all_attributes() -> list[Attribute]:
    """Every attribute of this file, by name."""
    return sorted(
        (each for each in globals().values() if isinstance(each, Attribute)), key=lambda each: each.name
    )

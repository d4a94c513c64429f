"""Recordings become OpenTelemetry spans: after the request, with the ids and times that it really had.

Spans are made as finished ones and not through a tracer, because their ids are known already (upstreams have
been told them) and their times are past.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags, TraceState
from opentelemetry.trace.status import Status, StatusCode

from gateway.outcome import ANOTHER_WON
from gateway.recording import Change, Kind, Record, Recording
from gateway.recording import Link as Linked
from gateway.telemetry import attributes as names

_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_ERROR: Final = Status(StatusCode.ERROR)
_UNSET: Final = Status(StatusCode.UNSET)
_NO_STATE: Final = TraceState()

# Plain strings: an attribute access for each of a span's attributes is a fifth of making it.
_METHOD, _ROUTE, _STATUS = names.METHOD.name, names.ROUTE.name, names.STATUS.name
_PATH, _SCHEME, _URL = names.PATH.name, names.SCHEME.name, names.URL.name
_SERVER, _PORT, _ERROR_TYPE = names.SERVER.name, names.PORT.name, names.ERROR.name
_STEP, _OUTCOME, _CAUSE, _DETAIL = names.STEP.name, names.OUTCOME.name, names.CAUSE.name, names.DETAIL.name
_UPSTREAM, _ATTEMPT, _RESEND = names.UPSTREAM.name, names.ATTEMPT.name, names.RESEND.name
_FRESHNESS, _HEDGE, _RETRY = names.FRESHNESS.name, names.HEDGE.name, names.RETRY.name

_LINK: Final = names.LINK.name
_REDIS: Final = "redis"
_SYSTEMS: Final = {"redis": _REDIS, "postgresql": "postgresql", "mysql": "mysql"}
"""``db.system.name`` by the scheme of a peer."""
_DETACHED: Final = "detached"


class Spans:
    """Makes the spans of one process, which its *resource* describes; *version* is this program's."""

    def __init__(self, resource: Resource, version: str) -> None:
        self._resource = resource
        self.scope = InstrumentationScope("gateway", version)

    def of(self, recording: Recording) -> Iterator[ReadableSpan]:
        """The whole of an ended recording, but what is still under way."""
        yield self.whole(recording)
        for record in recording.records:
            if 0.0 < record.ended <= recording.ended:
                yield self.part(recording, record)

    def late(self, recording: Recording, record: Record) -> ReadableSpan:
        """What ended after its request: a part of it still, which says so."""
        return self.part(recording, record, detached=True)

    def whole(self, recording: Recording) -> ReadableSpan:
        """The span that all others of *recording* are below."""
        made = _Made(recording)
        request = recording.request
        kind = SpanKind.INTERNAL if request is None else SpanKind.SERVER
        error = recording.failed if request is None else recording.status >= 500
        return ReadableSpan(
            recording.name if request is None else request.route,
            context=made.context(recording.span_id),
            parent=made.parent(),
            resource=self._resource,
            attributes=of_whole(recording),
            links=[_link(link) for link in recording.links],
            kind=kind,
            status=_ERROR if error else _UNSET,
            start_time=made.nanoseconds(recording.started),
            end_time=made.nanoseconds(recording.ended),
            instrumentation_scope=self.scope,
        )

    def part(self, recording: Recording, record: Record, *, detached: bool = False) -> ReadableSpan:
        """The span of *record*, which is *detached* if it ended after its request."""
        made = _Made(recording)
        name, kind, attributes = of_part(record)
        links = [_link(link) for link in record.links]
        if detached:
            attributes[names.DETACHED.name] = True
            links.append(_link(Linked(recording.trace_id, recording.span_id, _DETACHED)))
        return ReadableSpan(
            name,
            context=made.context(record.span_id),
            parent=made.context(record.parent_id),
            resource=self._resource,
            attributes=attributes,
            events=[_event(made, change) for change in record.changes],
            links=links,
            kind=kind,
            status=_ERROR if _ERROR_TYPE in attributes else _UNSET,
            start_time=made.nanoseconds(record.started),
            end_time=made.nanoseconds(record.ended),
            instrumentation_scope=self.scope,
        )


class _Made:
    """What all spans of one recording have in common."""

    __slots__ = ("_state", "_trace_id", "recording")

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._trace_id = int(recording.trace_id, 16)
        self._state = _NO_STATE
        if recording.tracestate:
            self._state = TraceState.from_header([recording.tracestate])

    def context(self, span_id: int) -> SpanContext:
        return SpanContext(self._trace_id, span_id, False, _SAMPLED, self._state)

    def parent(self) -> SpanContext | None:
        if not self.recording.parent_id:
            return None
        return SpanContext(self._trace_id, int(self.recording.parent_id, 16), True, _SAMPLED)

    def nanoseconds(self, at: float) -> int:
        return int(self.recording.wall_time(at) * 1e9)


def of_whole(recording: Recording) -> dict[str, Any]:
    """The attributes of the span of all; the last ones are those that differ in every request."""
    attributes: dict[str, Any] = {}
    request = recording.request
    if request is not None:
        attributes[_METHOD] = request.method
        attributes[_ROUTE] = request.route.partition(" ")[2]
        attributes[_SCHEME] = request.scheme
        attributes[names.PROTOCOL.name] = request.http_version
        attributes[names.DEGRADED.name] = recording.degraded
        if request.server is not None:
            attributes[_SERVER], port = request.server
            if port is not None:
                attributes[_PORT] = port
    if recording.status:
        attributes[_STATUS] = recording.status
    if recording.cause:
        attributes[_CAUSE] = str(recording.cause)
    if recording.failed:
        attributes[_ERROR_TYPE] = str(recording.cause or recording.status)
    if not recording.sampled:
        attributes[names.KEPT.name] = recording.why
    attributes[names.REQUEST_ID.name] = recording.request_id
    if request is not None:
        attributes[_PATH] = request.path
    return attributes


def of_part(record: Record) -> tuple[str, SpanKind, dict[str, Any]]:
    """Name, kind and attributes of the span of *record*; its address is the last of them."""
    name, kind, describe = _PARTS[record.kind]
    if record.system == _REDIS:
        kind = SpanKind.CLIENT
    return name(record), kind, describe(record)


def _of_call(record: Record) -> dict[str, Any]:
    attributes: dict[str, Any] = {_STEP: record.name, _OUTCOME: "success" if record.freshness else "failure"}
    if record.freshness:
        attributes[_FRESHNESS] = str(record.freshness)
    else:
        attributes[_ERROR_TYPE] = str(record.cause)
        attributes[_DETAIL] = record.detail
    if record.cause:
        attributes[_CAUSE] = str(record.cause)
    return attributes


def _of_attempt(record: Record) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        _STEP: record.name,
        _OUTCOME: "success" if record.freshness else "failure",
        _ATTEMPT: record.attempt,
    }
    peer = record.peer
    if peer is not None:
        attributes[_UPSTREAM] = peer.upstream
        if peer.host:  # a function is nowhere
            attributes[_SERVER] = peer.host
            attributes[_PORT] = peer.port
    system = _SYSTEMS.get(peer.scheme) if peer is not None else None
    if system is not None:
        attributes[names.SYSTEM.name] = system
        if record.method:
            attributes[names.OPERATION.name] = record.method
    elif record.method:
        attributes[_METHOD] = record.method
    if record.status is not None and system is None:
        attributes[_STATUS] = record.status
    if record.attempt > 1:
        if system is None:
            attributes[_RESEND] = record.attempt - 1
        attributes[_HEDGE if record.hedge else _RETRY] = True
    if record.cause:
        attributes[_CAUSE] = str(record.cause)
        attributes[_DETAIL] = record.detail
        if record.detail != ANOTHER_WON.detail:
            attributes[_ERROR_TYPE] = str(record.status or record.cause)
    if _METHOD in attributes and peer is not None:
        path = record.target.partition(b"?")[0].decode("latin-1")
        attributes[_URL] = f"{peer.base}{path}"
    return attributes


def _of_store(record: Record) -> dict[str, Any]:
    attributes: dict[str, Any] = {_STEP: record.name, names.HIT.name: record.hit}
    if record.system == _REDIS:
        attributes |= {names.SYSTEM.name: _REDIS, names.OPERATION.name: "GET"}
    return attributes


_Describe = tuple[Callable[[Record], str], SpanKind, Callable[[Record], dict[str, Any]]]
_PARTS: Final[dict[Kind, _Describe]] = {
    Kind.CALL: (lambda record: f"step {record.name}", SpanKind.INTERNAL, _of_call),
    Kind.ATTEMPT: (
        lambda record: (
            f"{record.method} {record.peer.upstream}".strip() if record.peer else record.method or "attempt"
        ),
        SpanKind.CLIENT,
        _of_attempt,
    ),
    Kind.STORE: (lambda record: f"cache {record.name}", SpanKind.INTERNAL, _of_store),
}


def _event(made: _Made, change: Change) -> Event:
    attributes = {
        names.BREAKER_OLD.name: str(change.old),
        names.BREAKER_NEW.name: str(change.new),
        names.BREAKER_REASON.name: change.reason,
        names.BREAKER_DETAIL.name: change.detail,
    }
    return Event(names.BREAKER_CHANGED, attributes, made.nanoseconds(change.at))


def _link(link: Linked) -> Link:
    context = SpanContext(int(link.trace_id, 16), link.span_id, False, _SAMPLED)
    return Link(context, {_LINK: link.kind})

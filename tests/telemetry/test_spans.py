"""Recordings as OpenTelemetry spans."""

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import SpanKind, StatusCode

from gateway.outcome import ANOTHER_WON, Cause, Failure, Freshness, Success
from gateway.recording import Change, Kind, Peer, Request
from gateway.telemetry.spans import Spans
from tests.support.recordings import TRACE_ID, KeptRecordings, recorded_trace

SPANS = Spans(Resource({"service.name": "gateway"}), "1.2.3")


class Scene:
    """A recorded request at a clock that is set."""

    def __init__(self, **rest):
        self.now = 10.0
        self.recording = recorded_trace(KeptRecordings(), lambda: self.now, **rest).recording
        self.recording.request_id = "r-1"

    def call(self, step="orders", outcome=None, until=10.5):
        record = self.recording.begin_call(step, 10.0)
        self.recording.end(record, outcome or Success(b"1"), until)
        return record

    def attempt(self, outcome=None, until=10.4, **facts):
        record = self.recording.begin(Kind.ATTEMPT, "orders", 10.1)
        for name, value in facts.items():
            setattr(record, name, value)
        self.recording.end(record, outcome or Success(b"1"), until)
        return record

    def spans(self, status=200, until=11.0):
        self.recording.status = status
        self.recording.request = Request("GET /a/{id}", "GET", "/a/7", "https", ("gw", 443), "1.1")
        self.now = until
        self.recording.finish()
        return list(SPANS.of(self.recording))


def test_request_is_a_server_span_below_its_clients():
    [span] = Scene().spans()

    assert (span.name, span.kind) == ("GET /a/{id}", SpanKind.SERVER)
    assert f"{span.context.trace_id:032x}" == TRACE_ID
    assert f"{span.parent.span_id:016x}" == "b7ad6b7169203331"
    assert span.parent.is_remote
    assert span.attributes == {
        "gateway.request_id": "r-1",
        "http.request.method": "GET",
        "http.route": "/a/{id}",
        "url.path": "/a/7",
        "url.scheme": "https",
        "network.protocol.version": "1.1",
        "server.address": "gw",
        "server.port": 443,
        "http.response.status_code": 200,
        "gateway.degraded": False,
    }
    assert span.resource.attributes["service.name"] == "gateway"
    assert span.instrumentation_scope.version == "1.2.3"


def test_times_are_the_walls():
    scene = Scene(wall_clock=lambda: 1000.0)
    scene.call(until=10.25)

    server, call = scene.spans(until=10.5)

    assert (server.start_time, server.end_time) == (1_000_000_000_000, 1_000_500_000_000)
    assert (call.start_time, call.end_time) == (1_000_000_000_000, 1_000_250_000_000)


@pytest.mark.parametrize(("status", "code"), [(200, "UNSET"), (404, "UNSET"), (502, "ERROR")])
def test_request_is_an_error_only_if_it_is_ours(status, code):
    [span] = Scene().spans(status)

    assert span.status.status_code is StatusCode[code]


def test_failed_request_says_why():
    scene = Scene()
    scene.recording.failed, scene.recording.cause = True, Cause.TIMEOUT

    [span] = scene.spans(504)

    assert (span.attributes["error.type"], span.attributes["gateway.cause"]) == ("timeout", "timeout")


def test_kept_request_says_why_it_was_kept():
    scene = Scene(sampled=False)
    scene.recording.why = "slow"

    assert scene.spans()[0].attributes["gateway.kept"] == "slow"


def test_client_that_left_gets_no_status():
    scene = Scene()
    [span] = scene.spans(status=0)

    assert "http.response.status_code" not in span.attributes


def test_step_is_an_internal_span_that_says_what_was_served():
    scene = Scene()
    scene.call(outcome=Success(b"[]", Freshness.FALLBACK, Cause.TIMEOUT))

    server, call = scene.spans()

    assert (call.name, call.kind, call.parent.span_id) == (
        "step orders",
        SpanKind.INTERNAL,
        server.context.span_id,
    )
    assert call.attributes == {
        "gateway.step": "orders",
        "gateway.outcome": "success",
        "gateway.freshness": "fallback",
        "gateway.cause": "timeout",
    }
    assert call.status.status_code is StatusCode.UNSET


def test_step_that_did_not_answer_is_an_error():
    scene = Scene()
    scene.call(outcome=Failure(Cause.TIMEOUT, "no answer within 300 ms"))

    _, call = scene.spans()

    assert call.attributes["error.type"] == "timeout"
    assert call.attributes["gateway.detail"] == "no answer within 300 ms"
    assert call.status.status_code is StatusCode.ERROR


def test_attempt_is_a_client_span_below_its_step():
    scene = Scene()
    step = scene.call()
    scene.attempt(
        peer=Peer("orders", "http", "10.0.0.1", 80),
        method="GET",
        target=b"/orders?user=7",
    )

    *_, attempt = scene.spans()

    assert (attempt.name, attempt.kind, attempt.parent.span_id) == (
        "GET orders",
        SpanKind.CLIENT,
        step.span_id,
    )
    assert attempt.attributes == {
        "gateway.step": "orders",
        "gateway.outcome": "success",
        "gateway.attempt": 1,
        "gateway.upstream": "orders",
        "server.address": "10.0.0.1",
        "server.port": 80,
        "http.request.method": "GET",
        "url.full": "http://10.0.0.1:80/orders",
        "http.response.status_code": 200,
    }


@pytest.mark.parametrize(("hedge", "which"), [(True, "gateway.hedge"), (False, "gateway.retry")])
def test_o2_second_attempt_says_which_kind_it_is(hedge, which):
    scene = Scene()
    scene.attempt(attempt=2, hedge=hedge)

    *_, attempt = scene.spans()

    assert attempt.attributes["http.request.resend_count"] == 1
    assert [name for name in ("gateway.hedge", "gateway.retry") if name in attempt.attributes] == [which]


def test_failed_attempt_is_an_error_with_its_status_or_cause():
    scene = Scene()
    scene.attempt(Failure(Cause.FAILED, "HTTP 503", 503))
    scene.attempt(Failure(Cause.CIRCUIT_OPEN, "open"))

    *_, failed, refused = scene.spans()

    assert [each.attributes["error.type"] for each in (failed, refused)] == ["503", "circuit_open"]
    assert {each.status.status_code for each in (failed, refused)} == {StatusCode.ERROR}


def test_o2_attempt_that_lost_to_another_is_no_error():
    scene = Scene()
    scene.attempt(ANOTHER_WON)

    *_, attempt = scene.spans()

    assert attempt.attributes["gateway.cause"] == "out_of_time"
    assert attempt.status.status_code is StatusCode.UNSET


def test_changes_of_the_breaker_are_events():
    scene = Scene()
    peer = Peer("orders")
    peer.changes.append(Change(10.2, "closed", "open", "consecutive", "10 in a row"))
    scene.attempt(peer=peer)

    *_, attempt = scene.spans()

    [event] = attempt.events
    assert event.name == "gateway.breaker.changed"
    assert event.attributes == {
        "gateway.breaker.old": "closed",
        "gateway.breaker.new": "open",
        "gateway.breaker.reason": "consecutive",
        "gateway.breaker.detail": "10 in a row",
    }


@pytest.mark.parametrize(
    ("system", "kind", "more"),
    [
        ("memory", SpanKind.INTERNAL, {}),
        ("redis", SpanKind.CLIENT, {"db.system.name": "redis", "db.operation.name": "GET"}),
    ],
)
def test_look_up_of_a_copy_is_a_span(system, kind, more):
    scene = Scene()
    record = scene.recording.begin_look_up("orders", system)
    scene.recording.end_look_up(record, hit=True)

    *_, span = scene.spans()

    assert (span.name, span.kind) == ("cache orders", kind)
    assert span.attributes == {"gateway.step": "orders", "gateway.cache.hit": True, **more}


def test_question_to_a_database_is_told_by_its_conventions_and_never_with_what():
    scene = Scene()
    record = scene.attempt(peer=Peer("sessions", "redis", "cache", 6379))
    record.method = "GET"

    *_, span = scene.spans()

    assert (span.name, span.kind) == ("GET sessions", SpanKind.CLIENT)
    told = {name: value for name, value in span.attributes.items() if not name.startswith("gateway.")}
    assert told == {
        "db.system.name": "redis",
        "db.operation.name": "GET",
        "server.address": "cache",
        "server.port": 6379,
    }


def test_what_is_under_way_when_the_request_ends_is_told_later_with_a_link_to_it():
    scene = Scene()
    record = scene.recording.begin_call("orders", 10.0)
    [server] = scene.spans()
    scene.recording.end(record, Failure(Cause.OUT_OF_TIME), 12.0)

    late = SPANS.late(scene.recording, record)

    assert len(list(SPANS.of(scene.recording))) == 1
    assert late.parent.span_id == server.context.span_id
    assert late.attributes["gateway.detached"] is True
    [link] = late.links
    assert (link.context.span_id, link.attributes) == (server.context.span_id, {"gateway.link": "detached"})


def test_work_apart_is_a_trace_of_its_own_and_both_are_linked():
    scene = Scene()
    call = scene.call()
    apart = scene.recording.apart("f" * 32, "orders", "refresh")
    apart.finish_apart(Failure(Cause.TIMEOUT))

    [span] = SPANS.of(apart)
    _, step = scene.spans()

    assert (span.name, span.kind, span.parent) == ("refresh orders", SpanKind.INTERNAL, None)
    assert span.status.status_code is StatusCode.ERROR
    assert [link.context.span_id for link in span.links] == [call.span_id]
    assert [link.context.span_id for link in step.links] == [span.context.span_id]


def test_tracestate_goes_along():
    scene = Scene()
    scene.recording.tracestate = "vendor=1"

    [span] = scene.spans()

    assert span.context.trace_state.to_header() == "vendor=1"


def test_an_attempt_at_a_function_has_no_address():
    scene = Scene()
    record = scene.attempt(peer=Peer("scores", "python"))
    record.method = ""

    *_, span = scene.spans()

    assert span.name == "scores"
    assert not {"server.address", "server.port", "url.full"} & set(span.attributes)

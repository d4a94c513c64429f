"""What is written of a recording is what the library's encoder makes of its spans."""

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource

from gateway.outcome import ANOTHER_WON, Cause, Failure, Freshness, Success
from gateway.recording import Change, Kind, Link, Peer, Request
from gateway.telemetry.otlp import whole
from gateway.telemetry.spans import Spans
from gateway.telemetry.writing import Writer
from tests.support.recordings import TRACE_ID, KeptRecordings, recorded_trace
from tests.support.seeded import seeded

__all__ = ["seeded"]

RESOURCE = Resource({"service.name": "gateway", "process.pid": 7})
SPANS = Spans(RESOURCE, "1.2.3")
PEERS = (
    Peer("users", "http", "10.0.0.1", 80),
    Peer("orders", "https", "::1", 443),
    Peer("score", "lambda"),
    Peer("accounts", "postgresql", "db", 5432),
    None,
)
TEXTS = ("", "/a/7", "/ä/7", "/" + "b" * 90, "/" + "c" * 300, "/" + "d" * 20_000)
LINK = Link(TRACE_ID, 7, "flight")
OUTCOMES = (
    Success(b"1"),
    Success(b"1", status=404),
    Success(b"1", Freshness.CACHED),
    Success(b"1", Freshness.STALE, Cause.TIMEOUT),
    Failure(Cause.FAILED, "503", status=503),
    Failure(Cause.UNREACHABLE, "refused " * 40),
    ANOTHER_WON,
)


def usually(random, usual, *others):
    return usual if random.random() < 0.8 else random.choice(others)


def write(writer, recording):
    count, written = writer.of(recording)
    request = ExportTraceServiceRequest.FromString(whole(writer.owner, [writer.scope, written]))
    assert count == len(request.resource_spans[0].scope_spans[0].spans)
    return request


def recording_of(random):
    """Any recorded request, most often one where all went well."""
    state = usually(random, "", "a=1,b=2")
    recording = recorded_trace(
        KeptRecordings(),
        lambda: 12.5,
        wall_clock=lambda: 1_700_000_000.25,
        sampled=usually(random, True, False),
    ).recording
    recording.parent_id = random.choice(["", "b7ad6b7169203331"])
    recording.tracestate = state
    recording.request_id = usually(random, TRACE_ID, "r-1", "")
    for _ in range(random.randrange(5)):
        add_call(random, recording)
    recording.links = usually(random, (), (LINK,))
    recording.cause = usually(random, "", "failed", "client_gone")
    recording.degraded = random.random() < 0.3
    recording.status = usually(random, 200, 404, 503, 0)
    recording.failed = recording.status >= 500
    recording.why = "" if recording.sampled else "slow"
    recording.name = "refresh orders"
    server = random.choice([("gw", 443), ("/run/gw.sock", None), None])
    if random.random() < 0.9:
        method = random.choice(["GET", "POST"])
        recording.request = Request(
            f"{method} /a/{{id}}",
            method,
            random.choice(TEXTS),
            random.choice(["http", "https"]),
            server,
            "1.1",
        )
    recording.finish()
    return recording


def add_call(random, recording):
    step = random.choice(["orders", "user", "ä"])
    call = recording.begin_call(step, 12.6)
    if random.random() < 0.3:
        look_up = recording.begin_look_up(step, random.choice(["memory", "redis"]))
        recording.end_look_up(look_up, hit=random.random() < 0.5)
    for number in range(usually(random, 1, 0, 2)):
        record = recording.begin(Kind.ATTEMPT, step, 12.61)
        record.attempt = number + 1
        record.hedge = random.random() < 0.5
        record.peer = random.choice(PEERS)
        record.method = random.choice(["", "GET", "SELECT"])
        record.target = (random.choice(TEXTS) + random.choice(["", "?a=b"])).encode("latin-1")
        if random.random() < 0.9:
            recording.end(record, usually(random, OUTCOMES[0], *OUTCOMES), random.choice([12.4, 12.62]))
            record.changes = usually(random, (), (Change(12.61, "closed", "open", "rate", "6 of 10"),))
    if random.random() < 0.9:
        recording.end(call, usually(random, OUTCOMES[0], *OUTCOMES), 12.45)
    call.links = usually(random, (), (LINK,))


def test_what_is_written_is_what_the_library_makes_of_the_spans(seeded):
    writer = Writer(RESOURCE, "1.2.3")
    for _ in range(300):
        recording = recording_of(seeded)

        assert write(writer, recording) == encode_spans(list(SPANS.of(recording)))


@pytest.mark.parametrize("text", TEXTS)
def test_paths_of_every_length_arrive(text):
    recording = recorded_trace(KeptRecordings(), lambda: 12.5).recording
    recording.request_id = TRACE_ID
    recording.status = 200
    recording.request = Request("GET /{path}", "GET", text, "http", ("gw", 80), "1.1")
    record = recording.begin(Kind.ATTEMPT, "orders", 12.5)
    record.peer, record.method, record.target = PEERS[0], "GET", text.encode("latin-1")
    recording.end(record, Success(b"1"), 12.5)
    recording.finish()

    assert write(Writer(RESOURCE, "1"), recording) == encode_spans(list(Spans(RESOURCE, "1").of(recording)))


def test_what_ended_late_is_one_span():
    recording = recorded_trace(KeptRecordings(), lambda: 12.5).recording
    record = recording.begin(Kind.ATTEMPT, "orders", 12.5)
    recording.finish()
    recording.end(record, Success(b"1"), 13.0)
    writer = Writer(RESOURCE, "1.2.3")

    count, written = writer.late(recording, record)

    request = ExportTraceServiceRequest.FromString(whole(writer.owner, [writer.scope, written]))
    assert (count, request) == (1, encode_spans([SPANS.late(recording, record)]))


def test_what_is_remembered_is_bounded():
    """Clients choose the methods of requests that are passed on."""
    writer = Writer(RESOURCE, "1.2.3")
    for number in range(5000):
        recording = recorded_trace(KeptRecordings(), lambda: 12.5).recording
        recording.request_id, recording.status = "r-1", 200
        recording.request = Request("ANY /a", f"M{number}", "/a", "http", None, "1.1")
        record = recording.begin(Kind.ATTEMPT, "orders", 12.5)
        record.peer, record.method = PEERS[0], f"M{number}"
        recording.end(record, Success(b"1"), 12.5)
        recording.finish()
        writer.of(recording)

    assert max(len(writer._wholes), len(writer._attempts)) <= 4096

"""The spans of an exported recording stand for the durations that its requests, calls and attempts took."""

import pytest

from gateway.outcome import Cause, Failure, Success
from gateway.recording import Kind, Peer, Request
from gateway.telemetry.histogram import BOUNDS
from gateway.telemetry.metrics import Metrics
from tests.support.recordings import KeptRecordings, recorded_trace

ROUTE = "GET /user/{id:int}"


class Scene:
    """A request of 0.4 s with one call of 0.3 s, whose second attempt of 0.04 s answered."""

    def __init__(self, route=ROUTE):
        self.metrics = Metrics()
        self.requests = self.metrics.requests(ROUTE)
        self.calls = self.metrics.calls(ROUTE, "orders")
        self.attempts = self.metrics.attempts("shop")
        self.now = 10.0
        trace = recorded_trace(KeptRecordings(), lambda: self.now, wall_clock=lambda: 5000.0)
        self.recording = recording = trace.recording
        recording.request = Request(route, "GET", "/7", "http", None, "1.1")
        self.call = recording.begin_call("orders", 10.0)
        self.first, self.second = (self._attempt(at) for at in (10.0, 10.26))
        recording.end(self.first, Failure(Cause.TIMEOUT), 10.2)
        recording.end(self.second, Success(b"1"), 10.3)
        recording.end(self.call, Success(b"1"), 10.3)
        self.now = 10.4
        recording.finish()

    def _attempt(self, at):
        record = self.recording.begin(Kind.ATTEMPT, "orders", at)
        record.peer = Peer("shop")
        return record


def examples(meter):
    found = meter.seconds.exemplars or {}
    return {
        BOUNDS[bucket]: (example.span_id, pytest.approx(example.seconds)) for bucket, example in found.items()
    }


def test_every_span_stands_for_its_bucket():
    scene = Scene()
    scene.metrics.exemplify(scene.recording)

    assert examples(scene.requests) == {0.5: (f"{scene.recording.span_id:016x}", 0.4)}
    assert examples(scene.calls) == {0.5: (f"{scene.call.span_id:016x}", 0.3)}
    assert examples(scene.attempts) == {
        0.25: (f"{scene.first.span_id:016x}", 0.2),
        0.05: (f"{scene.second.span_id:016x}", 0.04),
    }


def test_example_names_its_trace_and_when_it_was():
    scene = Scene()
    scene.metrics.exemplify(scene.recording)
    [example] = scene.requests.seconds.exemplars.values()

    assert example.trace_id == scene.recording.trace_id
    assert example.at == pytest.approx(5000.4)


def test_nothing_is_counted_for_an_example():
    scene = Scene()
    scene.metrics.exemplify(scene.recording)

    assert sum(scene.requests.seconds.buckets) == 0


def test_attempt_that_outlives_its_request_is_no_example_yet():
    scene = Scene()
    scene.second.ended = 0.0
    scene.metrics.exemplify(scene.recording)

    assert list(examples(scene.attempts)) == [0.25]


def test_recording_of_an_unknown_route_makes_no_new_series():
    scene = Scene("GET /elsewhere")
    scene.metrics.exemplify(scene.recording)

    assert b"elsewhere" not in scene.metrics.exposition()[0]
    assert examples(scene.requests) == {}


def test_work_apart_from_requests_has_attempts_only():
    scene = Scene()
    scene.recording.request = None
    scene.metrics.exemplify(scene.recording)

    assert (examples(scene.requests), examples(scene.calls)) == ({}, {})
    assert len(examples(scene.attempts)) == 2

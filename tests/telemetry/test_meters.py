"""Meters count every ending once, by words from fixed lists."""

import pytest

from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.telemetry.meters import AttemptMeter, CallMeter, RequestMeter, StreamMeter


@pytest.mark.parametrize(
    ("outcome", "labels"),
    [
        (Success(b"1"), ("live", "none")),
        (Success(b"1", Freshness.CACHED), ("cached", "none")),
        (Success(b"1", Freshness.STALE), ("stale", "none")),
        (Success(b"1", Freshness.STALE, Cause.TIMEOUT), ("stale", "timeout")),
        (Success(b"1", Freshness.FALLBACK, Cause.FAILED), ("fallback", "failed")),
        (Failure(Cause.SKIPPED, "needs users"), ("nothing", "skipped")),
    ],
)
def test_call_is_counted_by_what_was_served_and_why(outcome, labels):
    meter = CallMeter()
    meter.record(outcome, 0.1)
    meter.record(outcome, 0.1)

    assert {k: v for k, v in meter.counts().items() if v} == {labels: 2}
    assert sum(meter.seconds.buckets) == 2


def test_attempt_is_counted_by_its_cause():
    meter = AttemptMeter()
    for outcome in (Success(b"1"), Success(b"1"), Failure(Cause.TIMEOUT), Failure(Cause.CIRCUIT_OPEN)):
        meter.record(outcome, 0.2)

    assert meter.counts() == {("none",): 2, ("timeout",): 1, ("circuit_open",): 1}
    assert meter.seconds.total == pytest.approx(0.8)


def test_request_is_counted_by_status_and_degradation():
    meter = RequestMeter()
    meter.record(200, False, 0.1)
    meter.record(200, True, 0.1)
    meter.record(504, False, 2.0)
    meter.client_gone()

    assert meter.counts() == {("200", "no"): 1, ("200", "yes"): 1, ("504", "no"): 1}
    assert sum(meter.seconds.buckets) == 3
    assert meter.gone == 1


def test_labels_are_bounded_whatever_the_failures_say():
    meter = CallMeter()
    for cause in Cause:
        for n in range(50):
            meter.record(Failure(cause, f"http://10.0.0.{n}/secret", status=400 + n), 0.01)

    assert len(meter.counts()) <= len(Cause) + 1


def test_streams_are_counted_by_how_they_end_with_their_bytes():
    meter = StreamMeter()
    for _ in range(3):
        meter.begin()
    meter.end("whole", 10, 1000)
    meter.end("timeout", 0, 5)

    assert meter.open == 1
    assert meter.counts() == {("whole",): 1, ("timeout",): 1}
    assert meter.ways() == (("in", 10), ("out", 1005))

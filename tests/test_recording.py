"""Recordings of requests."""

import pytest

from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.recording import Change, Kind, Peer
from tests.support.recordings import KeptRecordings, kinds, recorded_trace


class Scene:
    """A recorded request at a clock that is set."""

    def __init__(self, keep=True):
        self.now = 10.0
        self.sink = KeptRecordings(keep)
        self.recording = recorded_trace(self.sink, lambda: self.now, wall_clock=lambda: 5000.0).recording


def test_attempts_are_parts_of_the_call_of_their_step():
    recording = Scene().recording
    orders, users = recording.begin_call("orders", 10.0), recording.begin_call("users", 10.0)

    attempts = [recording.begin(Kind.ATTEMPT, step, 10.0) for step in ("users", "orders")]

    assert [each.parent_id for each in (orders, users)] == [recording.span_id] * 2
    assert [each.parent_id for each in attempts] == [users.span_id, orders.span_id]


def test_attempts_without_a_call_are_parts_of_the_whole():
    recording = Scene().recording

    assert recording.begin(Kind.ATTEMPT, "orders", 10.0).parent_id == recording.span_id


def test_every_span_has_an_id_of_its_own_and_none_is_zero():
    recording = Scene().recording
    ids = {recording.begin(Kind.ATTEMPT, "orders", 10.0).span_id for _ in range(100)}

    assert len(ids) == 100
    assert 0 not in ids


def test_record_keeps_how_an_outcome_was_but_not_its_body():
    recording = Scene().recording
    stale, failed = recording.begin_call("a", 10.0), recording.begin_call("b", 10.0)
    recording.end(stale, Success(b"{}", Freshness.STALE, Cause.TIMEOUT, 200), 10.5)
    recording.end(failed, Failure(Cause.FAILED, "HTTP 503", 503), 10.25)

    assert (stale.freshness, stale.cause, stale.status, stale.ended) == ("stale", "timeout", 200, 10.5)
    assert (failed.freshness, failed.cause, failed.status, failed.detail) == ("", "failed", 503, "HTTP 503")
    assert kinds(recording) == [("call", "a", "timeout"), ("call", "b", "failed")]


def test_times_are_mapped_to_the_wall_by_one_reading():
    scene = Scene()
    scene.now = 99.0

    assert scene.recording.wall_time(10.0) == pytest.approx(5000.0)
    assert scene.recording.wall_time(10.25) == pytest.approx(5000.25)


def test_changes_of_a_breaker_belong_to_the_attempts_during_which_they_happened():
    recording = Scene().recording
    peer = Peer("orders")
    before, during = (Change(at, "closed", "open", "consecutive", "") for at in (9.0, 10.5))
    peer.changes.append(before)
    attempt = recording.begin(Kind.ATTEMPT, "orders", 10.0)
    attempt.peer = peer
    peer.changes.append(during)

    recording.end(attempt, Failure(Cause.TIMEOUT), 10.5)

    assert attempt.changes == (during,)


def test_sink_is_told_once_that_a_request_is_over():
    scene = Scene()

    scene.now = 11.0
    scene.recording.finish()
    scene.now = 12.0
    scene.recording.finish()

    assert (scene.sink.recordings, scene.recording.ended) == ([scene.recording], 11.0)


@pytest.mark.parametrize("kept", [True, False])
def test_what_ends_after_its_request_is_told_late_if_the_request_is_kept(kept):
    scene = Scene(kept)
    loser = scene.recording.begin(Kind.ATTEMPT, "orders", 10.0)
    scene.now = 11.0
    scene.recording.finish()

    scene.recording.end(loser, Failure(Cause.OUT_OF_TIME), 11.5)

    assert scene.sink.told_late == ([(scene.recording, loser)] if kept else [])


def test_work_apart_has_a_trace_of_its_own_and_both_tell_of_each_other():
    scene = Scene()
    call = scene.recording.begin_call("orders", 10.0)

    apart = scene.recording.apart("f" * 32, "orders", "refresh")
    scene.recording.link("orders", apart, "refresh")

    assert (apart.name, apart.trace_id, apart.sampled) == ("refresh orders", "f" * 32, True)
    assert apart.links == ((scene.recording.trace_id, call.span_id, "refresh"),)
    assert call.links == ((apart.trace_id, apart.span_id, "refresh"),)


def test_work_apart_says_how_it_ended():
    scene = Scene()
    apart = scene.recording.apart("f" * 32, "orders", "flight")

    scene.now = 12.0
    apart.finish_apart(Failure(Cause.TIMEOUT))

    assert (apart.failed, apart.cause, apart.ended) == (True, "timeout", 12.0)
    assert scene.sink.recordings == [apart]


def test_recordings_and_records_say_what_they_are():
    recording = Scene().recording
    record = recording.begin_call("orders", 10.0)

    assert repr(record) == "<Record call of orders: under way>"
    assert repr(recording) == f"<Recording of trace {recording.trace_id}: 1 records>"

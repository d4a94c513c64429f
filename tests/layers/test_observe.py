"""The observing layers."""

import asyncio

import pytest

from gateway.call import Call
from gateway.layers.observe import observing_attempts, observing_calls
from gateway.outcome import Cause, Failure, Success
from gateway.recording import Peer
from gateway.sources.redis import RedisRequest
from gateway.transport.exchange import Request
from tests.support.calls import make_call
from tests.support.meters import RecordingMeter
from tests.support.recordings import KeptRecordings, kinds, recorded_trace
from tests.support.sources import After, Hang, ScriptedSource

LAYERS = [observing_calls, observing_attempts]


def observed(layer, source):
    meter = RecordingMeter()
    return layer(meter, asyncio.get_running_loop().time)(source), meter


@pytest.mark.parametrize("layer", LAYERS)
async def test_each_ending_is_recorded_once_with_its_time(layer):
    source = ScriptedSource().will(After(0.25, Success(b"1")), After(0.5, Failure(Cause.FAILED)))
    measured, meter = observed(layer, source)

    await measured(make_call())
    await measured(make_call())

    assert meter.records == [("ok", 0.25), ("failed", 0.5)]


async def test_time_of_a_call_stands_in_the_call():
    call = make_call()
    measured, _ = observed(observing_calls, ScriptedSource().will(After(0.25)))

    await measured(call)

    assert call.elapsed == pytest.approx(0.25)


async def test_time_of_an_attempt_is_not_taken_for_the_time_of_its_call():
    call = make_call()
    measured, _ = observed(observing_attempts, ScriptedSource().will(After(0.25)))

    await measured(call)

    assert call.elapsed == 0.0


@pytest.mark.parametrize("layer", LAYERS)
async def test_bug_is_recorded_and_passes_through(layer):
    measured, meter = observed(layer, ScriptedSource().will(RuntimeError("bug")))

    with pytest.raises(RuntimeError, match="bug"):
        await measured(make_call())

    assert meter.records == [("internal", 0.0)]


@pytest.mark.parametrize("layer", LAYERS)
async def test_cancellation_is_recorded_and_passes_through(layer):
    measured, meter = observed(layer, ScriptedSource().will(Hang()))
    task = asyncio.ensure_future(measured(make_call()))
    await asyncio.sleep(0.1)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert meter.records == [("out_of_time", 0.1)]


@pytest.mark.parametrize("layer", LAYERS)
async def test_call_that_is_torn_down_is_no_bug(layer):
    measured, meter = observed(layer, ScriptedSource().will(Hang()))
    coroutine = measured(make_call())
    coroutine.send(None)

    coroutine.close()

    assert meter.records == [("out_of_time", 0.0)]


def recorded_call(**rest):
    """A call of a request that is recorded, and its recording."""
    trace = recorded_trace(KeptRecordings(), asyncio.get_running_loop().time)
    call = Call("orders", rest.pop("payload", None), float("inf"), 0.5, trace, **rest)
    return call, trace.recording


@pytest.mark.parametrize(("layer", "kind"), [(observing_calls, "call"), (observing_attempts, "attempt")])
async def test_recorded_request_has_a_record_of_every_ending(layer, kind):
    call, recording = recorded_call()
    source = ScriptedSource().will(After(0.25, Failure(Cause.FAILED, "", 503)), RuntimeError("bug"))
    measured, _ = observed(layer, source)

    await measured(call)
    with pytest.raises(RuntimeError):
        await measured(call)

    assert kinds(recording) == [(kind, "orders", "failed"), (kind, "orders", "internal")]
    first = recording.records[0]
    assert first.ended - first.started == pytest.approx(0.25)


async def test_record_of_an_attempt_tells_what_was_sent_to_whom_and_which_try_it_was():
    peer = Peer("orders", "http", "10.0.0.1", 80)
    call, recording = recorded_call(payload=Request("GET", b"/orders?user=1"))
    call.attempt, call.hedge = 2, True
    measured = observing_attempts(RecordingMeter(), asyncio.get_running_loop().time, peer)(ScriptedSource())

    await measured(call)

    [record] = recording.records
    assert (record.method, record.target, record.attempt, record.hedge) == ("GET", b"/orders?user=1", 2, True)
    assert record.peer is peer


async def test_record_of_a_question_to_a_database_tells_what_it_was_asked_to_do_and_never_with_what():
    call, recording = recorded_call(payload=RedisRequest("HGET", [b"user:7", b"name"], b"user:7", str))
    measured = observing_attempts(RecordingMeter(), asyncio.get_running_loop().time)(ScriptedSource())

    await measured(call)

    [record] = recording.records
    assert (record.method, record.target) == ("HGET", b"")


async def test_upstream_is_told_the_span_of_its_own_attempt_as_parent():
    call, recording = recorded_call()
    told = []

    async def source(attempt):
        told.append(attempt.span_id)
        return Success(b"1")

    measured, _ = observed(observing_attempts, source)
    await measured(call)
    await measured(call)

    assert told == [record.span_id for record in recording.records]


async def test_attempts_stand_below_their_call():
    call, recording = recorded_call()
    attempts, _ = observed(observing_attempts, ScriptedSource())
    calls, _ = observed(observing_calls, attempts)

    await calls(call)

    outer, inner = recording.records
    assert (outer.parent_id, inner.parent_id) == (recording.span_id, outer.span_id)

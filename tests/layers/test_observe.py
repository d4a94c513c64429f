"""The observing layers."""

import asyncio

import pytest

from gateway.layers.observe import observing_attempts, observing_calls
from gateway.outcome import Cause, Failure, Success
from tests.support.calls import make_call
from tests.support.meters import RecordingMeter
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

"""Calls that belong to no single request: what they carry, and that nothing remains of them."""

import asyncio
import contextvars
import logging

import pytest

from gateway.buffered import Buffered
from gateway.call import Trace
from gateway.layers.apart import Apart, Linked, without_baggage
from gateway.outcome import Cause, Failure, Success
from gateway.timers import Timers
from tests.support.calls import make_call
from tests.support.recordings import KeptRecordings, recorded_trace
from tests.support.sources import After, Hang, ScriptedSource

SECRET = contextvars.ContextVar("SECRET", default="nothing")


class Setting:
    def __init__(self, *script, limit=10):
        loop = asyncio.get_running_loop()
        self.clock = loop.time
        self.timers = Timers(loop)
        self.buffered = Buffered(1000)
        self.apart = Apart(self.timers, self.buffered, self.clock, limit)
        self.source = ScriptedSource().will(*script)
        self.landed = []

    def begin(self, call=None, limit=2.0, source=None):
        return self.apart.begin(
            call or make_call(), source or self.source, limit, lambda *end: self.landed.append(end)
        )

    def assert_nothing_left(self):
        assert (len(self.apart), self.buffered.used, len(self.timers.of(2.0))) == (0, 0, 0)


async def test_call_is_made_and_its_end_is_told_once():
    setting = Setting(Success(b"1"))

    twin = setting.begin()
    assert setting.source.calls == []
    await asyncio.sleep(0.01)

    assert setting.source.calls == [twin]
    [(ended, outcome)] = setting.landed
    assert (ended, outcome.body) == (twin, b"1")
    setting.assert_nothing_left()


async def test_o3_what_runs_apart_is_linked_and_no_child_and_has_a_deadline_of_its_own():
    setting = Setting()
    trace = Trace("0af7651916cd43dd8448eb211c80319c", "01", "req-7", "b7ad6b7169203331", "a=1", "user=ann")
    call = make_call(deadline=setting.clock() + 0.05, inputs=("ann",), identity=b"i", siblings={})
    call.trace = trace

    twin = setting.begin(call)
    await asyncio.sleep(0.01)

    assert isinstance(twin.trace, Linked)
    assert twin.trace.origin is trace
    assert twin.trace.trace_id != trace.trace_id
    assert len(twin.trace.trace_id) == 32
    assert (twin.trace.parent_id, twin.trace.tracestate, twin.trace.flags) == ("", "", "01")
    assert (twin.deadline - call.deadline, twin.identity) == (pytest.approx(1.95), b"i")


async def test_what_runs_apart_carries_nothing_of_one_client():
    setting = Setting()
    call = make_call(inputs=("ann",), siblings={})
    call.trace = Trace("0" * 31 + "1", "00", "req-7", baggage="user=ann")
    token = SECRET.set("ann")
    seen = []

    async def source(call):
        seen.append(SECRET.get())
        return Success(b"1")

    twin = setting.begin(call, source=source)
    await asyncio.sleep(0.01)
    SECRET.reset(token)

    assert (seen, twin.inputs, twin.siblings, twin.trace.baggage) == (["nothing"], (), None, "")


async def test_call_that_does_not_end_is_cut_at_its_own_limit():
    setting = Setting(Hang())

    setting.begin(limit=2.0)
    await asyncio.sleep(1.99)
    assert setting.landed == []
    await asyncio.sleep(0.02)

    assert setting.landed[0][1].cause is Cause.OUT_OF_TIME
    setting.assert_nothing_left()


async def test_no_more_than_the_limit_are_begun():
    setting = Setting(Hang(), limit=3)

    begun = [setting.begin() for _ in range(5)]

    assert [twin is not None for twin in begun] == [True, True, True, False, False]
    assert setting.apart.refused == 2
    await setting.apart.drain(0.0)


async def test_bytes_that_nobody_took_over_are_given_back():
    setting = Setting()

    async def source(call):
        setting.buffered.take(700)
        call.held = 700
        return Success(b"1")

    setting.begin(source=source)
    await asyncio.sleep(0.01)

    setting.assert_nothing_left()


async def test_bug_is_logged_and_told_as_one(caplog):
    setting = Setting(LookupError("no such thing"))

    with caplog.at_level(logging.ERROR):
        setting.begin()
        await asyncio.sleep(0.01)

    assert setting.landed[0][1].cause is Cause.INTERNAL
    assert "LookupError" in caplog.text
    setting.assert_nothing_left()


async def test_what_is_asked_for_once_is_under_way_once():
    setting = Setting(After(0.1))

    for key in (b"a", b"a", b"b"):
        setting.apart.begin_once(key, make_call(), setting.source, 2.0)
    await asyncio.sleep(0.2)
    assert len(setting.source.calls) == 2
    setting.apart.begin_once(b"a", make_call(), setting.source, 2.0)
    await asyncio.sleep(0.2)

    assert len(setting.source.calls) == 3
    setting.assert_nothing_left()


async def test_bug_in_what_is_told_of_the_end_is_logged(caplog):
    setting = Setting()

    def landed(*_):
        raise LookupError("no such thing")

    with caplog.at_level(logging.ERROR):
        setting.apart.begin(make_call(), setting.source, 2.0, landed)
        await asyncio.sleep(0.01)

    assert "LookupError" in caplog.text
    setting.assert_nothing_left()


async def test_draining_waits_for_what_ends_in_time_and_cancels_the_rest():
    setting = Setting(After(0.5), Hang())
    setting.begin()
    setting.begin()
    started = setting.clock()

    await setting.apart.drain(1.0)

    assert setting.clock() - started == pytest.approx(1.0)
    assert sorted(type(outcome).__name__ for _, outcome in setting.landed) == ["Failure", "Success"]
    assert setting.begin() is None
    setting.assert_nothing_left()


async def test_what_was_drained_can_be_opened_again():
    setting = Setting()
    await setting.apart.drain(0.0)

    setting.apart.open()

    assert setting.begin() is not None
    await setting.apart.drain(0.1)


async def test_draining_can_be_cut_short():
    setting = Setting(Hang())
    setting.begin()
    draining = asyncio.create_task(setting.apart.drain(10.0))
    await asyncio.sleep(0.01)
    started = setting.clock()

    setting.apart.cancel()
    await draining

    assert setting.clock() == started
    assert len(setting.apart) == 0


async def test_draining_nothing_takes_no_time():
    setting = Setting()
    started = setting.clock()

    await setting.apart.drain(10.0)

    assert setting.clock() == started


async def test_it_describes_itself():
    setting = Setting(Hang())
    setting.begin()

    assert repr(setting.apart) == "<Apart 1 of 10 under way>"
    await setting.apart.drain(0.0)


async def test_what_runs_apart_tells_the_time_left_by_the_gateways_own_name():
    setting, call = Setting(), make_call()
    call.trace = Trace("0" * 31 + "1", "00", "req-7", time_header="x-patience")
    twin = setting.begin(call)
    await asyncio.sleep(0.01)

    assert (twin.trace.time_header, without_baggage(call.trace).time_header) == ("x-patience", "x-patience")


async def test_what_a_recorded_request_begins_apart_has_a_recording_that_ends_with_it():
    setting = Setting(After(0.1, Failure(Cause.FAILED)))
    sink = KeptRecordings()
    call = make_call()
    call.trace = recorded_trace(sink, setting.clock)

    twin = setting.begin(call)
    await asyncio.sleep(0.2)

    [recording] = sink.recordings
    assert recording is twin.trace.recording is not call.trace.recording
    assert (recording.trace_id, recording.cause) == (twin.trace.trace_id, "failed")
    assert recording.ended - recording.started == pytest.approx(0.1)


def test_trace_without_baggage_is_still_recorded():
    trace = recorded_trace(KeptRecordings(), lambda: 0.0)

    assert without_baggage(trace).recording is trace.recording

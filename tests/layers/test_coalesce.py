"""One flight for equal calls, and no waiter that depends on another."""

import asyncio
import gc

import pytest

from gateway.buffered import Buffered
from gateway.layers.apart import Apart
from gateway.layers.coalesce import NOBODY_WAITS, Flights, coalescing
from gateway.outcome import Cause, Failure, Success
from gateway.timers import Timers
from tests.support.calls import make_call
from tests.support.recordings import TRACE_ID, KeptRecordings, recorded_trace
from tests.support.sources import After, Hang, ScriptedSource

# ── the policy ──────────────────────────────────────────────────────────────────────────────────────────


class Waiter:
    def __init__(self):
        self.result = None

    def done(self):
        return self.result is not None

    def set_result(self, result):
        self.result = result


class Ready:
    """A flight that waiters and their calls take part in, without a loop."""

    def __init__(self, count, limit=1000):
        self.buffered = Buffered(limit)
        self.flights = Flights(self.buffered)
        self.flight = self.flights.begin(b"i")
        self.flight.call = make_call()
        self.waiters = [Waiter() for _ in range(count)]
        self.calls = [make_call() for _ in range(count)]
        self.flight.waiting.update(self.waiters)

    def land(self, held):
        assert self.buffered.take(held)
        self.flight.call.held = held
        self.flights.land(self.flight, self.flight.call, Success(b"1"))

    def take(self, index):
        outcome = self.flights.share(self.flight, self.calls[index])
        self.leave(index)
        return outcome

    def leave(self, index, *, kept=False):
        self.flights.leave(self.flight, self.waiters[index], kept=kept)


def test_flight_is_joined_until_it_lands():
    ready = Ready(1)
    assert ready.flights.under_way(b"i") is ready.flight
    assert ready.flights.under_way(b"j") is None

    ready.land(0)

    assert ready.flights.under_way(b"i") is None
    assert ready.waiters[0].result.body == b"1"


def test_every_waiter_counts_the_body_as_its_own():
    ready = Ready(3)
    ready.land(100)

    for index in range(3):
        ready.take(index)

    assert [call.held for call in ready.calls] == [100, 100, 100]
    assert ready.buffered.used == 300


def test_bytes_of_a_flight_that_all_left_when_it_landed_are_given_back():
    ready = Ready(2)
    ready.land(100)

    ready.leave(0)
    ready.leave(1)

    assert ready.buffered.used == 0


def test_waiter_without_room_for_its_bytes_is_refused_and_the_last_takes_those_there_are():
    ready = Ready(3, limit=250)
    ready.land(100)

    outcomes = [ready.take(index) for index in range(3)]

    assert [getattr(outcome, "cause", None) for outcome in outcomes] == [None, Cause.BULKHEAD_FULL, None]
    assert ([call.held for call in ready.calls], ready.buffered.used) == ([100, 0, 100], 200)


def test_flight_that_landed_for_nobody_leaves_its_bytes_to_whoever_flew_it():
    ready = Ready(0)

    ready.land(100)

    assert (ready.flight.call.held, ready.flight.held) == (100, 0)


def test_flight_is_cut_when_the_last_has_left_and_not_before():
    ready = Ready(2)

    ready.leave(0)
    assert ready.flight.call.ended is None
    ready.leave(1)

    assert ready.flight.call.ended is NOBODY_WAITS
    assert ready.flights.under_way(b"i") is None


def test_end_of_a_flight_that_was_cut_does_not_touch_its_successor():
    ready = Ready(1)
    ready.leave(0)
    successor = ready.flights.begin(b"i")

    ready.flights.land(ready.flight, ready.flight.call, NOBODY_WAITS)

    assert ready.flights.under_way(b"i") is successor


def test_flights_describe_themselves():
    ready = Ready(2)
    ready.flights.under_way(b"i")

    assert repr(ready.flights) == "<Flights 1 under way for 2 calls>"
    snapshot = ready.flights.snapshot()
    assert (snapshot.under_way, snapshot.waiting, snapshot.begun, snapshot.joined) == (1, 2, 1, 1)


# ── the layer ───────────────────────────────────────────────────────────────────────────────────────────


class Setting:
    def __init__(self, *script, kept=False, limit=20_000, room=10**9):
        self.loop = asyncio.get_running_loop()
        self.clock = self.loop.time
        self.timers = Timers(self.loop)
        self.buffered = Buffered(room)
        self.apart = Apart(self.timers, self.buffered, self.clock, limit, "flight")
        self.flights = Flights(self.buffered)
        self.wire = ScriptedSource().will(*script)
        self.coalesced = coalescing(self.flights, self.apart, 2.0, kept=kept)(self.received)

    async def received(self, call):
        """What a transport does besides: count the bytes of a body that arrived."""
        outcome = await self.wire(call)
        if isinstance(outcome, Success):
            call.held += len(outcome.body)
            assert self.buffered.take(len(outcome.body))
        return outcome

    def start(self, count=1, identity=b"i", **call):
        calls = [make_call(identity=identity, **call) for _ in range(count)]
        return calls, [asyncio.ensure_future(self.coalesced(call)) for call in calls]

    def assert_nothing_left(self):
        assert (len(self.apart), self.flights.snapshot().under_way) == (0, 0)
        assert (self.buffered.used, len(self.timers.of(2.0)), self.wire.in_flight) == (0, 0, 0)


async def test_n3_a_thousand_equal_misses_are_one_call():
    setting = Setting(After(0.1, Success(b"[1]")))

    calls, tasks = setting.start(1000)
    outcomes = await asyncio.gather(*tasks)

    assert {outcome.body for outcome in outcomes} == {b"[1]"}
    assert len(setting.wire.calls) == 1
    assert setting.buffered.used == 3000
    for call in calls:
        setting.buffered.give(call.held)
    setting.assert_nothing_left()


async def test_recorded_calls_tell_of_the_flight_that_they_wait_for_and_it_of_who_began_it():
    setting = Setting(After(0.1))
    sink = KeptRecordings()
    calls = [make_call(identity=b"i") for _ in range(2)]
    for call in calls:
        call.trace = recorded_trace(sink, setting.clock)
        call.trace.recording.begin_call("orders", setting.clock())
    await asyncio.gather(*map(setting.coalesced, calls))

    [flight] = sink.recordings
    first, second = (call.trace.recording.records[0] for call in calls)
    assert first.links == second.links == ((flight.trace_id, flight.span_id, "flight"),)
    assert flight.links == ((TRACE_ID, first.span_id, "flight"),)


async def test_calls_one_after_the_other_are_two():
    setting = Setting()

    await setting.coalesced(make_call(identity=b"i"))
    await setting.coalesced(make_call(identity=b"i"))

    assert len(setting.wire.calls) == 2


async def test_unequal_calls_and_those_without_identity_are_not_shared():
    setting = Setting(After(0.1))

    _, tasks = setting.start(2, identity=b"a")
    _, others = setting.start(2, identity=b"b")
    _, own = setting.start(2, identity=None)
    await asyncio.gather(*tasks, *others, *own)

    assert len(setting.wire.calls) == 4


async def test_failure_is_everybodys():
    setting = Setting(After(0.1, Failure(Cause.FAILED, status=503)))

    _, tasks = setting.start(3)

    assert {outcome.status for outcome in await asyncio.gather(*tasks)} == {503}
    setting.assert_nothing_left()


async def test_c4_leader_that_leaves_costs_its_followers_nothing():
    setting = Setting(After(0.3, Success(b"[1]")))
    calls, tasks = setting.start(11)
    await asyncio.sleep(0.1)

    calls[0].cut(Failure(Cause.OUT_OF_TIME, "the client left"))
    outcomes = await asyncio.gather(*tasks)

    assert outcomes[0].cause is Cause.OUT_OF_TIME
    assert [outcome.body for outcome in outcomes[1:]] == [b"[1]"] * 10
    assert len(setting.wire.calls) == 1


async def test_c4_leader_that_is_cancelled_costs_its_followers_nothing():
    setting = Setting(After(0.3, Success(b"[1]")))
    _, tasks = setting.start(3)
    await asyncio.sleep(0.1)

    tasks[0].cancel()
    outcomes = await asyncio.gather(*tasks[1:])

    assert [outcome.body for outcome in outcomes] == [b"[1]"] * 2
    assert (tasks[0].cancelled(), len(setting.wire.calls)) == (True, 1)


async def test_c5_flight_that_all_have_left_is_cut():
    setting = Setting(Hang())
    calls, tasks = setting.start(10)
    await asyncio.sleep(0.1)

    for call in calls:
        call.cut(Failure(Cause.OUT_OF_TIME, "the client left"))
    left = setting.clock()
    await asyncio.gather(*tasks)
    await asyncio.sleep(0)

    assert setting.wire.calls[0].ended is NOBODY_WAITS
    assert setting.clock() - left < 0.1
    setting.assert_nothing_left()


async def test_c5_flight_that_all_have_left_before_it_began_reaches_no_upstream():
    setting = Setting()
    [call], [task] = setting.start()
    await asyncio.sleep(0)

    call.cut(Failure(Cause.OUT_OF_TIME, "the client left"))
    task_of_the_flight = next(iter(setting.apart._tasks))
    setting.flights.under_way(b"i").call.cut(NOBODY_WAITS)
    await asyncio.wait([task, task_of_the_flight])

    assert setting.wire.calls == []
    setting.assert_nothing_left()


async def test_c5_flight_that_all_have_left_goes_on_if_its_answer_will_be_kept():
    setting = Setting(After(0.5), kept=True)
    calls, tasks = setting.start(3)
    await asyncio.sleep(0.1)

    for call in calls:
        call.cut(Failure(Cause.OUT_OF_TIME, "the client left"))
    await asyncio.gather(*tasks)
    assert setting.wire.in_flight == 1
    _, [late] = setting.start()
    outcome = await late

    assert isinstance(outcome, Success)
    assert len(setting.wire.calls) == 1


async def test_whoever_comes_after_a_flight_was_cut_gets_a_new_one():
    setting = Setting(Hang(), Success(b"2"))
    [call], [task] = setting.start()
    await asyncio.sleep(0.1)
    call.cut(Failure(Cause.OUT_OF_TIME))
    await task

    outcome = await setting.coalesced(make_call(identity=b"i"))

    assert outcome.body == b"2"


async def test_each_waiter_has_its_own_deadline_and_the_flight_the_whole_time_limit():
    setting = Setting(After(1.5, Success(b"[1]")))
    [short], [leaving] = setting.start(deadline=setting.clock() + 0.05)
    _, [staying] = setting.start(deadline=setting.clock() + 2.0)
    setting.loop.call_at(short.deadline, short.cut, Failure(Cause.OUT_OF_TIME))
    started = setting.clock()

    assert (await leaving).cause is Cause.OUT_OF_TIME
    assert setting.clock() - started == pytest.approx(0.05)
    assert (await staying).body == b"[1]"
    assert setting.wire.calls[0].deadline == pytest.approx(started + 2.0)


async def test_flight_that_hangs_ends_at_the_time_limit_for_everybody():
    setting = Setting(Hang())
    _, tasks = setting.start(3, deadline=setting.clock() + 2.0)
    started = setting.clock()

    outcomes = await asyncio.gather(*tasks)

    assert {outcome.cause for outcome in outcomes} == {Cause.OUT_OF_TIME}
    assert setting.clock() - started == pytest.approx(2.0)
    setting.assert_nothing_left()


async def test_waiter_that_came_late_takes_the_next_flight_when_the_time_of_the_first_is_over():
    setting = Setting(Hang(), Success(b"2"))
    _, [early] = setting.start(deadline=setting.clock() + 2.0)
    await asyncio.sleep(1.9)
    _, late = setting.start(3, deadline=setting.clock() + 2.0)

    outcomes = [await task for task in late]

    assert (await early).cause is Cause.OUT_OF_TIME
    assert [outcome.body for outcome in outcomes] == [b"2"] * 3
    assert len(setting.wire.calls) == 2


async def test_call_that_was_cut_before_begins_no_flight():
    setting = Setting()
    call = make_call(identity=b"i")
    call.cut(Failure(Cause.OUT_OF_TIME, "the client left"))

    assert (await setting.coalesced(call)).detail == "the client left"
    assert setting.wire.calls == []
    setting.assert_nothing_left()


async def test_bug_in_a_flight_is_a_bug_for_everybody(caplog):
    setting = Setting(LookupError())

    _, tasks = setting.start(3)
    outcomes = await asyncio.gather(*tasks)

    assert {outcome.cause for outcome in outcomes} == {Cause.INTERNAL}
    assert caplog.text.count("LookupError") == 1


async def test_too_many_flights_are_none():
    setting = Setting(After(0.1), limit=1)

    _, tasks = setting.start(1, identity=b"a")
    _, others = setting.start(2, identity=b"b")
    outcomes = await asyncio.gather(*tasks, *others)

    assert all(isinstance(outcome, Success) for outcome in outcomes)
    assert len(setting.wire.calls) == 3


async def test_shutdown_ends_flights_and_their_waiters():
    setting = Setting(Hang())
    _, tasks = setting.start(3)
    await asyncio.sleep(0)

    await setting.apart.drain(0.5)

    assert {task.result().cause for task in tasks} == {Cause.OUT_OF_TIME}
    setting.assert_nothing_left()


@pytest.mark.slow
async def test_ten_thousand_flights_leave_nothing_behind(seeded):
    setting = Setting(After(0.01, Success(b"[1]")))
    gc.collect()
    before = len(gc.get_objects())
    tasks_before = len(asyncio.all_tasks())

    for batch in range(100):
        pairs = [setting.start(2, identity=b"%d.%d" % (batch, number)) for number in range(100)]
        for calls, tasks in pairs:
            fate = seeded.random()
            for call, task in zip(calls, tasks, strict=True):
                if fate < 0.2:
                    setting.loop.call_later(seeded.random() * 0.02, call.cut, Failure(Cause.OUT_OF_TIME))
                elif fate < 0.4 and seeded.random() < 0.5:
                    setting.loop.call_later(seeded.random() * 0.02, task.cancel)
        await asyncio.wait([task for _, tasks in pairs for task in tasks])
        for calls, _ in pairs:
            for call in calls:
                setting.buffered.give(call.held)
        del pairs, calls, tasks, call, task
        setting.wire.calls.clear()
    await asyncio.sleep(0.1)

    setting.assert_nothing_left()
    assert setting.flights.snapshot().begun == 10_000
    gc.collect()
    assert len(asyncio.all_tasks()) == tasks_before
    assert len(gc.get_objects()) - before < 200

"""Keys that calls ask for within a moment are asked for at once, and each call gets its own."""

import asyncio
import gc

import pytest

from gateway.layers.batch import Keyed
from gateway.outcome import Cause, Failure, Success
from gateway.plan.split import failed_by, splitting
from tests.support.batched import BatchStep, everything
from tests.support.calls import make_call
from tests.support.recordings import KeptRecordings, recorded_trace
from tests.support.sources import After, Hang

LEFT = Failure(Cause.OUT_OF_TIME, "the client left")


def now():
    return asyncio.get_running_loop().time()


async def test_keys_of_one_window_are_one_call_and_each_gets_its_own_item():
    step = BatchStep()
    begun = now()

    assert await step.answers(1, 2, "x") == [{"key": 1}, {"key": 2}, {"key": "x"}]

    assert step.wire.asked == [[1, 2, "x"]]
    assert now() - begun == pytest.approx(0.002)
    await step.assert_idle()


async def test_key_that_comes_after_the_window_is_in_the_next_batch():
    step = BatchStep()
    first = step.ask(1)
    await asyncio.sleep(0.0015)
    second = step.ask(2)
    await asyncio.sleep(0.001)
    third = step.ask(3)

    await asyncio.gather(first, second, third)

    assert step.wire.asked == [[1, 2], [3]]
    await step.assert_idle()


async def test_key_is_asked_for_once_however_many_want_it():
    step = BatchStep()

    assert await step.answers(1, 1, 2, 1) == [{"key": 1}, {"key": 1}, {"key": 2}, {"key": 1}]

    assert step.wire.asked == [[1, 2]]
    assert step.batches.snapshot().asked == 4
    await step.assert_idle()


async def test_batch_that_is_full_does_not_wait():
    step = BatchStep(max_size=2, window=10.0)
    begun = now()

    await step.answers(1, 2, 3, 4)

    assert (step.wire.asked, now()) == ([[1, 2], [3, 4]], begun)
    assert len(step.timers.of(10.0)) == 0


async def test_without_a_window_what_is_asked_in_one_turn_of_the_loop_is_a_batch():
    step = BatchStep(window=0.0)
    begun = now()

    await step.answers(1, 2)

    assert (step.wire.asked, now()) == ([[1, 2]], begun)
    await step.assert_idle()


async def test_calls_that_differ_in_more_than_their_key_share_no_batch():
    step = BatchStep()

    await asyncio.gather(step.ask(1, group=b"alice"), step.ask(2, group=b"bob"), step.ask(3, group=b"alice"))

    assert sorted(step.wire.asked) == [[1, 3], [2]]
    await step.assert_idle()


async def test_key_without_an_item_is_null_and_no_failure():
    step = BatchStep(Success(b'{"1": 10}'))

    one, two = await asyncio.gather(step.ask(1), step.ask(2))

    assert (one.body, two.body, two.cause) == (b"10", b"null", None)
    await step.assert_idle()


async def test_key_without_an_item_is_an_empty_list_where_there_may_be_many():
    step = BatchStep(Success(b'[{"of": 1}]'), split=splitting(by="of", many=True), nothing=b"[]")

    assert await step.answers(1, 2) == [[{"of": 1}], []]


async def test_batch_that_answers_nothing_has_nothing_for_anybody():
    step = BatchStep(Success(b"null"), split=splitting(by="id"))

    assert await step.answers(1, 2) == [None, None]


async def test_no_key_is_null_without_a_call():
    step = BatchStep()

    outcome = await step.ask(None)

    assert (outcome.body, step.wire.asked) == (b"null", [])


async def test_failure_of_the_batch_is_that_of_all_who_wait():
    down = Failure(Cause.FAILED, status=503)
    step = BatchStep(down)

    assert await asyncio.gather(step.ask(1), step.ask(2)) == [down, down]
    await step.assert_idle()


async def test_answer_of_another_shape_is_unreadable_for_all():
    step = BatchStep(Success(b"[]"))

    outcomes = await asyncio.gather(step.ask(1), step.ask(2))

    assert {outcome.cause for outcome in outcomes} == {Cause.UNREADABLE}
    await step.assert_idle()


async def test_item_that_says_it_failed_fails_those_of_its_key_alone():
    step = BatchStep(Success(b'{"1": {"error": "gone"}, "2": 5}'), failed=failed_by("error"))

    one, two = await asyncio.gather(step.ask(1), step.ask(2))

    assert (one.cause, two.body) == (Cause.FAILED, b"5")


async def test_failure_to_render_a_batch_sends_nothing():
    step = BatchStep()
    skipped = Failure(Cause.SKIPPED, "no path")
    call = make_call()
    call.payload = Keyed(b"1", "1", b"g", lambda keys: skipped)

    assert await step.source(call) is skipped

    assert step.wire.asked == []
    await step.assert_idle()


async def test_waiter_that_leaves_cuts_nobody_else():
    step = BatchStep(After(1.0, everything))
    leaving, staying = step.ask(1), step.ask(2)
    await asyncio.sleep(0.1)

    step.calls[0].cut(LEFT)

    assert await leaving is LEFT
    assert (await staying).data == {"key": 2}
    await step.assert_idle()


async def test_batch_that_all_have_left_is_cut():
    step = BatchStep(Hang())
    waiting = [step.ask(1), step.ask(2)]
    await asyncio.sleep(0.1)
    assert step.wire.in_flight == 1

    for call in step.calls:
        call.cut(LEFT)
    await asyncio.gather(*waiting)
    await asyncio.sleep(0)

    assert step.wire.in_flight == 0
    await step.assert_idle()


async def test_batch_that_all_left_before_it_was_sent_is_not_sent():
    step = BatchStep()
    waiting = step.ask(1)
    await asyncio.sleep(0)
    step.calls[0].cut(LEFT)
    await waiting
    await step.assert_idle()

    await asyncio.sleep(1.0)

    assert step.wire.asked == []
    assert await step.answers(2) == [{"key": 2}]


async def test_call_that_was_cut_before_it_began_leaves_nothing_behind():
    step = BatchStep()
    call = make_call()
    call.payload = Keyed(b"1", "1", b"g", lambda keys: keys)
    call.cut(LEFT)

    assert await step.source(call) is LEFT
    await step.assert_idle()


async def test_batch_has_its_own_time_limit_from_when_it_is_sent():
    step = BatchStep(Hang(), time_limit=0.5)
    begun = now()

    outcome = await step.ask(1)

    assert (outcome.cause, now() - begun) == (Cause.OUT_OF_TIME, pytest.approx(0.502))
    await step.assert_idle()


async def test_batch_carries_nothing_of_a_single_client():
    step = BatchStep()
    await step.answers(1)

    (call,) = step.wire.calls
    assert (call.trace is step.calls[0].trace, call.trace.baggage, call.inputs) == (False, "", ())


async def test_batches_beyond_the_bound_are_refused():
    step = BatchStep(limit=0)

    outcome = await step.ask(1)

    assert (outcome.cause, outcome.retry_after) == (Cause.BULKHEAD_FULL, 1.0)
    await step.assert_idle()


async def test_items_that_there_is_no_room_for_are_refused_one_by_one():
    item = b'"%s"' % (b"x" * 60)
    step = BatchStep(Success(b'{"1": %s, "2": %s}' % (item, item)), buffered=100)

    outcomes = await asyncio.gather(step.ask(1), step.ask(2))

    assert [outcome.cause for outcome in outcomes] == [None, Cause.BULKHEAD_FULL]
    await step.assert_idle()


@pytest.mark.parametrize("place", ["render", "split"])
async def test_bug_in_a_batch_leaves_nobody_waiting(place):
    def bug(_):
        raise ZeroDivisionError

    reported = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    step = BatchStep(split=bug)
    call = make_call()
    call.payload = Keyed(b"1", "1", b"g", bug if place == "render" else lambda keys: [1])

    outcome = await asyncio.ensure_future(step.source(call))

    assert outcome.cause is Cause.INTERNAL


async def test_recorded_calls_are_linked_to_the_batch_they_wait_for():
    step = BatchStep()
    sink = KeptRecordings()
    traces = [recorded_trace(sink, now) for _ in range(2)]
    for trace in traces:
        trace.recording.begin_call("orders", now())

    await asyncio.gather(step.ask(1), step.ask(2, trace=traces[0]), step.ask(3, trace=traces[1]))

    (batch,) = sink.recordings
    assert batch.name == "batch orders"
    for trace in traces:
        (link,) = trace.recording.records[0].links
        assert (link.trace_id, link.kind) == (batch.trace_id, "batch")


async def test_whatever_comes_and_leaves_each_key_is_answered_once_or_not_at_all(seeded):
    step = BatchStep(*[After(seeded.uniform(0.0, 0.05), everything) for _ in range(50)], max_size=7)
    waiting = []
    for number in range(300):
        waiting.append((number % 23, step.ask(number % 23, group=b"%d" % seeded.randrange(3))))
        if seeded.random() < 0.2:
            step.calls[seeded.randrange(len(step.calls))].cut(LEFT)
        if seeded.random() < 0.3:
            await asyncio.sleep(seeded.uniform(0.0, 0.003))

    for key, future in waiting:
        outcome = await future
        assert outcome is LEFT or outcome.data == {"key": key}
    assert all(len(set(asked)) == len(asked) <= 7 for asked in step.wire.asked)
    assert step.batches.keys == sum(map(len, step.wire.asked))
    await asyncio.sleep(1.0)
    await step.assert_idle()


async def test_batch_that_has_ended_is_freed_by_counting():
    step = BatchStep()
    await step.answers(1, 2)
    step.calls.clear()
    step.wire.calls.clear()
    gc.collect()
    gc.disable()
    try:
        for _ in range(50):
            await step.answers(1, 2, 1)
            step.calls.clear()
            step.wire.calls.clear()
            await asyncio.sleep(0.1)
        assert gc.collect() == 0
    finally:
        gc.enable()

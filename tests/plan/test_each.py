"""A list is one call per item: bounded, ordered, sent once each, and ended together."""

import asyncio
import gc
import random
from collections import Counter

import pytest

from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.plan.background import Background
from gateway.plan.each import Item
from gateway.plan.flight import Flight
from tests.support.lists import ListStep, shuffled
from tests.support.virtual_time import run_virtually

LEFT = Failure(Cause.OUT_OF_TIME, "the client left")
DOWN = Failure(Cause.FAILED, status=503)


def task(coroutine):
    """The plain form of a flight."""
    return asyncio.get_running_loop().create_task(coroutine)


def virtually(scenario):
    """Run an async test on virtual time, with flights and with plain tasks."""

    @pytest.mark.parametrize("spawn", [Flight, task], ids=["flights", "tasks"])
    def test(spawn):
        run_virtually(lambda: scenario(spawn))

    test.__name__, test.__doc__ = scenario.__name__, scenario.__doc__
    return test


def now():
    return asyncio.get_running_loop().time()


@virtually
async def test_answers_stand_in_the_order_of_the_items_whatever_order_they_came_in(spawn):
    step = ListStep(spawn=spawn)
    step.wire.delays = {1: 0.03, 2: 0.01, 3: 0.02}

    outcome = await step.answer([1, 2, 3])

    assert (outcome.body, outcome.freshness) == (b"[1,2,3]", Freshness.LIVE)


@virtually
async def test_empty_list_is_an_answer_without_a_call(spawn):
    step = ListStep(spawn=spawn)

    outcome = await step.answer([])

    assert (outcome.body, outcome.cause, step.wire.sent) == (b"[]", None, [])


@virtually
async def test_never_more_items_than_the_bound_are_under_way(spawn):
    step = ListStep(concurrency=3, spawn=spawn)
    step.wire.delays = dict.fromkeys(range(10), 0.1)
    begun = now()

    await step.answer(range(10))

    assert step.wire.peak == 3
    assert now() - begun == pytest.approx(0.4)


@virtually
async def test_ten_thousand_items_that_answer_at_once_do_not_exhaust_the_stack(spawn):
    step = ListStep(concurrency=1, spawn=spawn)

    outcome = await step.answer(range(10_000))

    assert outcome.body.count(b",") == 9_999


@virtually
async def test_failed_item_is_null_and_the_others_are_whole(spawn):
    step = ListStep(spawn=spawn)
    step.wire.answers[2] = DOWN

    outcome = await step.answer([1, 2, 3])

    assert (outcome.body, outcome.freshness, outcome.cause) == (
        b"[1,null,3]",
        Freshness.PARTIAL,
        Cause.FAILED,
    )


@virtually
async def test_item_that_cannot_be_called_is_null_and_reaches_nobody(spawn):
    step = ListStep(spawn=spawn)
    missing = Failure(Cause.SKIPPED, "{item.id} is missing")

    outcome = await step.answer([1, Item(missing), 3])

    assert (outcome.body, outcome.cause, step.wire.sent) == (b"[1,null,3]", Cause.SKIPPED, [1, 3])


@virtually
async def test_equal_items_are_sent_once_and_all_get_the_answer(spawn):
    step = ListStep(spawn=spawn)
    step.wire.delays = {7: 0.01}

    outcome = await step.answer([7, 8, 7, 7], equal=True)

    assert (outcome.body, step.wire.sent) == (b"[7,8,7,7]", [7, 8])


@virtually
async def test_items_without_identity_are_all_sent(spawn):
    step = ListStep(spawn=spawn)

    await step.answer([7, 7], repeatable=False)

    assert step.wire.sent == [7, 7]


@virtually
async def test_bytes_of_the_items_are_the_lists(spawn):
    step = ListStep(spawn=spawn)
    call = step.call([1, 2, 3])

    await step.source(call)

    assert (call.held, step.buffered.used) == (30, 30)


@virtually
async def test_list_that_needs_every_item_fails_at_once_and_cuts_the_others(spawn):
    step = ListStep(required=True, spawn=spawn, concurrency=2)
    step.wire.delays = {1: 1.0, 2: 0.1}
    step.wire.answers[2] = DOWN
    begun = now()

    outcome = await step.answer([1, 2, 3])
    await asyncio.sleep(0)

    assert (outcome, now() - begun) == (DOWN, pytest.approx(0.1))
    assert (step.wire.sent, step.wire.cut) == ([1, 2], [1])


@virtually
async def test_list_that_needs_an_item_that_cannot_be_called_sends_nothing(spawn):
    step = ListStep(required=True, spawn=spawn)
    missing = Failure(Cause.SKIPPED, "{item.id} is missing")

    outcome = await step.answer([1, Item(missing)])

    assert (outcome, step.wire.sent) == (missing, [])


@virtually
async def test_cut_ends_all_items_and_begins_no_further_one(spawn):
    step = ListStep(concurrency=2, spawn=spawn)
    step.wire.delays = dict.fromkeys(range(4), 1.0)
    call = step.call(range(4))
    asyncio.get_running_loop().call_later(0.1, call.cut, LEFT)

    outcome = await step.source(call)
    await asyncio.sleep(0)

    assert outcome is LEFT
    assert (step.wire.sent, sorted(step.wire.cut)) == ([0, 1], [0, 1])
    assert step.buffered.used == 0


@virtually
async def test_list_that_was_cut_before_it_began_sends_nothing(spawn):
    step = ListStep(spawn=spawn)
    call = step.call([1, 2], repeatable=False)
    call.cut(LEFT)

    assert await step.source(call) is LEFT

    assert (step.wire.sent, len(step.background)) == ([], 0)


@virtually
async def test_item_that_ends_with_the_cut_lets_no_other_begin(spawn):
    step = ListStep(concurrency=2, spawn=spawn)
    step.wire.delays = {0: 0.1, 1: 1.0, 2: 1.0}
    call = step.call([0, 1, 2], repeatable=False)
    # The cut comes in the very turn of the loop in which an item ends.
    asyncio.get_running_loop().call_later(0.1, call.cut, LEFT)

    await step.source(call)
    await asyncio.sleep(1.0)

    assert step.wire.sent == [0, 1]


@virtually
async def test_what_came_before_the_cut_is_served(spawn):
    step = ListStep(concurrency=2, spawn=spawn)
    step.wire.delays = {1: 1.0}
    call = step.call([0, 1, 2])
    asyncio.get_running_loop().call_later(0.1, call.cut, LEFT)

    outcome = await step.source(call)

    assert (outcome.body, outcome.cause) == (b"[0,null,2]", Cause.OUT_OF_TIME)


@virtually
async def test_sent_unrepeatable_items_go_on_in_the_background_and_no_other_begins(spawn):
    step = ListStep(concurrency=2, spawn=spawn)
    step.wire.delays = dict.fromkeys(range(4), 1.0)
    call = step.call(range(4), repeatable=False)
    asyncio.get_running_loop().call_later(0.1, call.cut, LEFT)

    assert await step.source(call) is LEFT

    assert len(step.background) == 2
    await asyncio.sleep(1.0)
    assert (len(step.background), step.wire.sent, step.wire.cut) == (0, [0, 1], [])
    assert (step.buffered.used, call.held) == (0, 0)


@virtually
async def test_unrepeatable_items_that_nobody_can_keep_are_cut_after_all(spawn):
    step = ListStep(spawn=spawn, background=Background(limit=0))
    step.wire.delays = {1: 1.0}
    call = step.call([1], repeatable=False)
    asyncio.get_running_loop().call_later(0.1, call.cut, LEFT)

    await step.source(call)
    await asyncio.sleep(0)

    assert step.wire.cut == [1]


@virtually
async def test_bug_in_one_item_is_the_steps(spawn):
    step = ListStep(spawn=spawn)
    step.wire.delays = {1: 1.0}
    step.wire.answers[2] = KeyError("mapping")

    with pytest.raises(KeyError):
        await step.answer([1, 2])
    await asyncio.sleep(0)

    assert step.wire.cut == [1]


@virtually
async def test_cancelling_the_list_ends_its_items(spawn):
    step = ListStep(spawn=spawn)
    step.wire.delays = {1: 1.0}
    call = step.call([0, 1])
    waiting = asyncio.ensure_future(step.source(call))
    await asyncio.sleep(0.1)

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.sleep(0)

    assert step.wire.cut == [1]
    step.give_back(call)
    assert step.buffered.used == 0


@pytest.mark.parametrize("round_", range(30))
def test_whatever_becomes_of_items_each_has_its_own_place_and_nothing_is_held(round_):
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    numbers = random.Random(seed)

    async def scenario():
        count = numbers.randrange(1, 60)
        payloads = [numbers.randrange(20) for _ in range(count)]
        repeatable = numbers.random() < 0.7
        step = ListStep(concurrency=numbers.randrange(1, 12))
        step.wire.delays = {p: d for p, d in shuffled(seed, 20).items() if numbers.random() < 0.8}
        step.wire.answers = {p: DOWN for p in range(20) if numbers.random() < 0.3}
        call = step.call(payloads, equal=repeatable, repeatable=repeatable)
        cut_after = numbers.choice([None, numbers.uniform(0.0, 0.2)])
        if cut_after is not None:
            asyncio.get_running_loop().call_later(cut_after, call.cut, LEFT)

        outcome = await step.source(call)

        if isinstance(outcome, Success):
            elements = outcome.data
            assert len(elements) == count
            assert all(got in {None, wanted} for got, wanted in zip(elements, payloads, strict=True))
            assert [None] * count != elements
        if cut_after is None:
            failed = sum(p in step.wire.answers for p in payloads)
            expected = [None if p in step.wire.answers else p for p in payloads]
            assert (outcome is DOWN) if failed == count else (outcome.data == expected)
        if repeatable:
            assert max(Counter(step.wire.sent).values()) == 1
        await asyncio.sleep(1.0)
        step.give_back(call)
        assert (step.buffered.used, step.wire.in_flight, len(step.background)) == (0, 0, 0)

    run_virtually(scenario)


@pytest.mark.parametrize("fails", [False, True])
def test_list_that_has_ended_is_freed_by_counting(fails):
    async def scenario():
        step = ListStep(concurrency=2, required=fails)
        step.wire.delays = dict.fromkeys(range(4), 0.01)
        if fails:
            step.wire.answers[1] = DOWN
        gc.collect()
        gc.disable()
        try:
            for _ in range(50):
                await step.answer(range(4), equal=True)
                await asyncio.sleep(0.1)
            return gc.collect()
        finally:
            gc.enable()

    assert run_virtually(scenario) == 0

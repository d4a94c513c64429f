"""What copies are served for, and what is kept."""

import asyncio
import random

import pytest

from gateway.call import Trace
from gateway.layers.apart import Linked
from gateway.outcome import STALE_MAY_STAND_IN, Cause, Failure, Freshness, Success
from gateway.stores.store import Copy
from tests.support.cached import CachedStep
from tests.support.calls import make_call
from tests.support.sources import After, Hang
from tests.support.stores import DeadStore

DOWN = Failure(Cause.FAILED, status=503)


async def kept_for(seconds, *script, **how):
    """A step whose first answer is so many seconds old, and whose upstream goes on as scripted."""
    step = CachedStep(Success(b"[1]"), **how)
    await step.ask()
    await asyncio.sleep(seconds)
    step.wire.calls.clear()
    step.wire.will(*script)
    return step


# ── fresh copies ────────────────────────────────────────────────────────────────────────────────────────


async def test_f1_fresh_copy_costs_no_call():
    step = await kept_for(3.0, DOWN)

    outcome = await step.ask()

    assert (outcome.body, outcome.freshness, outcome.cause) == (b"[1]", Freshness.CACHED, None)
    assert (step.hits, outcome.meta) == (0, {b"age": b"3"})
    step.assert_nothing_left()


async def test_first_answer_is_live_and_keeps_its_status_in_its_copy():
    step = CachedStep(Success(b"null", status=404))

    first, second = await step.ask(), await step.ask()

    assert (first.freshness, first.meta) == (Freshness.LIVE, None)
    assert (second.freshness, second.status) == (Freshness.CACHED, 404)


async def test_copies_of_unequal_calls_are_apart():
    step = CachedStep(Success(b"1"), Success(b"2"))

    assert [(await step.ask(name)).body for name in (b"a", b"b", b"a", b"b")] == [b"1", b"2", b"1", b"2"]


async def test_call_without_identity_is_neither_looked_up_nor_kept():
    step = CachedStep(Success(b"1"), Success(b"2"))

    assert [(await step.ask(None)).body for _ in range(2)] == [b"1", b"2"]
    assert len(step.store) == 0


async def test_copy_that_is_of_no_use_is_a_miss():
    step = await kept_for(306.0, Success(b"[2]"))

    assert (await step.ask()).freshness is Freshness.LIVE
    assert (await step.ask()).body == b"[2]"


# ── stale while revalidating ────────────────────────────────────────────────────────────────────────────


async def test_f2_stale_copy_is_served_at_once_while_one_refresh_runs():
    step = await kept_for(6.0, After(0.2, Success(b"[2]")))
    asked = step.clock()

    outcomes = [await step.ask() for _ in range(5)]

    assert step.clock() == asked
    assert {(o.body, o.freshness, o.cause) for o in outcomes} == {(b"[1]", Freshness.STALE, None)}
    assert (outcomes[0].meta, step.hits) == ({b"age": b"6"}, 1)
    await asyncio.sleep(0.3)
    fresh = await step.ask()
    assert (fresh.body, fresh.freshness, step.hits) == (b"[2]", Freshness.CACHED, 1)
    step.assert_nothing_left()


async def test_o3_refresh_is_linked_and_has_a_deadline_of_its_own():
    step = await kept_for(6.0)

    await step.ask(left=0.1, inputs=("ann",))

    [refresh] = step.wire.calls
    assert isinstance(refresh.trace, Linked)
    assert refresh.deadline - step.clock() == pytest.approx(2.0)
    assert refresh.inputs == ()


async def test_refresh_goes_on_when_the_request_that_began_it_is_over():
    step = await kept_for(6.0, After(1.0, Success(b"[2]")))

    await step.ask(left=0.1)
    await asyncio.sleep(1.1)

    assert (await step.ask()).body == b"[2]"


async def test_refresh_that_fails_leaves_the_copy_and_the_next_one_tries_again():
    step = await kept_for(6.0, DOWN)

    outcomes = [await step.ask() for _ in range(3)]

    assert {(o.body, o.cause) for o in outcomes} == {(b"[1]", None)}
    assert step.hits == 3
    step.assert_nothing_left()


async def test_refresh_that_hangs_ends_with_the_time_limit():
    step = await kept_for(6.0, Hang())
    await step.ask()

    await asyncio.sleep(2.1)

    step.assert_nothing_left()


async def test_after_its_window_a_stale_copy_waits_for_the_answer():
    step = await kept_for(36.0, Success(b"[2]"))

    outcome = await step.ask()

    assert (outcome.body, outcome.freshness) == (b"[2]", Freshness.LIVE)


async def test_too_many_refreshes_are_not_begun_and_stale_copies_are_served_all_the_same():
    step = CachedStep(Success(b"[1]"))
    keys = [b"%d" % number for number in range(150)]
    for key in keys:
        await step.ask(key)
    await asyncio.sleep(6.0)
    step.wire.will(Hang())
    step.wire.calls.clear()

    outcomes = [await step.ask(key) for key in keys]

    assert {outcome.freshness for outcome in outcomes} == {Freshness.STALE}
    assert (step.hits, step.copies.snapshot().dropped) == (100, 50)
    await step.refreshing.drain(0.0)


# ── stale instead of a failure ──────────────────────────────────────────────────────────────────────────


async def test_f3_stale_copy_stands_in_for_a_failure():
    step = await kept_for(200.0, DOWN)

    outcome = await step.ask()

    assert (outcome.body, outcome.freshness, outcome.cause) == (b"[1]", Freshness.STALE, Cause.FAILED)
    assert (outcome.meta, step.hits) == ({b"age": b"200"}, 1)


async def test_f3_copy_that_has_been_stale_for_too_long_stands_in_for_nothing():
    step = await kept_for(5.0 + 301.0, DOWN)

    assert await step.ask() is DOWN


async def test_copy_that_becomes_too_old_while_its_successor_is_asked_for_stands_in_for_nothing():
    step = await kept_for(304.5, After(1.0, DOWN))

    assert await step.ask() is DOWN


@pytest.mark.parametrize("cause", list(Cause))
async def test_stale_copy_stands_in_for_the_causes_of_the_contract_and_no_others(cause):
    step = await kept_for(200.0, Failure(cause, status=500))

    outcome = await step.ask()

    assert isinstance(outcome, Success) is (cause in STALE_MAY_STAND_IN)


async def test_f4_there_is_none_is_not_replaced_by_a_stale_copy():
    missing = Failure(Cause.REJECTED, status=404)
    step = await kept_for(200.0, missing)

    assert await step.ask() is missing


async def test_f8_waiter_out_of_time_gets_the_stale_copy_and_the_flight_fills_the_cache():
    step = await kept_for(200.0, After(0.3, Success(b"[2]")), coalesce=True)
    asked = step.clock()

    outcome = await step.ask(left=0.05)

    assert (outcome.body, outcome.cause) == (b"[1]", Cause.OUT_OF_TIME)
    assert step.clock() - asked == pytest.approx(0.05)
    await asyncio.sleep(0.3)
    assert ((await step.ask()).body, step.hits) == (b"[2]", 1)
    step.assert_nothing_left()


async def test_f8_call_with_less_time_than_anything_takes_gets_the_stale_copy():
    step = await kept_for(200.0, Success(b"[2]"))

    outcome = await step.ask(left=0.01)

    assert (outcome.body, outcome.cause, step.hits) == (b"[1]", Cause.OUT_OF_TIME, 0)


async def test_f10_switched_off_stale_copies_leave_plain_failures():
    step = await kept_for(200.0, DOWN)
    step.stand_ins.allowed = False

    assert await step.ask() is DOWN


async def test_f10_the_switch_is_about_failures_and_not_about_refreshes():
    step = await kept_for(6.0, DOWN)
    step.stand_ins.allowed = False

    assert (await step.ask()).freshness is Freshness.STALE


# ── what is kept ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("cause", list(Cause))
async def test_f9_failures_do_not_overwrite_good_copies(cause):
    step = await kept_for(6.0, Failure(cause, status=500))

    await step.ask()

    assert (await step.copy()).body == b"[1]"


@pytest.mark.parametrize("cause", list(Cause))
async def test_f5_no_failure_is_ever_kept(cause):
    step = CachedStep(Failure(cause, status=401))

    await step.ask()

    assert len(step.store) == 0


@pytest.mark.parametrize("freshness", [Freshness.CACHED, Freshness.STALE, Freshness.FALLBACK])
async def test_p8_what_stands_in_below_is_never_kept(freshness):
    step = CachedStep(Success(b"[]", freshness, Cause.TIMEOUT))

    await step.ask()

    assert len(step.store) == 0


async def test_flight_is_kept_once_whoever_waits_for_it():
    step = CachedStep(After(0.1, Success(b"[1]")), coalesce=True)

    await asyncio.gather(*[step.begin() for _ in range(50)])

    assert (step.hits, step.copies.snapshot().kept) == (1, 1)


async def test_flight_that_all_have_left_is_kept_all_the_same():
    step = CachedStep(After(0.5, Success(b"[1]")), coalesce=True)
    await asyncio.gather(*[step.begin(left=0.1) for _ in range(5)])

    await asyncio.sleep(0.5)

    assert (await step.ask()).freshness is Freshness.CACHED
    assert step.hits == 1


async def test_what_may_be_kept_is_asked_without_its_clients_baggage():
    step = CachedStep()
    call = make_call(identity=b"i")
    call.trace = Trace("0" * 31 + "1", "01", "req-1", "b7ad6b7169203331", "a=1", "user=ann")

    await step.source(call)

    [sent] = step.wire.calls
    assert (sent.trace.baggage, sent.trace.tracestate) == ("", "a=1")
    assert (sent.trace.trace_id, sent.trace.parent_id) == ("0" * 31 + "1", "b7ad6b7169203331")


async def test_call_that_is_shared_with_nobody_keeps_its_baggage():
    step = CachedStep()
    call = make_call()
    call.trace = Trace("0" * 31 + "1", "01", "req-1", baggage="user=ann")

    await step.source(call)

    assert step.wire.calls[0].trace.baggage == "user=ann"


async def test_steps_with_different_rules_share_no_copy():
    long = CachedStep(Success(b"1"), times=(3600.0, 0.0, 3600.0))
    short = CachedStep(Success(b"2"), times=(5.0, 0.0, 0.0), store=long.store)
    same = CachedStep(Success(b"3"), times=(5.0, 0.0, 0.0), store=long.store)

    assert [(await step.ask()).body for step in (long, short, same)] == [b"1", b"2", b"2"]


# ── the store ───────────────────────────────────────────────────────────────────────────────────────────


async def test_f6_dead_store_costs_no_more_than_its_own_timeout():
    step = CachedStep(Success(b"[1]"), store=DeadStore(0.005))
    asked = step.clock()

    outcome = await step.begin()

    assert outcome.body == b"[1]"
    assert step.clock() - asked <= 0.010


async def test_f6_dead_store_and_dead_upstream_are_a_plain_failure_at_once():
    step = CachedStep(DOWN, store=DeadStore(0.005))
    asked = step.clock()

    assert await step.begin() is DOWN
    assert step.clock() - asked <= 0.050


async def test_call_that_is_cut_while_the_store_is_asked_reaches_no_upstream_if_shared():
    step = CachedStep(Success(b"[1]"), store=DeadStore(0.005), coalesce=True)

    outcome = await step.begin(left=0.003)

    assert (outcome.cause, step.hits) == (Cause.OUT_OF_TIME, 0)


# ── herds ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
async def test_n4_copies_made_together_are_not_refreshed_together():
    """A thousand copies of 60 s, each asked for every second: their refreshes per second."""
    step = CachedStep(
        Success(b"[1]"), random=random.Random(4).random, times=(60.0, 30.0, 0.0), refreshing=10_000
    )
    keys = [b"%d" % number for number in range(1000)]
    await asyncio.gather(*[step.begin(key) for key in keys])
    await asyncio.sleep(53.0)
    per_second = []
    for _ in range(14):
        step.wire.calls.clear()
        await asyncio.sleep(1.0)
        await asyncio.gather(*[step.begin(key) for key in keys])
        await asyncio.sleep(0)
        per_second.append(step.hits)

    assert sum(per_second) == 1000
    spread = [count for count in per_second if count]
    assert len(spread) >= 12
    assert max(spread) <= 2 * 1000 / 12
    assert step.copies.snapshot().dropped == 0


async def test_n3_a_thousand_misses_and_a_thousand_refreshes_of_one_key_are_two_calls():
    step = CachedStep(After(0.1, Success(b"[1]")), coalesce=True)

    await asyncio.gather(*[step.begin() for _ in range(1000)])
    await asyncio.sleep(6.0)
    await asyncio.gather(*[step.begin() for _ in range(1000)])
    await asyncio.sleep(0.2)

    assert step.hits == 2
    step.assert_nothing_left()


async def test_copies_describe_themselves():
    step = await kept_for(1.0)
    await step.ask()

    assert repr(step.copies).endswith("1 hits, 0 stale, 1 misses>")


async def test_copy_of_another_process_counts_with_its_age():
    step = CachedStep(Success(b"[2]"))
    await step.store.set(b"i" + step.copies.mark, Copy(b"[1]", 5.0, 30.0, 300.0, age=4.5))

    assert (await step.ask()).freshness is Freshness.CACHED
    await asyncio.sleep(1.0)
    assert (await step.ask()).freshness is Freshness.STALE

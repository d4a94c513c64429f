"""A second attempt beside a slow first one."""

import asyncio
import gc
import logging
from contextvars import ContextVar
from dataclasses import replace
from math import inf

import pytest

from gateway.layers.budget import Budget
from gateway.layers.bulkhead import Bulkhead
from gateway.layers.hedge import Hedge
from gateway.layers.hedge_delay import FixedDelay, LiveDelay
from gateway.outcome import ANOTHER_WON, Cause, Failure, Success
from tests.support.calls import make_call
from tests.support.circuits import RC
from tests.support.hedged import Hedged, crowding
from tests.support.sources import After, Hang

DOWN = Failure(Cause.FAILED, "HTTP 503", 503)
RESET = Failure(Cause.INCOMPLETE)
REQUEST = ContextVar("REQUEST", default="")
LEFT = Failure(Cause.OUT_OF_TIME, "the client left")


def no():
    return False


def yes():
    return True


def policy(after=None, budget=None, half_open=no, crowded=no):
    return Hedge(after or FixedDelay(0.03), budget or Budget(inf, inf), half_open, crowded)


def learned(seconds=0.02, count=100):
    delay = LiveDelay(0.95)
    for _ in range(count):
        delay.record(0.0, seconds)
    return delay


# ── the policy ──────────────────────────────────────────────────────────────────────────────────────────


def test_g4_call_without_time_for_delay_and_a_usual_answer_is_not_hedged():
    hedge = policy(learned(0.02))

    assert hedge.begin(0.0, 0.040, 0.0) is None
    assert hedge.begin(0.0, 0.042, 0.0) == pytest.approx(0.02, rel=0.07)


def test_call_without_time_for_delay_and_floor_is_not_hedged():
    assert policy().begin(0.0, 0.049, 0.02) is None
    assert policy().begin(0.0, 0.051, 0.02) == 0.03


def test_g4_no_hedge_while_half_open():
    assert not policy(half_open=yes).pays(0.0)


def test_g4_no_hedge_while_more_than_four_fifths_of_the_slots_are_in_use():
    bulkhead = Bulkhead(20, 20, 0.1)
    hedge = policy(crowded=crowding(bulkhead))
    bulkhead.in_use = 16
    assert hedge.pays(0.0)

    bulkhead.in_use = 17

    assert not hedge.pays(0.0)


def test_hedge_that_finds_the_slots_filled_since_it_was_paid_for_gives_its_token_back():
    full = []
    hedge = policy(budget=Budget(0.0, 1.0), crowded=lambda: bool(full))
    hedge.pays(0.0)
    full.append(True)

    assert not hedge.sends()
    assert hedge.budget.withdraw(0.0)
    assert hedge.budget.hedges.sent == 0


def test_hedge_is_paid_for_and_withheld_without_a_token():
    hedge = policy(budget=Budget(0.0, 1.0))

    assert [hedge.pays(0.0), hedge.sends(), hedge.pays(0.0)] == [True, True, False]
    assert (hedge.budget.hedges.sent, hedge.budget.hedges.withheld) == (1, 1)


def test_hedge_beyond_the_share_of_its_delay_costs_no_token():
    hedge = policy(learned(), budget=Budget(0.0, 1.0))

    assert not hedge.pays(0.0)
    assert hedge.budget.withdraw(0.0)
    assert hedge.budget.hedges.withheld == 1


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [
        (Success(b"1"), True),
        (Failure(Cause.REJECTED), True),
        (Failure(Cause.TIMEOUT), True),
        (ANOTHER_WON, True),
        (DOWN, False),
        (Failure(Cause.BULKHEAD_FULL), False),
        (LEFT, False),
    ],
)
def test_only_outcomes_that_tell_how_long_answers_take_are_learned(outcome, counts):
    after = LiveDelay(0.95)
    hedge = policy(after)

    hedge.ended(outcome, 0.0, 0.02)

    assert after._latencies.total == counts


def test_hedge_describes_itself():
    assert repr(policy()) == "<Hedge after <FixedDelay 30 ms>, <Extra 0 sent, 0 won, 0 withheld>>"


# ── the layer ───────────────────────────────────────────────────────────────────────────────────────────


async def test_quick_answer_makes_no_task_and_never_leaves_its_callers_stack():
    hedged = Hedged(Success(b"1"))
    coroutine = hedged.source(make_call())

    with pytest.raises(StopIteration) as done:
        coroutine.send(None)

    assert done.value.value.body == b"1"
    hedged.buffered.give(100)
    await hedged.assert_idle()
    assert hedged.sent == (0, 0)


async def test_answer_before_the_delay_is_not_hedged():
    hedged = Hedged(After(0.029, Success(b"1")))

    assert (await hedged.ask()).body == b"1"

    assert len(hedged.wire.calls) == 1
    await hedged.assert_idle()


async def test_slow_first_attempt_is_beaten_by_its_hedge():
    hedged = Hedged(Hang(), After(0.02, Success(b"2")))
    call = make_call()

    outcome = await hedged.source(call)

    assert (outcome.body, hedged.elapsed) == (b"2", 0.05)
    assert [attempt.attempt for attempt in hedged.wire.calls] == [2, 2]
    assert (call.held, hedged.buffered.used, call.ended) == (100, 100, None)
    hedged.buffered.give(100)
    assert hedged.sent == (1, 1)
    await hedged.assert_idle()


async def test_first_attempt_that_is_still_quicker_than_its_hedge_wins():
    hedged = Hedged(After(0.04, Success(b"1")), Hang())
    call = make_call()

    outcome = await hedged.source(call)

    assert (outcome.body, hedged.elapsed, call.attempt) == (b"1", 0.04, 1)
    hedged.buffered.give(call.held)
    assert hedged.sent == (1, 0)
    await hedged.assert_idle()


async def test_g3_loser_is_no_evidence_and_gives_everything_back():
    hedged = Hedged(Hang(), After(0.02, Success(b"2")))

    await hedged.ask()

    await hedged.assert_idle()
    assert hedged.upstream.counts == (1, 0)
    assert hedged.upstream.state == "closed"


@pytest.mark.parametrize("first_wins", [True, False])
async def test_g3_loser_is_no_evidence_however_long_it_ran(first_wins):
    first, hedge = (0.46, 1.0) if first_wins else (1.0, 0.44)
    rules = replace(RC, slow_call=None)
    hedged = Hedged(After(first), After(hedge), rules=rules)

    await hedged.ask(timeout=0.5)

    loser = hedged.wire.calls[first_wins]
    assert loser.ended is (ANOTHER_WON if first_wins else None)
    assert hedged.upstream.counts == (1, 0)
    await hedged.assert_idle()


async def test_g4_unrepeatable_call_is_not_hedged():
    hedged = Hedged(After(0.2, Success(b"1")))

    await hedged.ask(repeatable=False)

    assert len(hedged.wire.calls) == 1


async def test_g4_no_hedge_before_fifty_samples():
    hedged = Hedged(After(0.02), after=LiveDelay(0.95))
    for _ in range(49):
        await hedged.ask()
    hedged.wire.will(After(0.3))

    await hedged.ask()
    assert hedged.sent == (0, 0)
    await asyncio.sleep(1.0)
    for _ in range(20):
        hedged.after.begin(hedged.loop.time())  # what one in twenty needs
    await hedged.ask()

    assert hedged.sent == (1, 0)
    await hedged.assert_idle()


async def test_h7_no_hedge_while_half_open():
    hedged = Hedged(After(0.2, Success(b"1")), half_open=yes)

    await hedged.ask()

    assert len(hedged.wire.calls) == 1


async def test_hedge_that_cannot_be_paid_for_is_asked_for_again_soon_and_then_ever_later():
    budget, now = Budget(0.0, 20.0), asyncio.get_running_loop().time()
    for _ in range(20):
        budget.withdraw(now)
    hedged = Hedged(After(2.0, Success(b"1")), After(0.01, Success(b"2")), budget=budget)

    outcome = await hedged.ask(timeout=3.0, deadline=hedged.loop.time() + 5.0)

    assert (outcome.body, hedged.elapsed) == (
        b"2",
        0.085,
    )  # 30 ms, 15 more, 30 more, the hedge 10
    await hedged.assert_idle()


async def test_nobody_asks_again_who_has_no_time_left_for_an_answer():
    budget = Budget(0.0, 0.0)
    hedged = Hedged(After(0.2, Success(b"1")), budget=budget)

    await hedged.ask(timeout=3.0, deadline=hedged.loop.time() + 0.2)

    assert budget.hedges.withheld == 4  # after 30, 45, 75 and 135 ms, and not after 255
    await hedged.assert_idle()


async def test_g5_failed_first_attempt_is_tried_again_at_once():
    hedged = Hedged(After(0.005, DOWN), Success(b"2"), attempts=2)

    assert (await hedged.ask()).body == b"2"

    assert hedged.elapsed == 0.005
    assert hedged.sent == (0, 0)
    assert hedged.budget.retries.won == 1
    await hedged.assert_idle()


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (After(0.04, DOWN), After(0.05, RESET), DOWN),
        (After(0.09, DOWN), After(0.01, RESET), RESET),
        (After(0.09, DOWN), After(0.01, Failure(Cause.BULKHEAD_FULL)), DOWN),
        (After(0.04, Failure(Cause.CIRCUIT_OPEN)), After(0.05, RESET), RESET),
    ],
)
async def test_g5_two_that_fail_are_one_failure_the_first_of_the_upstreams_own(first, second, expected):
    hedged = Hedged(first, second)

    assert await hedged.ask() is expected

    assert hedged.sent == (1, 0)
    await hedged.assert_idle()


async def test_hedge_that_fails_leaves_the_first_attempt_alone():
    hedged = Hedged(After(0.1, Success(b"1")), DOWN)

    assert (await hedged.ask()).body == b"1"
    assert hedged.elapsed == 0.1
    await hedged.assert_idle()


async def test_first_attempt_that_fails_leaves_its_hedge_alone():
    hedged = Hedged(After(0.04, DOWN), After(0.1, Success(b"2")))

    assert (await hedged.ask()).body == b"2"
    assert hedged.elapsed == 0.13
    await hedged.assert_idle()


async def test_rejection_by_the_hedge_is_the_answer():
    hedged = Hedged(Hang(), After(0.01, Failure(Cause.REJECTED, status=404)))

    assert (await hedged.ask()).status == 404
    assert hedged.elapsed == 0.04
    await hedged.assert_idle()


async def test_hedge_is_one_of_the_calls_tries():
    hedged = Hedged(After(0.04, DOWN), After(0.05, DOWN), Success(b"3"), attempts=2)

    assert await hedged.ask() is DOWN
    assert len(hedged.wire.calls) == 2

    hedged = Hedged(After(0.04, DOWN), After(0.05, DOWN), After(0.2, Success(b"3")), attempts=3)

    assert (await hedged.ask()).body == b"3"
    assert len(hedged.wire.calls) == 3
    await hedged.assert_idle()


async def test_retry_after_two_that_failed_knows_where_both_have_been():
    hedged = Hedged(After(0.04, DOWN), After(0.05, DOWN))
    call = make_call()
    task = asyncio.ensure_future(hedged.ask(call))
    await asyncio.sleep(0.035)
    first, hedge = hedged.wire.calls

    first.tried, hedge.tried = 0b01, 0b10

    assert await task is DOWN
    assert call.tried == 0b11


async def test_attempt_timeout_of_the_first_does_not_shorten_its_hedge():
    hedged = Hedged(Hang(), After(0.49, Success(b"2")))

    assert (await hedged.ask(timeout=0.5)).body == b"2"
    assert hedged.elapsed == 0.52
    await hedged.assert_idle()


async def test_g6_never_more_in_flight_than_slots_hedges_included():
    hedged = Hedged(After(0.2), slots=20)

    await asyncio.gather(*[hedged.ask() for _ in range(15)])
    assert hedged.wire.peak == 17  # beyond four fifths of the slots no hedge is sent
    await asyncio.gather(*[hedged.ask() for _ in range(40)])

    assert hedged.wire.peak == 20
    await hedged.assert_idle()


@pytest.mark.parametrize("at", [0.01, 0.04])
async def test_cut_ends_both_attempts_and_is_the_outcome(at):
    hedged = Hedged(After(0.05, DOWN), Hang())
    call = make_call()
    hedged.loop.call_later(at, call.cut, LEFT)

    assert await hedged.ask(call) is LEFT

    assert (hedged.elapsed, call.ended) == (at, LEFT)
    await hedged.assert_idle()


async def test_cut_of_the_call_is_what_cuts_its_hedge():
    hedged = Hedged(Hang(), Hang())
    call = make_call()
    hedged.loop.call_later(0.04, call.cut, LEFT)

    await hedged.ask(call)

    assert hedged.wire.calls[1].ended is LEFT


async def test_call_that_was_cut_in_the_moment_in_which_its_hedge_is_due_gets_none():
    hedged = Hedged(Hang())
    call = make_call()
    hedged.loop.call_later(0.03, call.cut, LEFT)  # scheduled first, so it comes first

    assert await hedged.ask(call) is LEFT

    await hedged.assert_idle()
    assert len(hedged.wire.calls) == 1
    assert hedged.sent == (0, 0)


async def test_hedge_sees_nothing_of_the_context_of_its_request():
    hedged = Hedged(After(0.05))
    seen = []

    async def looking(call):
        seen.append(REQUEST.get())
        return await hedged.upstream.source(call)

    REQUEST.set("7")
    await hedged.layer(looking)(make_call())

    assert seen == ["7", ""]


@pytest.mark.parametrize("script", [[After(0.05, DOWN), Hang()], [Hang(), After(0.02, DOWN)]])
async def test_cut_after_one_of_two_failed_tells_what_the_upstream_did(script):
    hedged = Hedged(*script)
    call = make_call()
    hedged.loop.call_later(0.06, call.cut, LEFT)

    assert await hedged.ask(call) is DOWN

    assert (hedged.elapsed, call.ended) == (0.06, LEFT)
    await hedged.assert_idle()


@pytest.mark.parametrize("at", [0.01, 0.04, 0.06])
async def test_cancellation_ends_both_attempts(at):
    hedged = Hedged(After(0.05, DOWN), Hang())
    task = asyncio.ensure_future(hedged.ask())
    await asyncio.sleep(at)

    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    await hedged.assert_idle()


async def test_both_that_answer_in_one_turn_leave_one_answer_and_no_bytes():
    hedged = Hedged(After(0.05, Success(b"1")), After(0.02, Success(b"2")))

    assert (await hedged.ask()).body in {b"1", b"2"}

    await hedged.assert_idle()


async def test_cut_in_the_turn_in_which_the_hedge_wins_is_the_outcome_or_the_answer_but_leaves_nothing():
    hedged = Hedged(Hang(), After(0.02, Success(b"2")))
    call = make_call()
    hedged.loop.call_later(0.05, call.cut, LEFT)

    assert isinstance(await hedged.ask(call), Success | Failure)

    await hedged.assert_idle()


async def test_bug_in_the_first_attempt_passes_and_ends_the_hedge():
    hedged = Hedged(After(0.05, LookupError("bug")), Hang())

    with pytest.raises(LookupError):
        await hedged.ask()

    await hedged.assert_idle()


async def test_bug_in_the_hedge_is_logged_and_leaves_the_first_attempt_alone(caplog):
    hedged = Hedged(After(0.05, Success(b"1")), LookupError("bug"))

    with caplog.at_level(logging.ERROR):
        assert (await hedged.ask()).body == b"1"

    assert "bug in a hedge of step orders request=req-1 trace=" in caplog.text
    await hedged.assert_idle()


async def test_cancelled_hedge_does_not_keep_its_call_waiting():
    hedged = Hedged(After(0.04, DOWN), Hang())
    task = asyncio.ensure_future(hedged.ask())
    await asyncio.sleep(0.05)

    [hedge] = asyncio.all_tasks() - {task, asyncio.current_task()}
    hedge.cancel()

    assert await task is DOWN
    await hedged.assert_idle()


@pytest.mark.parametrize(
    "script", [[Hang(), After(0.01)], [After(0.04), Hang()], [After(0.04, DOWN), After(0.05, DOWN)]]
)
async def test_race_leaves_no_reference_cycle(script):
    hedged = Hedged(*script)
    await hedged.ask()
    gc.collect()
    gc.disable()
    try:
        for _ in range(15):
            hedged.wire.will(*script)
            await hedged.ask()
        await hedged.assert_idle()
        assert gc.collect() == 0
    finally:
        gc.enable()


async def test_budget_counts_first_attempts_where_no_retries_do():
    alone, with_retries = Hedged(), Hedged(attempts=2)

    await alone.ask()
    await with_retries.ask()

    assert (alone.budget.first_attempts, with_retries.budget.first_attempts) == (1, 1)

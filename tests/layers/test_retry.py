"""Which calls get another attempt, and when."""

import asyncio
import random
from math import inf

import pytest

from gateway.call import stack
from gateway.layers.backoff import Backoff
from gateway.layers.budget import Budget
from gateway.layers.retry import Retry, Retrying, retrying, worthwhile
from gateway.layers.timeout import timing_out
from gateway.outcome import RETRYABLE, Cause, Failure, Success
from gateway.timers import Timers
from tests.support.calls import make_call
from tests.support.sources import After, Hang, ScriptedSource

SEED = 20261121
DOWN = Failure(Cause.FAILED, "HTTP 503", 503)
REFUSED = Failure(Cause.UNREACHABLE, "connection refused")
LEFT = Failure(Cause.OUT_OF_TIME, "the client left")


def policy(attempts=3, budget=None, chance=0.5):
    return Retry(attempts, Backoff(0.05, 0.5, lambda: chance), budget or Budget(inf, inf))


def pause(retry, failure=DOWN, *, attempt=1, repeatable=True, room=inf, now=0.0):
    return retry.pause(failure, attempt=attempt, repeatable=repeatable, room=room, now=now)


# ── the policy ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("cause", list(Cause))
def test_only_the_causes_of_the_contract_are_worth_another_attempt(cause):
    assert worthwhile(Failure(cause), repeatable=True) == (cause in RETRYABLE)
    assert worthwhile(Failure(cause), repeatable=False) == (cause is Cause.UNREACHABLE)


def test_throttled_call_is_tried_again_only_if_it_was_told_when():
    assert worthwhile(Failure(Cause.THROTTLED, retry_after=1.0), repeatable=True)
    assert not worthwhile(Failure(Cause.THROTTLED), repeatable=True)
    assert not worthwhile(Failure(Cause.THROTTLED, retry_after=1.0), repeatable=False)


def test_tries_are_counted_all_together():
    retry = policy(attempts=3)

    assert pause(retry, attempt=2) is not None
    assert pause(retry, attempt=3) is None
    assert pause(retry, attempt=4) is None


def test_pause_that_does_not_fit_is_not_begun_and_not_paid_for():
    retry = policy(budget=Budget(0.0, 1.0))

    assert pause(retry, room=0.024) is None
    assert pause(retry, room=-0.001) is None
    assert pause(retry, room=0.025) == 0.025


def test_attempt_without_a_token_is_withheld():
    retry = policy(budget=Budget(0.0, 1.0))

    assert pause(retry) is not None
    assert pause(retry) is None
    assert retry.budget.retries.withheld == 1


def hits(requests, rate, *, attempts=3, fails=lambda: True):
    """Upstream hits and answers of so many requests at so many a second."""
    budget = Budget(0.1, 1.0)
    retry = policy(attempts, budget)
    asked = answered = 0
    for i in range(requests):
        now = i / rate
        budget.deposit(now)
        for attempt in range(1, attempts + 1):
            asked += 1
            if not fails():
                answered += 1
                break
            if pause(retry, attempt=attempt, now=now) is None:
                break
    return asked, answered


def test_r1_total_outage_at_a_hundred_a_second():
    assert 1090 <= hits(1000, 100)[0] <= 1110


def test_r2_total_outage_at_one_a_second():
    assert 18 <= hits(10, 1)[0] <= 21


def test_r3_total_outage_at_a_thousand_a_second():
    assert 100_000 * 1.09 <= hits(100_000, 1000)[0] <= 100_000 * 1.105


def test_r12_one_failure_in_twenty_is_hidden_for_a_tenth_more_calls():
    chance = random.Random(SEED)

    asked, answered = hits(10_000, 100, fails=lambda: chance.random() < 0.05)

    assert answered >= 9_970
    assert asked <= 11_000


def test_retry_describes_itself():
    assert repr(policy(2)) == "<Retry 2 attempts, <Backoff up to 0.05 s, doubling to 0.5 s>>"


# ── the layer ───────────────────────────────────────────────────────────────────────────────────────────


class Setting:
    """A source behind retries (3 attempts, 50 to 500 ms, half of the jitter) and an attempt timeout."""

    def __init__(self, *script, attempts=3, budget=None, half_open=lambda: False, chance=0.5) -> None:
        self.loop = asyncio.get_running_loop()
        self.started = self.loop.time()
        self.times = []
        self.budget = budget or Budget(inf, inf)
        self.source = ScriptedSource().will(*script)
        self.shell = {
            "attempts": attempts,
            "backoff": Backoff(0.05, 0.5, lambda: chance),
            "budget": self.budget,
            "half_open": half_open,
            "clock": self.loop.time,
            "timers": Timers(self.loop),
        }
        self.attempt = stack(self._timed, [timing_out(self.shell["timers"])])
        self.retried = retrying(**self.shell)(self.attempt)

    async def _timed(self, call):
        self.times.append(round(self.loop.time() - self.started, 6))
        return await self.source(call)

    @property
    def elapsed(self):
        return round(self.loop.time() - self.started, 6)

    def in_time(self, seconds, **rest):
        """A call with so many seconds left, cut when they are over."""
        call = make_call(deadline=self.started + seconds, **rest)
        self.loop.call_later(seconds, call.cut, Failure(Cause.OUT_OF_TIME, "the request's time limit"))
        return call


async def test_failed_call_is_tried_again_after_a_pause():
    setting = Setting(DOWN, REFUSED, Success(b"1"))
    call = make_call()

    outcome = await setting.retried(call)

    assert outcome.body == b"1"
    assert setting.times == [0.0, 0.025, 0.075]
    assert call.attempt == 3
    assert (setting.budget.first_attempts, setting.budget.retries.sent, setting.budget.retries.won) == (
        1,
        2,
        1,
    )


async def test_last_failure_is_the_outcome():
    setting = Setting(REFUSED, REFUSED, DOWN)

    assert await setting.retried(make_call()) is DOWN
    assert len(setting.times) == 3
    assert setting.budget.retries.won == 0


async def test_answer_costs_no_token_and_gives_nothing_up():
    setting = Setting(Success(b"1"), budget=Budget(0.1, 0.0))
    coroutine = setting.retried(make_call())

    with pytest.raises(StopIteration):
        coroutine.send(None)

    assert setting.budget.snapshot(setting.started).tokens == pytest.approx(0.1)


async def test_next_attempt_begins_as_unsent_and_with_its_whole_timeout():
    setting = Setting(Hang(), Hang(sent=False), attempts=2)
    call = make_call(timeout=0.5)

    outcome = await setting.retried(call)

    assert outcome.cause is Cause.UNREACHABLE
    assert not call.sent
    assert setting.elapsed == 1.025


async def test_parts_make_the_same_as_the_layer():
    setting = Setting(Success(b"2"))
    shell = Retrying(**setting.shell)
    call = make_call()

    shell.deposit()
    outcome = await shell.following(setting.attempt)(call, DOWN)

    assert (outcome.body, call.attempt, setting.budget.first_attempts) == (b"2", 2, 1)


async def test_r4_two_layers_of_retries_stay_below_their_product():
    gateway = Setting(DOWN, budget=Budget(0.1, 1.0))
    client = retrying(**{**gateway.shell, "budget": Budget(0.1, 1.0)})(gateway.retried)

    async def ask(i):
        await asyncio.sleep(i / 100)
        await client(make_call())

    await asyncio.gather(*[ask(i) for i in range(1000)])

    reserves = 11 * 1.1 + 11
    assert 1150 < len(gateway.times) <= 1210 + reserves


async def test_r5_retry_after_that_fits_is_waited_for():
    setting = Setting(Failure(Cause.FAILED, "", 503, 1.0), Success(b"1"))

    outcome = await setting.retried(setting.in_time(2.0))

    assert outcome.body == b"1"
    assert 1.0 <= setting.times[1] <= 1.25


async def test_r5_throttled_call_waits_for_its_retry_after_too():
    setting = Setting(Failure(Cause.THROTTLED, "", 429, 1.0), Success(b"1"))

    assert (await setting.retried(setting.in_time(2.0))).body == b"1"
    assert 1.0 <= setting.times[1] <= 1.25


@pytest.mark.parametrize("cause", [Cause.FAILED, Cause.THROTTLED])
async def test_r6_retry_after_that_does_not_fit_ends_the_call_at_once(cause):
    setting = Setting(Failure(cause, "", 503, 10.0), Success(b"1"))

    outcome = await setting.retried(setting.in_time(2.0))

    assert (outcome.cause, outcome.retry_after) == (cause, 10.0)
    assert (setting.times, setting.elapsed) == ([0.0], 0.0)


async def test_r7_post_that_was_answered_or_timed_out_is_not_sent_again():
    for entry in (DOWN, Hang(), Failure(Cause.INCOMPLETE)):
        setting = Setting(entry, Success(b"1"))

        assert isinstance(await setting.retried(make_call(repeatable=False)), Failure)
        assert len(setting.times) == 1


async def test_r7_post_that_never_left_is_tried_again():
    setting = Setting(REFUSED)

    assert await setting.retried(make_call(repeatable=False)) is REFUSED
    assert len(setting.times) == 3


async def test_r7_idempotency_key_goes_out_unchanged():
    setting = Setting(DOWN, DOWN, Success(b"1"))
    call = make_call(repeatable=True)
    call.payload = {"idempotency-key": "7"}
    sent = []

    async def remembered(attempt):
        sent.append(attempt.payload)
        return await setting.attempt(attempt)

    await retrying(**setting.shell)(remembered)(call)

    assert len(sent) == 3
    assert all(payload is call.payload for payload in sent)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
async def test_r9_rejected_call_is_not_tried_again(status):
    setting = Setting(Failure(Cause.REJECTED, "", status))

    assert (await setting.retried(make_call())).status == status
    assert setting.times == [0.0]


@pytest.mark.parametrize("cause", [Cause.CIRCUIT_OPEN, Cause.BULKHEAD_FULL])
async def test_r9_refusal_of_our_own_ends_the_attempts(cause):
    setting = Setting(DOWN, Failure(cause, retry_after=0.01))

    assert (await setting.retried(make_call())).cause is cause
    assert len(setting.times) == 2


async def test_r10_empty_budget_never_holds_back_a_first_attempt():
    setting = Setting(DOWN, budget=Budget(0.0, 0.0))

    for _ in range(100):
        assert await setting.retried(make_call()) is DOWN

    assert len(setting.times) == 100
    assert setting.budget.retries.withheld == 100
    assert setting.elapsed == 0.0


async def test_r11_body_that_cannot_be_replayed_is_never_replayed():
    setting = Setting(Failure(Cause.INCOMPLETE, "reset after the first piece"), Success(b"1"))
    call = make_call(repeatable=False)
    call.sent = True

    assert (await setting.retried(call)).cause is Cause.INCOMPLETE
    assert len(setting.times) == 1


async def test_h7_no_retry_while_half_open():
    setting = Setting(DOWN, half_open=lambda: True)

    assert await setting.retried(make_call()) is DOWN
    assert len(setting.times) == 1


async def test_h7_no_retry_if_the_circuit_opened_during_the_pause():
    opened = []
    setting = Setting(DOWN, half_open=lambda: bool(opened), budget=Budget(0.0, 1.0))
    setting.loop.call_later(0.01, opened.append, True)

    assert await setting.retried(make_call()) is DOWN
    assert len(setting.times) == 1
    assert setting.budget.withdraw(setting.loop.time())


async def test_d5_second_attempt_gets_what_the_first_left_over():
    setting = Setting(Hang(), chance=0.0)

    outcome = await setting.retried(setting.in_time(0.7, timeout=0.5))

    assert outcome.cause is Cause.TIMEOUT  # the first one's: what the deadline cut is no evidence
    assert setting.times == [0.0, 0.5]
    assert setting.elapsed == 0.7


async def test_nothing_is_tried_that_could_only_begin_below_the_floor():
    setting = Setting(Hang(), chance=0.5)

    outcome = await setting.retried(setting.in_time(0.54, timeout=0.5, floor=0.02))

    assert outcome.cause is Cause.TIMEOUT
    assert (setting.times, setting.elapsed) == ([0.0], 0.5)


async def test_cut_ends_the_pause_at_once_and_gives_the_token_back():
    setting = Setting(Failure(Cause.FAILED, "", 503, 1.0), budget=Budget(0.0, 1.0))
    call = make_call()
    setting.loop.call_later(0.1, call.cut, LEFT)

    assert (await setting.retried(call)).cause is Cause.FAILED
    assert (setting.times, setting.elapsed) == ([0.0], 0.1)
    assert setting.budget.withdraw(setting.loop.time())


async def test_call_that_was_cut_is_not_tried_again_though_its_attempt_failed_in_its_own_way():
    setting = Setting()

    async def failing(call):
        call.cut(LEFT)
        setting.times.append(0.0)
        return DOWN

    assert await retrying(**setting.shell)(failing)(make_call()) is DOWN
    assert len(setting.times) == 1


async def test_call_that_is_cut_in_a_later_attempt_ends_with_what_the_upstream_did_before():
    setting = Setting(DOWN, Hang(), chance=0.0)
    call = make_call()
    setting.loop.call_later(0.1, call.cut, LEFT)

    assert await setting.retried(call) is DOWN
    assert len(setting.times) == 2


async def test_cancelled_pause_leaves_no_timer_and_gives_its_token_back():
    setting = Setting(Failure(Cause.FAILED, "", 503, 1.0), budget=Budget(0.0, 1.0))
    task = asyncio.ensure_future(setting.retried(make_call()))
    await asyncio.sleep(0.1)

    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    pauses = [timer for timer in setting.loop._scheduled if timer.when() >= setting.started + 1.0]
    assert [timer.cancelled() for timer in pauses] == [True]
    assert setting.budget.withdraw(setting.loop.time())


async def test_slow_failure_then_quick_answer_is_an_answer():
    setting = Setting(After(0.2, DOWN), After(0.1, Success(b"1")), chance=0.0)

    assert (await setting.retried(make_call())).body == b"1"
    assert setting.elapsed == 0.3

"""The breaker as two layers; B and H are the scenarios of docs/scenarios.md."""

import asyncio
import time

import pytest

from gateway.layers.breaker import Breaker, breaking, refusing_while_open
from gateway.outcome import Cause, Failure, Success
from tests.support.calls import make_call
from tests.support.circuits import RC
from tests.support.sources import After, Hang, ScriptedSource


class Setting:
    """A scripted source behind gate and permit of a breaker with the reference configuration."""

    def __init__(self, *script, rules=RC) -> None:
        self.loop = asyncio.get_running_loop()
        clock = self.loop.time
        self.breaker = Breaker(name="users", rules=rules, clock=clock, random=lambda: 0.5)
        self.circuit = self.breaker.circuit
        self.source = ScriptedSource().will(*script)
        self.permitted = breaking(self.breaker, clock)(self.source)
        self.guarded = refusing_while_open(self.breaker, clock)(self.permitted)

    async def calls(self, count):
        return [await self.guarded(make_call()) for _ in range(count)]

    @property
    def counts(self):
        snapshot = self.breaker.snapshot()
        return snapshot.total, snapshot.failed


SAYS_FAILURE = [Failure(c) for c in (Cause.TIMEOUT, Cause.UNREACHABLE, Cause.INCOMPLETE, Cause.UNREADABLE)]
SAYS_NOTHING = [
    Failure(Cause.THROTTLED, status=429), Failure(Cause.TOO_LARGE), Failure(Cause.BULKHEAD_FULL),
    Failure(Cause.CIRCUIT_OPEN), Failure(Cause.OUT_OF_TIME), Failure(Cause.INTERNAL),
    Failure(Cause.FAILED, status=501), Failure(Cause.FAILED, status=505),
]  # fmt: skip


@pytest.mark.parametrize("outcome", [*SAYS_FAILURE, Failure(Cause.FAILED, status=503)], ids=repr)
async def test_b4_twenty_signs_of_trouble_open(outcome):
    setting = Setting(outcome)

    await setting.calls(20)

    assert setting.circuit.state == "open"


@pytest.mark.parametrize("status", [404, 422, 301])
async def test_b4_rejections_are_signs_of_life(status):
    setting = Setting(Failure(Cause.REJECTED, status=status))

    await setting.calls(100)

    assert (setting.circuit.state, setting.counts) == ("closed", (100, 0))
    assert setting.breaker.snapshot().slow == 0


@pytest.mark.parametrize("outcome", SAYS_NOTHING, ids=repr)
async def test_b4_neutral_outcomes_are_not_counted(outcome):
    setting = Setting(outcome)

    outcomes = await setting.calls(100)

    assert (setting.circuit.state, setting.counts) == ("closed", (0, 0))
    assert set(outcomes) == {outcome}


async def test_b5_open_circuit_refuses_without_calling_the_upstream():
    setting = Setting(Failure(Cause.FAILED, "boom", status=500))
    await setting.calls(20)
    started = setting.loop.time()

    outcomes = await setting.calls(500)

    assert (len(setting.source.calls), setting.loop.time()) == (20, started)
    assert {outcome.cause for outcome in outcomes} == {Cause.CIRCUIT_OPEN}
    assert {outcome.retry_after for outcome in outcomes} == {5.0}
    assert outcomes[0].detail == "the circuit of users is open: 20 of 20 calls failed"


async def test_b10_retry_after_of_an_answer_reaches_the_circuit():
    setting = Setting(Failure(Cause.FAILED, status=503, retry_after=17.0))

    await setting.calls(20)

    assert setting.breaker.open_remaining == 17.0


async def test_b13_an_open_circuit_is_one_upstreams_affair():
    users, orders = Setting(Failure(Cause.FAILED)), Setting(Success(b"1"))
    await users.calls(20)

    (outcome,) = await orders.calls(1)

    assert (users.circuit.state, orders.circuit.state, outcome.body) == ("open", "closed", b"1")


async def test_m3_last_failure_is_kept_as_short_text():
    setting = Setting(Failure(Cause.FAILED, "x" * 100_000, status=500))

    await setting.calls(1)

    assert setting.breaker.last_failure.startswith("failed 500: xxx")
    assert len(setting.breaker.last_failure) == 200


async def test_k1_open_time_passes_by_the_injected_clock_and_not_by_the_wall_clock():
    setting = Setting(Failure(Cause.FAILED))
    await setting.calls(20)
    wall = time.time()

    await asyncio.sleep(4.99)
    await setting.calls(1)
    assert len(setting.source.calls) == 20
    await asyncio.sleep(0.02)
    await setting.calls(1)

    assert len(setting.source.calls) == 21
    assert time.time() - wall < 4.0


async def test_slow_answers_open_and_so_do_slow_rejections():
    setting = Setting(After(0.45, Failure(Cause.REJECTED, status=404)))

    await asyncio.gather(*[setting.guarded(make_call()) for _ in range(20)])

    assert (setting.circuit.state, setting.circuit.reason) == ("open", "slow_rate")


async def test_call_refused_by_the_permit_alone_says_the_same_as_at_the_gate():
    setting = Setting(Failure(Cause.FAILED))
    await setting.calls(20)

    outcome = await setting.permitted(make_call())

    assert (outcome.cause, outcome.retry_after, len(setting.source.calls)) == (Cause.CIRCUIT_OPEN, 5.0, 20)


@pytest.mark.parametrize(("cut_after", "counts"), [(0.39, (0, 0)), (0.41, (1, 1))])
async def test_call_cut_from_outside_counts_only_if_it_had_run_long(cut_after, counts):
    setting = Setting(Hang())
    call = make_call()
    setting.loop.call_later(cut_after, call.cut, Failure(Cause.OUT_OF_TIME))

    outcome = await setting.guarded(call)

    assert (outcome.cause, setting.counts) == (Cause.OUT_OF_TIME, counts)


@pytest.mark.parametrize(("cut_after", "counts"), [(0.39, (0, 0)), (0.41, (1, 1))])
async def test_cancelled_call_counts_only_if_it_had_run_long(cut_after, counts):
    setting = Setting(Hang())
    task = asyncio.ensure_future(setting.guarded(make_call()))
    await asyncio.sleep(cut_after)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert setting.counts == counts


async def test_bug_says_nothing_and_passes_through():
    setting = Setting(RuntimeError("bug"))

    for _ in range(100):
        with pytest.raises(RuntimeError, match="bug"):
            await setting.guarded(make_call())

    assert (setting.circuit.state, setting.counts) == ("closed", (0, 0))


async def half_open(*script):
    setting = Setting(Failure(Cause.FAILED))
    await setting.calls(20)
    await asyncio.sleep(5.01)
    setting.source.will(*script)
    return setting


async def test_h1_a_thousand_calls_at_once_are_three_probes():
    setting = await half_open(After(0.05))

    outcomes = await asyncio.gather(*[setting.guarded(make_call()) for _ in range(1000)])

    assert len(setting.source.calls) == 20 + 3
    assert [getattr(o, "cause", None) for o in outcomes].count(Cause.CIRCUIT_OPEN) == 997
    assert setting.circuit.state == "closed"


@pytest.mark.parametrize("way", ["cut", "cancelled", "torn down", "bug"])
async def test_h3_probe_that_ends_without_an_answer_gives_its_permit_back(way):
    setting = await half_open(After(0.05, RuntimeError("bug")) if way == "bug" else Hang())
    call = make_call()
    coroutine = setting.guarded(call)
    if way == "torn down":
        coroutine.send(None)
        coroutine.close()
    else:
        task = asyncio.ensure_future(coroutine)
        await asyncio.sleep(0.05)
        _ = task.cancel() if way == "cancelled" else call.cut(Failure(Cause.OUT_OF_TIME))
        await asyncio.wait([task])
        assert way == "cut" or task.cancelled() or "bug" in str(task.exception())

    assert setting.circuit.state == "half_open"
    assert setting.breaker.snapshot().probes_out == 0


async def test_b14_listener_is_told_of_every_transition():
    told = []
    clock = asyncio.get_running_loop().time
    breaker = Breaker(name="users", rules=RC, clock=clock, random=lambda: 0.5, listener=told.append)
    guarded = breaking(breaker, clock)(ScriptedSource().will(Failure(Cause.FAILED)))

    for _ in range(21):
        await guarded(make_call())

    assert [(t.name, t.old, t.new, t.open_for) for t in told] == [("users", "closed", "open", 5.0)]


async def test_breaker_describes_itself_as_a_sentence():
    setting = Setting(Failure(Cause.FAILED))
    assert repr(setting.breaker) == "<Breaker users is closed: 0 failed and 0 slow of 0 calls>"

    await setting.calls(20)
    assert repr(setting.breaker) == "<Breaker users is open for 5.0 s more: 20 of 20 calls failed>"

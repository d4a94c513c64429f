"""Steps with caches over one real Valkey: what one process learned serves the others, also in an outage."""

import asyncio

from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.stores.memory import MemoryStore
from gateway.stores.tiered import TieredStore
from tests.support.cached import CachedStep
from tests.support.copies import key_of
from tests.support.redis_stores import opened, patient

KEY = key_of("users of 7")
DOWN = Failure(Cause.FAILED, "503", status=503)
LOADED = 0.25
"""Seconds that a busy machine may add."""


async def test_copy_of_one_process_answers_the_call_of_another(server):
    async with opened(patient(server.url)) as one, opened(patient(server.url)) as other:
        first = CachedStep(Success(b"[1]"), store=one.store)
        second = CachedStep(DOWN, store=other.store)
        await first.ask(KEY)
        await one.until(lambda: one.now.written == 1)

        outcome = await second.ask(KEY)

    assert (outcome.body, outcome.freshness, second.hits) == (b"[1]", Freshness.CACHED, 0)


async def test_copy_of_one_process_stands_in_for_the_failure_of_another(server):
    times = (0.05, 0.0, 300.0)
    async with opened(patient(server.url)) as one, opened(patient(server.url)) as other:
        await CachedStep(Success(b"[1]"), store=one.store, times=times).ask(KEY)
        await one.until(lambda: one.now.written == 1)
        await asyncio.sleep(0.06)
        second = CachedStep(DOWN, store=other.store, times=times)

        outcome = await second.ask(KEY)

    assert (outcome.body, outcome.freshness, outcome.cause) == (b"[1]", Freshness.STALE, Cause.FAILED)
    assert second.hits == 1


async def test_f6_redis_and_upstream_down_leave_the_copy_of_this_process(server):
    async with opened(patient(server.url, timeout=0.005)) as there:
        near = MemoryStore(10**6, there.loop.time)
        step = CachedStep(
            Success(b"[1]"), DOWN, store=TieredStore(near, there.store), times=(0.05, 0.0, 300.0)
        )
        await step.ask(KEY)
        await asyncio.sleep(0.06)
        server.freeze()

        began = there.loop.time()
        outcomes = [await step.ask(KEY) for _ in range(10)]
        took = there.loop.time() - began
        server.thaw()

    assert {(outcome.body, outcome.freshness) for outcome in outcomes} == {(b"[1]", Freshness.STALE)}
    assert took < 10 * 0.010 + LOADED


async def test_i4_redis_that_hangs_costs_a_step_its_timeout_a_few_times_and_then_nothing(server):
    async with opened(patient(server.url, timeout=0.005)) as there:
        server.freeze()
        step = CachedStep(Success(b"[1]"), store=there.store)

        began = there.loop.time()
        outcomes = [await step.ask(key_of(number)) for number in range(200)]
        took = there.loop.time() - began
        server.thaw()

    assert {outcome.freshness for outcome in outcomes} == {Freshness.LIVE}
    assert there.now.timeouts < 100  # 5, unless this machine itself stood still
    assert took < 5 * 0.010 + 2 * LOADED

"""A store of memory before one that processes share."""

import asyncio

import pytest

from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.stores.memory import MemoryStore
from gateway.stores.store import Copy
from gateway.stores.tiered import TieredStore
from tests.support.cached import CachedStep
from tests.support.stores import DeadStore


class Setting:
    def __init__(self):
        clock = asyncio.get_running_loop().time
        self.near, self.far = MemoryStore(10**6, clock), MemoryStore(10**6, clock)
        self.store = TieredStore(self.near, self.far)

    async def body(self):
        copy = await self.store.get(b"k")
        return copy and copy.body


async def test_copy_is_kept_in_both():
    setting = Setting()

    await setting.store.set(b"k", Copy(b"1", 5.0))

    assert (len(setting.near), len(setting.far)) == (1, 1)
    assert await setting.body() == b"1"


async def test_fresh_near_copy_answers_alone():
    setting = Setting()
    await setting.near.set(b"k", Copy(b"near", 5.0))
    await setting.far.set(b"k", Copy(b"far", 50.0))

    assert await setting.body() == b"near"


async def test_far_copy_is_put_near():
    setting = Setting()
    await setting.far.set(b"k", Copy(b"far", 5.0, age=2.0))

    assert await setting.body() == b"far"
    assert (await setting.near.get(b"k")).age == pytest.approx(2.0)


async def test_stale_near_copy_gives_way_to_what_another_process_refreshed():
    setting = Setting()
    await setting.near.set(b"k", Copy(b"near", 5.0, 30.0, age=6.0))
    await setting.far.set(b"k", Copy(b"far", 5.0, 30.0, age=1.0))

    assert await setting.body() == b"far"
    assert (await setting.near.get(b"k")).body == b"far"


async def test_of_two_stale_copies_the_fresher_answers():
    setting = Setting()
    await setting.near.set(b"k", Copy(b"near", 5.0, 30.0, age=6.0))
    await setting.far.set(b"k", Copy(b"far", 5.0, 30.0, age=7.0))

    assert await setting.body() == b"near"


async def test_nothing_is_nothing():
    assert await Setting().body() is None


async def test_f6_far_store_and_upstream_down_leave_the_stale_copy_within_ten_milliseconds():
    near = MemoryStore(10**6, asyncio.get_running_loop().time)
    step = CachedStep(Success(b"[1]"), store=TieredStore(near, DeadStore(0.005)))
    await step.begin()
    await asyncio.sleep(200.0)
    step.wire.will(Failure(Cause.UNREACHABLE))
    asked = step.clock()

    outcome = await step.begin()

    assert (outcome.body, outcome.freshness, outcome.cause) == (b"[1]", Freshness.STALE, Cause.UNREACHABLE)
    assert step.clock() - asked <= 0.010


async def test_closing_closes_both():
    setting = Setting()
    await setting.store.set(b"k", Copy(b"1", 5.0))

    await setting.store.close()

    assert (len(setting.near), len(setting.far)) == (0, 0)


async def test_it_describes_itself():
    assert repr(Setting().store).startswith("<TieredStore <MemoryStore 0 copies")

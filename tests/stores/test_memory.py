"""Memory with a bound, and ages that no wall clock can change."""

import os
import time
import tracemalloc

import pytest

from gateway.stores.memory import OVERHEAD, MemoryStore
from gateway.stores.store import Copy


class Setting:
    """A store on a clock that the test turns."""

    def __init__(self, limit=1_000_000):
        self.now = 1_000.0
        self.store = MemoryStore(limit, lambda: self.now)

    async def put(self, key, body=b"1", fresh=5.0, **rest):
        await self.store.set(key, Copy(body, fresh, **rest))

    async def bodies(self, *keys):
        copies = [await self.store.get(key) for key in keys]
        return [copy and copy.body for copy in copies]


async def test_what_was_put_is_there_and_nothing_else():
    setting = Setting()
    await setting.put(b"a", b"[1]")

    assert await setting.bodies(b"a", b"b") == [b"[1]", None]


async def test_copy_ages_from_the_age_it_came_with():
    setting = Setting()
    await setting.put(b"a", age=2.0)

    setting.now += 1.5

    assert (await setting.store.get(b"a")).age == pytest.approx(3.5)


async def test_later_copy_replaces_the_earlier_and_is_counted_alone():
    setting = Setting()
    await setting.put(b"a", b"x" * 1000)
    await setting.put(b"a", b"y")

    assert await setting.bodies(b"a") == [b"y"]
    assert (setting.store.used, len(setting.store)) == (1 + 1 + OVERHEAD, 1)


async def test_copy_that_is_of_no_use_is_gone_and_gives_its_bytes_back():
    setting = Setting()
    await setting.put(b"a", fresh=5.0, revalidate=30.0, stand_in=300.0)

    setting.now += 304.9
    assert await setting.bodies(b"a") == [b"1"]
    setting.now += 0.2
    assert await setting.bodies(b"a") == [None]
    assert (setting.store.used, len(setting.store)) == (0, 0)


async def test_least_recently_asked_for_makes_room():
    setting = Setting(3 * (1 + 1 + OVERHEAD))
    for key in (b"a", b"b", b"c"):
        await setting.put(key)
    await setting.store.get(b"a")

    await setting.put(b"d")

    assert await setting.bodies(b"a", b"b", b"c", b"d") == [b"1", None, b"1", b"1"]
    assert setting.store.snapshot().evicted == 1


async def test_large_copy_makes_room_for_itself_by_as_many_as_it_takes():
    setting = Setting(10 * (1 + 1 + OVERHEAD))
    for number in range(10):
        await setting.put(b"%d" % number)

    await setting.put(b"x", bytes(5 * OVERHEAD))

    assert setting.store.used <= setting.store.limit
    assert await setting.bodies(b"x", b"9", b"0") == [bytes(5 * OVERHEAD), b"1", None]


async def test_copy_larger_than_the_bound_is_refused_and_costs_nobody_his_place():
    setting = Setting(1000)
    await setting.put(b"a")

    await setting.put(b"b", bytes(1001 - OVERHEAD))

    assert await setting.bodies(b"a", b"b") == [b"1", None]
    assert setting.store.snapshot().refused == 1


async def test_copy_that_is_refused_does_not_leave_the_one_it_would_have_replaced():
    setting = Setting(1000)
    await setting.put(b"a")

    await setting.put(b"a", bytes(2000))

    assert (await setting.bodies(b"a"), setting.store.used) == ([None], 0)


async def test_bytes_are_counted_exactly_whatever_happens(seeded):
    setting = Setting(40_000)
    for _ in range(3000):
        setting.now += seeded.random()
        key = b"k" * seeded.randrange(1, 40)
        if seeded.random() < 0.5:
            await setting.store.get(key)
        else:
            await setting.put(key, bytes(seeded.randrange(3000)), fresh=seeded.random() * 9)
        kept = setting.store._kept.items()
        assert setting.store.used == sum(len(k) + len(c.body) + OVERHEAD for k, (c, _) in kept)
        assert setting.store.used <= setting.store.limit


async def test_no_copy_takes_more_than_it_is_counted_with():
    setting = Setting(1 << 40)
    count = 20_000
    tracemalloc.start()
    try:
        for _ in range(count):
            await setting.store.set(os.urandom(32), Copy(bytes(200), setting.now, 0.1 + setting.now))
            setting.now += 0.5
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    assert 0.7 * setting.store.used < taken < setting.store.used


async def test_k2_copies_age_by_the_injected_clock_and_not_by_the_wall_clock():
    setting = Setting()
    await setting.put(b"a", fresh=5.0)
    wall = time.time()
    while time.time() == wall:
        pass

    assert (await setting.store.get(b"a")).age == 0.0
    setting.now += 4.9
    assert (await setting.store.get(b"a")).age == pytest.approx(4.9)


async def test_closed_store_is_empty():
    setting = Setting()
    await setting.put(b"a")

    await setting.store.close()

    assert (await setting.bodies(b"a"), setting.store.used) == ([None], 0)


async def test_store_describes_itself():
    setting = Setting(5000)
    await setting.put(b"a", b"12345")

    assert repr(setting.store) == f"<MemoryStore 1 copies, {6 + OVERHEAD} of 5000 bytes>"

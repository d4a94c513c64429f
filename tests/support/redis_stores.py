"""Redis stores with a real circuit, on a real server or behind a proxy that misbehaves."""

import asyncio
import contextlib
from dataclasses import replace

from gateway.layers.circuit import Circuit
from gateway.layers.circuit_rules import CircuitRules
from gateway.stores.redis import RedisStore
from gateway.stores.redis_settings import RedisSettings
from gateway.timers import Timers

RULES = CircuitRules(consecutive=5, open_for=0.3, max_open_for=0.3, jitter=0.0, probes=1)
"""Opens after five failures in a row, and comes back soon enough for a test."""

IN_TIME = 5.0
"""Seconds for what takes milliseconds on an idle machine."""


class Opened:
    """An open store, its circuit, and a clock for what a question cost."""

    def __init__(self, settings, rules=RULES):
        loop = asyncio.get_running_loop()
        self.loop = loop
        self.circuit = Circuit("redis", rules, lambda: 0.5)
        self.store = RedisStore(settings, self.circuit, Timers(loop), loop.time, lambda: 0.5)

    @property
    def now(self):
        return self.store.snapshot()

    async def kept(self, key, copy):
        """Write *copy*, and wait until it is written."""
        before = self.now.written
        await self.store.set(key, copy)
        await self.until(lambda: self.now.written > before)

    async def used_until_well(self, key, copy):
        """Read and write until both work: connections notice that they are dead when they are used."""
        async with asyncio.timeout(IN_TIME):
            while await self.body(key) != copy.body:
                await self.store.set(key, copy)
                await asyncio.sleep(0.01)

    async def body(self, key):
        """The body under *key*, or ``None``."""
        copy = await self.store.get(key)
        return copy and copy.body

    async def eventually(self, key):
        """The body under *key*, asked for again while there is none: a busy machine makes misses."""
        async with asyncio.timeout(IN_TIME):
            while (body := await self.body(key)) is None:
                await asyncio.sleep(0.005)
        return body

    async def cost(self, key):
        """Seconds that a question takes."""
        began = self.loop.time()
        await self.store.get(key)
        return self.loop.time() - began

    async def until(self, condition):
        """Wait until *condition()* holds, for ``IN_TIME`` at most."""
        async with asyncio.timeout(IN_TIME):
            while not condition():
                await asyncio.sleep(0.005)


def patient(url, **changed):
    """Settings for tests in which Redis is well: a busy machine must not look like a slow server."""
    return replace(RedisSettings(url=url, timeout=2.0, give_up=3.0, connect_timeout=3.0), **changed)


@contextlib.asynccontextmanager
async def opened(settings, rules=RULES):
    """An open store; closed at the end."""
    running = Opened(settings, rules)
    await running.store.open()
    try:
        yield running
    finally:
        await running.store.close()

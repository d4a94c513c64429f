"""Stores for tests of layers: one that is down, one that hangs for as long as its own timeout."""

import asyncio


class DeadStore:
    """A store that answers nothing, after *seconds*: what a remote one does whose server is gone."""

    def __init__(self, seconds=0.0):
        self.seconds = seconds
        self.asked = 0
        self.written = []

    async def get(self, key):
        self.asked += 1
        await self._hang()

    async def set(self, key, copy):
        await self._hang()
        self.written.append(key)

    async def close(self):
        pass

    async def _hang(self):
        if self.seconds:
            loop = asyncio.get_running_loop()
            future = loop.create_future()
            loop.call_later(self.seconds, future.set_result, None)
            await future

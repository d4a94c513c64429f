"""A store whose server is gone."""

import asyncio


class DeadStore:
    """Answers nothing, after *seconds*: what a remote store does within its own timeout."""

    def __init__(self, seconds=0.0):
        self.seconds = seconds

    async def get(self, key):
        if self.seconds:
            loop = asyncio.get_running_loop()
            future = loop.create_future()
            loop.call_later(self.seconds, future.set_result, None)
            await future

    async def set(self, key, copy):
        """A store never waits with a copy; this one forgets it."""

    async def close(self):
        """There is nothing to close."""

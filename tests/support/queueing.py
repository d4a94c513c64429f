"""An upstream that works on so many calls at once while others wait inside, and clients that never stop."""

import asyncio
from collections import deque

from gateway.outcome import Success


class QueueingUpstream:
    """A source with *servers*; ``takes()`` gives the seconds of work on one call.

    A call that was cut stays in its queue and is worked on all the same, as most servers do. ``done`` counts
    what was worked on; ``servers`` may be changed while it runs.
    """

    def __init__(self, servers, takes):
        self.servers = servers
        self.takes = takes
        self.done = 0
        self._loop = asyncio.get_running_loop()
        self._busy = 0
        self._queue = deque()

    async def __call__(self, call):
        call.sent = True
        answer = self._loop.create_future()
        self._queue.append(answer)
        self._work()
        return await call.wait(answer)

    def _work(self):
        while self._queue and self._busy < self.servers:
            self._busy += 1
            self._loop.call_later(self.takes(), self._end, self._queue.popleft())

    def _end(self, answer):
        self._busy -= 1
        self.done += 1
        if not answer.done():
            answer.set_result(Success(b"{}"))
        self._work()


class Clients:
    """*count* clients that call *source* again as soon as they have an answer; the refused pause first."""

    def __init__(self, count, source, make_call, random):
        self.answered = 0
        self._source = source
        self._make_call = make_call
        self._random = random
        self._tasks = [asyncio.ensure_future(self._go_on()) for _ in range(count)]

    async def _go_on(self):
        while True:
            outcome = await self._source(self._make_call())
            if isinstance(outcome, Success):
                self.answered += 1
            else:
                await asyncio.sleep(0.02 * (1.0 + self._random()))

    async def leave(self):
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)

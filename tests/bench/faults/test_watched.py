"""What a watched gateway tells of itself."""

import asyncio

import uvloop

from bench.faults.watched import inside
from gateway.timers import Timers


class Entry:
    def expire(self):
        raise AssertionError("nothing is due")


def test_unfinished_tasks_armed_timers_and_waiting_entries_are_counted():
    async def held():
        loop = asyncio.get_running_loop()
        timers = Timers(loop)
        timer = timers.of(60.0)
        for _ in range(3):
            timer.start(Entry())
        done = loop.create_task(asyncio.sleep(0))
        await done
        armed, cancelled = loop.call_later(60, print), loop.call_later(60, print)
        cancelled.cancel()
        found = inside([asyncio.current_task(), done, armed, cancelled, timer])
        armed.cancel()
        timers.close()
        return found

    found = uvloop.run(held())

    assert (found.tasks, found.timers, found.waiting, found.objects) == (1, 1, 3, 5)

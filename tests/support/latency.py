"""Upstreams that take as long as a function says, and steady traffic on them."""

import asyncio

from tests.support.sources import After


class Taking(After):
    """A script entry for ``ScriptedSource``: each call takes what *draw* gives; ``drawn`` lists the times."""

    def __init__(self, draw, then=None) -> None:
        super().__init__(0.0, then)
        self.drawn = []
        self._draw = draw

    @property
    def seconds(self):
        seconds = self._draw()
        self.drawn.append(seconds)
        return seconds

    @seconds.setter
    def seconds(self, _):
        pass


async def steadily(count, rate, ask):
    """Run ``ask(i)`` for *count* requests, *rate* of them begun each second; returns what they gave."""
    loop = asyncio.get_running_loop()
    tasks = []
    started = loop.time()
    for i in range(count):
        await asyncio.sleep(started + i / rate - loop.time())
        tasks.append(loop.create_task(ask(i)))
    return await asyncio.gather(*tasks)


def percentile(values, share):
    """The smallest of *values* that *share* of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]

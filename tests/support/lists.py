"""A list step in small: items over a scripted source, on the loop's own clock."""

import asyncio
import random

from gateway.buffered import Buffered
from gateway.outcome import Success
from gateway.plan.background import Background
from gateway.plan.each import Flights, Item, Rules, for_each
from gateway.plan.flight import Flight
from tests.support.calls import make_call


class ItemSource:
    """Answers each item after ``delays`` (seconds by payload, 0 if none is given) with ``answers`` or itself.

    Every call is sent at once and receives *size* bytes. ``sent`` lists payloads in the order they came,
    ``cut`` those that were cut; ``peak`` is how many were under way at most.
    """

    def __init__(self, buffered, size=10):
        self.buffered = buffered
        self.size = size
        self.delays = {}
        self.answers = {}
        self.sent = []
        self.cut = []
        self.in_flight = 0
        self.peak = 0

    async def __call__(self, call):
        self.sent.append(call.payload)
        call.sent = True
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            failure = await self._waited(call)
        finally:
            self.in_flight -= 1
        if failure is not None:
            self.cut.append(call.payload)
            return failure
        answer = self.answers.get(call.payload, Success(b"%d" % call.payload))
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Success):
            assert self.buffered.take(self.size)
            call.held += self.size
        return answer

    async def _waited(self, call):
        delay = self.delays.get(call.payload, 0.0)
        if not delay:
            return None
        future = asyncio.get_running_loop().create_future()
        timer = asyncio.get_running_loop().call_later(delay, lambda: future.done() or future.set_result(None))
        try:
            return await call.wait(future)
        finally:
            timer.cancel()


class ListStep:
    """A source with ``for_each`` on it; ``call(...)`` makes the list's call of these payloads."""

    def __init__(self, *, concurrency=10, required=False, direct=None, spawn=Flight, background=None):
        self.buffered = Buffered(1 << 20)
        self.background = Background() if background is None else background
        self.wire = ItemSource(self.buffered)
        flights = Flights(spawn, self.background, self.buffered)
        self.source = for_each(Rules(concurrency, required), flights, direct)(self.wire)

    def call(self, payloads, *, equal=False, **rest):
        call = make_call(**rest)
        call.payload = [
            payload
            if isinstance(payload, Item)
            else Item(payload, b"%d" % payload if equal and isinstance(payload, int) else None)
            for payload in payloads
        ]
        return call

    async def answer(self, payloads, **rest):
        return await self.source(self.call(payloads, **rest))

    def give_back(self, call):
        self.buffered.give(call.held)
        call.held = 0


def shuffled(seed, count):
    """Delays of *count* items at random, from 1 ms to 50 ms."""
    numbers = random.Random(seed)
    return {index: numbers.uniform(0.001, 0.05) for index in range(count)}

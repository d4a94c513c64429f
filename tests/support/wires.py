"""One scripted upstream in both forms, a coroutine source and a wire in two halves, and what it was told."""

import asyncio
from dataclasses import dataclass

from gateway.outcome import Cause, Failure

STALE = "stale"
"""A result: the idle connection had been closed; the attempt goes on over another."""

BUG = "bug"
"""A result: the source raises."""


@dataclass(frozen=True)
class Entry:
    """How one attempt goes: over an idle connection or a new one, its result, and how long that takes.

    ``then`` is the next attempt's, or this one's again.
    """

    result: object
    delay: float
    idle: bool = True
    held: int = 0
    then: "Entry | None" = None

    def attempt(self, number):
        return self if number == 1 or self.then is None else self.then.attempt(number - 1)


class ScriptedWire:
    """*script* maps a payload, which ends in a number, to its ``Entry``.

    ``in_use`` counts connections, ``sent`` lists instants and payloads, ``lost`` those of them that were cut
    within the same instant.
    """

    CONNECTING = 0.003

    def __init__(self, script, buffered):
        self.script = script
        self.buffered = buffered
        self.in_use = 0
        self.sent = []
        self.lost = []

    async def source(self, call):
        entry = self.script[call.payload].attempt(call.attempt)
        if call.ended is not None:
            return call.ended
        if not entry.idle:
            return await self.anew(call)
        result = await self._exchange(call, entry)
        return await self.anew(call) if result == STALE else self._outcome(result, call, entry)

    async def anew(self, call):
        if call.sent and not call.repeatable:
            return Failure(Cause.INCOMPLETE, "stale")
        entry = self.script[call.payload].attempt(call.attempt)
        waiting = asyncio.get_running_loop().create_future()
        connecting = self.CONNECTING + 0.0001 * call.payload[-1]  # no two at one instant
        timer = asyncio.get_running_loop().call_later(connecting, _resolve, waiting, None)
        try:
            cut = await call.wait(waiting)
        finally:
            timer.cancel()
        if cut is not None:
            return cut
        result = await self._exchange(call, entry)
        return self._outcome(Failure(Cause.INCOMPLETE) if result == STALE else result, call, entry)

    async def _exchange(self, call, entry):
        future = asyncio.get_running_loop().create_future()
        timer = self._send(call, entry, future)
        try:
            return await call.wait(future)
        finally:
            self._close(timer, call, entry)

    def _send(self, call, entry, waiter):
        self.in_use += 1
        self.sent.append((round(asyncio.get_running_loop().time(), 4), call.payload))
        call.sent = True
        return asyncio.get_running_loop().call_later(entry.delay, _resolve, waiter, entry.result)

    def _close(self, timer, call, entry):
        now = asyncio.get_running_loop().time()
        if timer.when() == now + entry.delay:
            self.lost.append((round(now, 4), call.payload))
        timer.cancel()
        self.in_use -= 1

    def _outcome(self, result, call, entry):
        if result == BUG:
            raise RuntimeError("a bug in the source")
        if not isinstance(result, Failure) and self.buffered.take(entry.held):
            call.held += entry.held
        return result

    # the two halves

    def begin(self, call, now, waiter):
        entry = self.script[call.payload].attempt(call.attempt)
        if not entry.idle:
            return None
        call.waiter = waiter
        return self._send(call, entry, waiter), entry

    def end(self, held, result, call):
        timer, entry = held
        self._close(timer, call, entry)
        return None if result == STALE else self._outcome(result, call, entry)


def _resolve(waiter, result):
    if not waiter.done():
        waiter.set_result(result)

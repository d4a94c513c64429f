"""Equal calls of one request are sent once: the first is the call, the others wait for how it ends.

They need no flight of their own as those of other requests do (``coalesce.py``): they have one deadline, are
cut together, and their bodies are held until the same answer is out. A call that comes when the first has
ended gets the same outcome, whatever it was; so one request never sees two answers to one question. Only
where the first was cut alone (with its list, by another item of it) the others ask for themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final

from gateway.call import Call, Layer, Source, Waiter
from gateway.outcome import Cause, Failure, Outcome

_NOT_ENDED: Final = Failure(Cause.INTERNAL, "the equal call of this request that was sent did not end")


class _First:
    """The call that was sent, as its siblings see it."""

    __slots__ = ("cut", "outcome", "waiting")

    def __init__(self) -> None:
        self.outcome: Outcome | None = None
        self.cut = False
        self.waiting: list[Waiter] = []

    def end(self, outcome: Outcome, *, cut: bool) -> None:
        self.outcome = outcome
        self.cut = cut
        for waiter in self.waiting:
            if not waiter.done():
                waiter.set_result(outcome)
        self.waiting.clear()


def sending_once() -> Layer:
    """Send equal calls of a request once. A call without identity, or without siblings, goes its own way."""

    def wrap(inner: Source) -> Source:
        def once(call: Call) -> Awaitable[Outcome]:
            identity, siblings = call.identity, call.siblings
            if identity is None or siblings is None:
                return inner(call)
            first: _First | None = siblings.get(identity)
            if first is None or first.cut:
                first = siblings[identity] = _First()
                return sent(call, first)
            return following(call, first)

        async def sent(call: Call, first: _First) -> Outcome:
            outcome: Outcome = _NOT_ENDED
            try:
                outcome = await inner(call)
            finally:
                first.end(outcome, cut=call.ended is not None)
            return outcome

        async def following(call: Call, first: _First) -> Outcome:
            if first.outcome is not None:
                return first.outcome
            waiter = asyncio.get_running_loop().create_future()
            first.waiting.append(waiter)
            outcome: Outcome = await call.wait(waiter)
            return await once(call) if first.cut and call.ended is None else outcome

        return once

    return wrap

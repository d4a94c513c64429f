"""Equal calls of one request are sent once: the first is the call, the others wait for how it ends.

They need no flight of their own as those of other requests do (``coalesce.py``): they have one deadline, are
cut together, and their bodies are held until the same answer is out. A call that comes when the first has
ended gets the same outcome, whatever it was; so one request never sees two answers to one question.
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

    __slots__ = ("outcome", "waiting")

    def __init__(self) -> None:
        self.outcome: Outcome | None = None
        self.waiting: list[Waiter] = []

    def end(self, outcome: Outcome) -> None:
        self.outcome = outcome
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
            if first is None:
                first = siblings[identity] = _First()
                return sent(call, first)
            return following(call, first)

        async def sent(call: Call, first: _First) -> Outcome:
            outcome: Outcome = _NOT_ENDED
            try:
                outcome = await inner(call)
            finally:
                first.end(outcome)
            return outcome

        async def following(call: Call, first: _First) -> Outcome:
            if first.outcome is not None:
                return first.outcome
            waiter = asyncio.get_running_loop().create_future()
            first.waiting.append(waiter)
            outcome: Outcome = await call.wait(waiter)
            return outcome

        return once

    return wrap

"""Makes one call per item of a list, a few at a time; their answers become one, in the order of the items.

A step with ``for_each`` is a source above its whole stack: every item has a call of its own with the layers,
slots, budget and breaker of any other, and what all of them have in common is the deadline.

Rules of the file:
1. Equal items are sent once, and each gets the answer. Items that may not be repeated are never equal.
2. A cut ends all items at once, but for sent unrepeatable ones, which go on in the background; no further one
   begins. What has come until then counts: a list that runs out of time is a partial one.
3. Bytes of an item are the list's from the item's end on; one that ends after its list gives its own back.
4. A bug in one item is the step's: the executor logs it, and nothing is served of the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gateway.call import Call, Layer, Source, answered
from gateway.outcome import Cause, Failure, Outcome, Success
from gateway.plan.joined import joined

if TYPE_CHECKING:
    from gateway.buffered import Buffered
    from gateway.plan.background import Background
    from gateway.plan.balanced import Beginning
    from gateway.plan.flight import Flying

_EMPTY: Final = b"[]"
_BUG: Final = Failure(Cause.INTERNAL, "an exception")
_CANCELLED: Final = Failure(Cause.OUT_OF_TIME, "cancelled")
_ANOTHER_FAILED: Final = Failure(Cause.OUT_OF_TIME, "another item of the list failed")
"""Ends the other items of a list that needs all of them."""


class Item(NamedTuple):
    """One item's call: its ``payload``, or the failure in place of it, and what names equal ones."""

    payload: Any
    identity: bytes | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """At most ``concurrency`` items at once. ``required``: one failed item fails the list."""

    concurrency: int
    required: bool = False


@dataclass(frozen=True, slots=True)
class Flights:
    """How items fly: ``spawn`` drives a coroutine, ``background`` keeps those that must not be cut."""

    spawn: Callable[[Coroutine[Any, Any, None]], Flying]
    background: Background
    buffered: Buffered


def for_each(rules: Rules, flights: Flights, direct: Beginning | None = None) -> Layer:
    """Let a call whose payload is a sequence of ``Item`` be one call per item. *direct* makes what it can."""

    def wrap(inner: Source) -> Source:
        def each(call: Call) -> Awaitable[Outcome]:
            return _Round(call, inner, rules, flights, direct).run() if call.payload else answered(_empty())

        return each

    return wrap


def _empty() -> Success:
    return Success(_EMPTY)


class _Round:
    """The items of one call under way; to their direct attempts what a run is."""

    __slots__ = (
        "_bug",
        "_call",
        "_direct",
        "_done",
        "_filling",
        "_flights",
        "_followers",
        "_left",
        "_outcomes",
        "_over",
        "_pending",
        "_rules",
        "_source",
        "_under_way",
    )

    def __init__(
        self, call: Call, source: Source, rules: Rules, flights: Flights, direct: Beginning | None
    ) -> None:
        items: Sequence[Item] = call.payload
        self._call = call
        self._source = source
        self._rules = rules
        self._flights = flights
        # A recording tells of a list as one call, and a direct attempt would tell of each as one.
        self._direct = direct if call.trace.recording is None else None
        self._outcomes: list[Outcome | None] = [None] * len(items)
        self._under_way: dict[int, tuple[Call, Flying | None]] = {}
        self._followers: dict[int, list[int]] = {}
        self._left = self._to_send(items)
        self._pending = len(self._left)
        self._filling = False
        self._over: Failure | None = None
        self._bug: Exception | None = None
        self._done: asyncio.Future[Any] | None = None

    def _to_send(self, items: Sequence[Item]) -> list[int]:
        """The items that need a call, the next one last; the others are noted with what they get instead."""
        first: dict[bytes, int] = {}
        leaders = []
        for index, item in enumerate(items):
            if item.payload.__class__ is Failure:
                self._outcomes[index] = item.payload
                continue
            leader = index if item.identity is None else first.setdefault(item.identity, index)
            if leader == index:
                leaders.append(index)
            else:
                self._followers.setdefault(leader, []).append(index)
        if self._rules.required and any(outcome is not None for outcome in self._outcomes):
            return []  # it has failed already
        return leaders[::-1]

    async def run(self) -> Outcome:
        """Take every item to its end, or as far as the call may go."""
        self._fill()
        if self._pending and self._over is None:
            self._done = asyncio.get_running_loop().create_future()
            try:
                cut: Failure | None = await self._call.wait(self._done)
            except BaseException:
                self._end(_CANCELLED)
                raise
            finally:
                self._done = None
            if cut is not None:
                self._end(cut)
        if self._bug is not None:
            raise self._bug
        return joined(self._outcomes, self._over or _ANOTHER_FAILED, required=self._rules.required)

    def landed(self, index: int, outcome: Outcome) -> None:
        """The call of an item ended."""
        call, _ = self._under_way.pop(index)
        if self._over is not None:
            self._give_back(call)
            return
        self._call.held += call.held
        self._outcomes[index] = outcome
        for follower in self._followers.get(index, ()):
            self._outcomes[follower] = outcome
        self._pending -= 1
        if self._bug is not None or (self._rules.required and outcome.__class__ is Failure):
            self._end(_ANOTHER_FAILED)
        elif self._pending:
            if not self._filling:
                self._fill()
            return
        if self._done is not None and not self._done.done():
            self._done.set_result(None)

    def crashed(self, index: int, error: Exception) -> Outcome:  # noqa: ARG002 - as a run is told
        """The call of an item raised."""
        self._bug = self._bug or error
        return _BUG

    def _fill(self) -> None:
        """Begin items while there is room. A loop, because each of them may end at once."""
        self._filling = True
        while self._left and len(self._under_way) < self._rules.concurrency:
            if self._over is not None or self._call.ended is not None:
                break
            self._begin(self._left.pop())
        self._filling = False

    def _begin(self, index: int) -> None:
        call = self._call.twin()
        call.payload, call.identity = self._call.payload[index]
        self._under_way[index] = (call, None)
        direct = self._direct
        flying: Flying | None = direct.begin(call, self, index) if direct is not None else None
        if flying is None:
            flying = self._flights.spawn(self._fly(index, call))
        if index in self._under_way:
            self._under_way[index] = (call, flying)

    async def _fly(self, index: int, call: Call) -> None:
        try:
            outcome = await self._source(call)
        except Exception as error:  # noqa: BLE001 - rule 4
            outcome = self.crashed(index, error)
        except BaseException:
            self._under_way.pop(index)
            self._give_back(call)
            raise
        self.landed(index, outcome)

    def _end(self, failure: Failure) -> None:
        """Begin nothing more, and end what is under way."""
        if self._over is not None:
            return
        self._over = failure
        for call, flying in list(self._under_way.values()):
            must_go_on = not call.repeatable and call.sent and flying is not None
            if not (must_go_on and self._flights.background.adopt(flying)):  # type: ignore[arg-type]
                call.cut(failure)

    def _give_back(self, call: Call) -> None:
        self._flights.buffered.give(call.held)
        call.held = 0

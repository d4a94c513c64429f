"""Answers from copies: fresh ones cost no call, stale ones bridge a refresh or stand in for a failure.

Two layers, because what is kept and what is asked for lie on different sides of a shared flight:

    caching     above deadline and coalescing: every call looks for itself, and has its own last resort
    keeping     below coalescing: a flight is kept once, also when all who waited for it have left

Rules of the file:
1. Nothing of the store is waited for but one ``get``, which the store bounds itself; a ``set`` never waits.
2. A stale copy within ``revalidate`` is served at once and is not degraded; one call per key, apart from all
   requests, asks for a new one. Within ``stand_in`` it takes the place of a failure, and says so.
3. A failure never takes the place of a copy: only live successes are written (``cache_rules.py``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from gateway.call import Call, Layer, Source
from gateway.layers.apart import Apart, without_baggage
from gateway.layers.cache_rules import CacheRules
from gateway.layers.stand_ins import StandIns
from gateway.outcome import STALE_MAY_STAND_IN, Cause, Failure, Freshness, Outcome, Success
from gateway.recording import Recording
from gateway.stores.store import Copy, Store

_CACHED: Final = Freshness.CACHED
_STALE: Final = Freshness.STALE


@dataclass(frozen=True, slots=True)
class CopiesSnapshot:
    """What became of look-ups so far; all but the last only grow.

    ``hits`` were fresh, ``stale`` were served while being refreshed, ``stood_in`` for a failure. ``dropped``
    are refreshes that were not begun because there were too many, ``refreshing`` those under way; both of all
    steps.
    """

    hits: int
    stale: int
    stood_in: int
    misses: int
    kept: int
    dropped: int
    refreshing: int


class Copies:
    """The copies of one step in *store*, kept by its *rules*.

    *refreshing* is for all steps that share stores: it makes and bounds the refreshes, one per key at a time.
    Its owner drains it at shutdown. *system* names the store in recordings, and *longest* is how many seconds
    it takes to answer at most.
    """

    def __init__(
        self,
        store: Store,
        refreshing: Apart,
        rules: CacheRules,
        system: str = "memory",
        longest: float = 0.0,
    ) -> None:
        self.system = system
        self.longest = longest
        self.get: Callable[[bytes], Awaitable[Copy | None]] = store.get
        self.mark = rules.mark
        self.hits = 0
        self.stale = 0
        self.stood_in = 0
        self.misses = 0
        self.kept = 0
        self._store = store
        self._rules = rules
        self._refreshing = refreshing

    async def keep(self, identity: bytes, answer: Success) -> None:
        """Keep what the rules say of a live *answer*."""
        copy = self._rules.copy_of(answer)
        if copy is not None:
            self.kept += 1
            await self._store.set(identity + self.mark, copy)

    def refresh(self, key: bytes, call: Call, source: Source, time_limit: float) -> None:
        """Ask *source* anew apart from the request of *call*, unless that is being done for *key* already."""
        self._refreshing.begin_once(key, call, source, time_limit)

    def snapshot(self) -> CopiesSnapshot:
        """The numbers now, for the admin pages."""
        return CopiesSnapshot(
            hits=self.hits,
            stale=self.stale,
            stood_in=self.stood_in,
            misses=self.misses,
            kept=self.kept,
            dropped=self._refreshing.refused,
            refreshing=len(self._refreshing),
        )

    def __repr__(self) -> str:
        return f"<Copies of {self._store!r}: {self.hits} hits, {self.stale} stale, {self.misses} misses>"


def caching(copies: Copies, time_limit: float, clock: Callable[[], float], stand_ins: StandIns) -> Layer:
    """Answer from *copies* where one is good enough. A refresh has *time_limit* seconds."""

    def wrap(inner: Source) -> Source:
        def cached(call: Call) -> Awaitable[Outcome]:
            return inner(call) if call.identity is None else looked_up(call, call.identity + copies.mark)

        async def looked_up(call: Call, key: bytes) -> Outcome:
            asked = clock()
            recording = call.trace.recording
            copy = await (copies.get(key) if recording is None else _recorded(copies, key, call, recording))
            if copy is None:
                copies.misses += 1
                return await inner(call)
            age = copy.age
            if age < copy.fresh:
                copies.hits += 1
                return _served(copy, age, _CACHED)
            if age < copy.fresh + copy.revalidate:
                copies.stale += 1
                copies.refresh(key, call, inner, time_limit)
                return _served(copy, age, _STALE)
            copies.misses += 1
            outcome = await inner(call)
            if outcome.__class__ is not Failure or outcome.cause not in STALE_MAY_STAND_IN:
                return outcome
            age += clock() - asked
            if age >= copy.fresh + copy.stand_in or not stand_ins.allowed:
                return outcome
            copies.stood_in += 1
            return _served(copy, age, _STALE, outcome.cause)

        return cached

    return wrap


async def _recorded(copies: Copies, key: bytes, call: Call, recording: Recording) -> Copy | None:
    record = recording.begin_look_up(call.step, copies.system)
    copy = await copies.get(key)
    recording.end_look_up(record, hit=copy is not None)
    return copy


def keeping(copies: Copies) -> Layer:
    """Keep live answers, as the rules say. What may be kept is asked without its client's baggage."""

    def wrap(inner: Source) -> Source:
        async def kept(call: Call) -> Outcome:
            identity = call.identity
            if identity is None:
                return await inner(call)
            if call.trace.baggage:
                call.trace = without_baggage(call.trace)
            outcome = await inner(call)
            if isinstance(outcome, Success):
                await copies.keep(identity, outcome)
            return outcome

        return kept

    return wrap


def _served(copy: Copy, age: float, freshness: Freshness, cause: Cause | None = None) -> Success:
    """*copy* as an answer; ``meta`` has its age in whole seconds, for an ``Age`` header."""
    return Success(copy.body, freshness, cause, copy.status, {b"age": b"%d" % age})

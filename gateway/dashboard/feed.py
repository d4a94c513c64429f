"""The live feed: looks at every meter once a second, and gives all who watch the same JSON.

Rules of the file:
1. The hot path knows nothing of it: it reads what is counted for the metrics anyway.
2. While nobody watches it looks every ``IDLE`` seconds, so that whoever opens the page sees the last minute.
3. A snapshot is made and written once per round, however many watch. A slow reader misses rounds; nothing
   waits for it, and nothing is queued.
4. Together they take at most ``SHARE`` of a core: what takes long becomes rarer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from time import thread_time
from typing import Final

import msgspec

from gateway.dashboard.kept import KeptRequests
from gateway.dashboard.rows import RouteRow, UpstreamRow, degraded, server_errors
from gateway.dashboard.series import Counting, Durations, Series, percentile
from gateway.dashboard.snapshot import RECENT, Guards, Plan, Process, Snapshot

ROUND: Final = 1.0
"""Seconds between looks while somebody watches."""

IDLE: Final = 5.0
"""Seconds between looks otherwise."""

WATCHING: Final = 10.0
"""Seconds for which whoever asked for one snapshot counts as watching."""

SHARE: Final = 0.01
"""Of a core is what all looks and snapshots may take: with very many routes they become rarer instead."""

VIEWERS: Final = 50
"""Streams at once: enough for a team, and a bound for what the admin listener can be made to send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessView:
    """What the feed asks of the gateway itself at each snapshot."""

    status: str
    phase: str
    buffered: int
    buffered_limit: int
    background: int
    stand_ins: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What there is to look at. Meters by name; *guards* of each upstream, *steps* of each route."""

    upstreams: Mapping[str, tuple[Counting, Callable[[], Guards]]]
    routes: Mapping[str, tuple[Counting, Mapping[str, Counting]]]
    loop_lag: Durations
    process: Callable[[], ProcessView]
    plans: Sequence[Plan]


class Feed:
    """Snapshots of one gateway.

    *clock* gives seconds for differences, *wall* Unix time, *cpu* the seconds that this thread has worked.
    """

    def __init__(
        self,
        shown: Shown,
        kept: KeptRequests,
        clock: Callable[[], float],
        wall: Callable[[], float],
        cpu: Callable[[], float] = thread_time,
    ) -> None:
        self.plans = shown.plans
        self.kept = kept
        self.viewers = 0
        self._clock = clock
        self._wall = wall
        self._cpu = cpu
        self._process = shown.process
        self._upstreams = [UpstreamRow(name, *row) for name, row in shown.upstreams.items()]
        self._routes = [RouteRow(name, *row) for name, row in shown.routes.items()]
        self._lag = Series(shown.loop_lag)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._next: asyncio.Future[None] | None = None
        self._watched_until = float("-inf")
        self._json = b""
        self._write_cost = 0.0
        self._pause = ROUND
        self._look(watched=True)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to look."""
        self._loop = loop
        self._round()

    def stop(self) -> None:
        """End all streams and look no more. Harmless in every state."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._loop = None
        self._tell()

    def json(self) -> bytes:
        """The snapshot as JSON; while the feed is started, at most half the time between two rounds old."""
        now = self._clock()
        was_idle = now >= self._watched_until and not self.viewers
        self._watched_until = now + WATCHING
        if self._loop is not None and (
            was_idle or now - self._looked_at > self._until_next(watched=True) / 2
        ):
            self._round()
        return self._written()

    async def frames(self) -> AsyncIterator[bytes]:
        """A snapshot as JSON at once, then one each round, until the feed stops."""
        first = self.json()
        self.viewers += 1
        try:
            if self._loop is not None:
                yield first
            while self._loop is not None:
                self._next = self._next or self._loop.create_future()
                await asyncio.shield(self._next)
                if self._loop is not None:
                    yield self._written()
        finally:
            self.viewers -= 1

    def snapshot(self) -> Snapshot:
        """Everything as of the last look."""
        kept = self.kept
        return Snapshot(
            at=round(self._wall(), 3),
            seconds=round(self._lag.within(RECENT).seconds, 3),
            every=round(self._pause, 3),
            process=self._of_process(),
            upstreams=[each.row() for each in self._upstreams],
            routes=[each.row() for each in self._routes],
            recent=kept.recent(),
            slowest=kept.slowest(),
            problems=kept.problems(),
        )

    def _round(self) -> None:
        """Look at everything, tell the viewers, and set the timer for the next round."""
        assert self._loop is not None, "it is started"
        watched = self.viewers > 0 or self._clock() < self._watched_until
        self._look(watched=watched)
        self.kept.begin_round(watched=watched)
        if self._timer is not None:
            self._timer.cancel()
        self._pause = self._until_next(watched=watched)
        self._timer = self._loop.call_later(self._pause, self._round)
        self._tell()

    def _look(self, *, watched: bool) -> None:
        began = self._cpu()
        now = self._looked_at = self._clock()
        at = self._wall()
        for upstream in self._upstreams:
            upstream.look(now, at)
        for route in self._routes:
            route.look(now, steps=watched)
        self._lag.look(now)
        self._json = b""
        self._look_cost = self._cpu() - began

    def _until_next(self, *, watched: bool) -> float:
        """Seconds from this round to the next one."""
        if watched:
            return max(ROUND, (self._look_cost + self._write_cost) / SHARE)
        return max(IDLE, self._look_cost / SHARE)

    def _tell(self) -> None:
        if self._next is not None:
            self._next.set_result(None)
            self._next = None

    def _written(self) -> bytes:
        if not self._json:
            began = self._cpu()
            self._json = msgspec.json.encode(self.snapshot())
            self._write_cost = self._cpu() - began
        return self._json

    def _of_process(self) -> Process:
        changes = [each.series.within(RECENT) for each in self._routes if not each.series.quiet]
        total = sum(change.total for change in changes)
        view = self._process()
        lag = percentile(self._lag.minute().buckets, 0.99)
        return Process(
            status=view.status,
            phase=view.phase,
            rate=round(sum(change.rate(change.total) for change in changes), 3),
            errors=round(sum(map(server_errors, changes)) / total, 4) if total else 0.0,
            degraded=round(sum(map(degraded, changes)) / total, 4) if total else 0.0,
            loop_lag=None if lag is None else round(lag, 6),
            buffered=view.buffered,
            buffered_limit=view.buffered_limit,
            background=view.background,
            stand_ins=view.stand_ins,
        )

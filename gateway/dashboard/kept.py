"""Keeps a few requests to look at: some of the recent ones, the slowest, and those with a problem.

Rules of the file:
1. Whatever happens, at most ``PROBLEMS`` + ``SLOWEST`` requests of a route are turned into records between
   two rounds, and ``RECENT`` of all routes: the others cost two comparisons.
2. A record holds no body, no input and no run: only names, times and ids.
3. Recent ones are kept only while somebody looks. Slow ones and problems always, so that a page opened
   in the middle of an outage shows it.
4. Problems are kept by what went wrong: the thousands that an open circuit refuses push out only each other,
   and not the timeouts for which it opened.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from heapq import heappushpop
from itertools import count
from math import inf
from typing import TYPE_CHECKING, Final

from gateway.dashboard.snapshot import Request
from gateway.dashboard.waterfall import bars

if TYPE_CHECKING:
    from gateway.plan.model import Ended

PROBLEMS: Final = 5
"""Degraded and failed requests of a route that are looked at in a round."""

ALIKE: Final = 3
"""Problems kept of a route that went wrong alike: the newest."""

KINDS: Final = 8
"""Ways to go wrong that are kept of a route: those seen last."""

SLOWEST: Final = 5
"""Slowest requests kept of a route, and looked at in a round."""

RECENT: Final = 4
"""Recent requests of all routes that are looked at in a round."""

SHOWN: Final = 30
"""Requests of each kind that are shown."""

SLOW_FOR: Final = 300.0
"""Seconds for which a request can be among the slowest."""

_SERVER_ERROR: Final = 500


class KeptRequests:
    """The store of one gateway. *wall* gives Unix time; *upstreams* of a route's steps come with its plan."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._numbers = count(1)
        self._routes: dict[str, RouteRequests] = {}
        self._recent: deque[Request] = deque(maxlen=SHOWN)
        self.recent_left = 0

    def of(self, route: str, upstreams: list[str]) -> RouteRequests:
        """Where the endpoint of *route* tells of its requests; *upstreams* are those of its steps."""
        return self._routes.setdefault(route, RouteRequests(self, upstreams))

    def begin_round(self, *, watched: bool) -> None:
        """Take requests anew; recent ones only if *watched*."""
        self.recent_left = RECENT if watched else 0
        oldest = self._wall() - SLOW_FOR
        for route in self._routes.values():
            route.begin_round(oldest)

    def recent(self) -> list[Request]:
        """Newest first."""
        return list(reversed(self._recent))

    def slowest(self) -> list[Request]:
        """Slowest first."""
        return _first((r for each in self._routes.values() for r in each.slowest()), _seconds)

    def problems(self) -> list[Request]:
        """Newest first."""
        return _first((r for each in self._routes.values() for r in each.problems()), _number)

    def record(
        self,
        run: Ended,
        upstreams: list[str],
        status: int,
        degraded: bool,  # noqa: FBT001 - as it is told of
        seconds: float,
    ) -> Request:
        """A request as it is kept."""
        return Request(
            id=next(self._numbers),
            at=self._wall(),
            route=run.plan.route,
            status=status,
            degraded=degraded,
            seconds=seconds,
            time_limit=run.plan.time_limit,
            request_id=run.trace.request_id,
            trace_id=run.trace.trace_id,
            steps=bars(run, upstreams),
        )

    def take_recent(self, request: Request) -> None:
        """Keep one of the recent ones."""
        self.recent_left -= 1
        self._recent.append(request)


class RouteRequests:
    """The requests of one route; told of each that was answered."""

    __slots__ = ("_kept", "_problems", "_problems_left", "_slow_from", "_slow_left", "_slowest", "_upstreams")

    def __init__(self, kept: KeptRequests, upstreams: list[str]) -> None:
        self._kept = kept
        self._upstreams = upstreams
        self._problems_left = PROBLEMS
        self._slow_from = 0.0
        self._slow_left = SLOWEST
        self._slowest: list[tuple[float, int, Request]] = []
        self._problems: dict[object, deque[Request]] = {}

    def __call__(self, run: Ended, status: int, degraded: bool, seconds: float) -> None:  # noqa: FBT001 - a label
        """One request was answered with *status* after *seconds*."""
        if degraded or status >= _SERVER_ERROR:
            if self._problems_left:
                self._problems_left -= 1
                self._take_problem(self._kept.record(run, self._upstreams, status, degraded, seconds))
        elif seconds > self._slow_from:
            self._take_slow(self._kept.record(run, self._upstreams, status, degraded, seconds))
        elif self._kept.recent_left:
            self._kept.take_recent(self._kept.record(run, self._upstreams, status, degraded, seconds))

    def begin_round(self, oldest: float) -> None:
        """Take requests anew, and forget slow ones from before *oldest*."""
        self._problems_left = PROBLEMS
        self._slow_left = SLOWEST
        if self._slowest and any(request.at < oldest for _, _, request in self._slowest):
            self._slowest = sorted(each for each in self._slowest if each[2].at >= oldest)
        self._set_threshold()

    def slowest(self) -> Iterable[Request]:
        """In no order."""
        return (request for _, _, request in self._slowest)

    def problems(self) -> Iterable[Request]:
        """In no order."""
        return (request for alike in self._problems.values() for request in alike)

    def _take_problem(self, request: Request) -> None:
        kind = _what_went_wrong(request)
        alike = self._problems.pop(kind, None) or deque(maxlen=ALIKE)
        self._problems[kind] = alike  # the kinds in the order in which they were seen last
        alike.append(request)
        if len(self._problems) > KINDS:
            del self._problems[next(iter(self._problems))]

    def _take_slow(self, request: Request) -> None:
        entry = (request.seconds, request.id, request)
        if len(self._slowest) < SLOWEST:
            self._slowest.append(entry)
            self._slowest.sort()
        else:
            heappushpop(self._slowest, entry)
        self._slow_left -= 1
        self._set_threshold()
        if self._kept.recent_left:
            self._kept.take_recent(request)

    def _set_threshold(self) -> None:
        if not self._slow_left:
            self._slow_from = inf  # until the next round
        elif len(self._slowest) < SLOWEST:
            self._slow_from = 0.0
        else:
            self._slow_from = self._slowest[0][0]


def _first(requests: Iterable[Request], order: Callable[[Request], float]) -> list[Request]:
    return sorted(requests, key=order, reverse=True)[:SHOWN]


def _what_went_wrong(request: Request) -> object:
    """The first step in trouble, and its cause; the status where no step was."""
    return next(((bar.step, bar.cause) for bar in request.steps if bar.cause is not None), request.status)


def _seconds(request: Request) -> float:
    return request.seconds


def _number(request: Request) -> float:
    return request.id

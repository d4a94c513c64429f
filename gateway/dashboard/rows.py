"""The numbers of upstreams and routes: what their meters' changes mean."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from gateway.dashboard.series import Change, Counting, Key, Series, percentile
from gateway.dashboard.snapshot import MINUTE, RECENT, Guards, Point, Route, Step, Upstream
from gateway.outcome import REFUSED, UNHEALTHY, Cause, Freshness
from gateway.telemetry.meters import NO_CAUSE, NOTHING

_TROUBLE: Final = UNHEALTHY | {Cause.THROTTLED, Cause.TOO_LARGE}
"""Endings of an attempt that are the upstream's trouble; being rejected is its caller's."""

_COPIES: Final = frozenset({Freshness.CACHED, Freshness.STALE})


class UpstreamRow:
    """One upstream: *meter* counts its attempts by cause, *guards* tells how it is guarded now."""

    def __init__(self, name: str, meter: Counting, guards: Callable[[], Guards]) -> None:
        self._name = name
        self._guards = guards
        self._series = Series(meter.seconds, meter.counts)
        self._history: deque[Point] = deque()

    def look(self, now: float, at: float) -> None:
        """Take its numbers at *now*, which is *at* in Unix time."""
        self._series.look(now)
        change = self._series.last()
        if change.seconds <= 0.0:
            return
        sent, failed, p50, p99 = _attempts(change)
        point = Point(
            round(at, 3),
            round(change.rate(sent), 3),
            _share(failed.total(), sent),
            _rounded(p50),
            _rounded(p99),
        )
        self._history.append(point)
        while self._history[0].at <= at - MINUTE:
            self._history.popleft()

    def row(self) -> Upstream:
        """The upstream as of the last look."""
        change = self._series.within(RECENT)
        sent, failed, _, _ = _attempts(change)
        _, _, p50, p99 = _attempts(self._series.minute())
        return Upstream(
            name=self._name,
            rate=round(change.rate(sent), 3),
            refused=round(change.rate(change.total - sent), 3),
            errors=_share(failed.total(), sent),
            causes=dict(failed),
            p50=_rounded(p50),
            p99=_rounded(p99),
            history=list(self._history),
            **msgspec.structs.asdict(self._guards()),
        )


class RouteRow:
    """One route: *meter* counts its requests, *steps* are the meters of its calls."""

    def __init__(self, route: str, meter: Counting, steps: Mapping[str, Counting]) -> None:
        self._route = route
        self.series = Series(meter.seconds, meter.counts)
        self._steps = {name: Series(each.seconds, each.counts) for name, each in steps.items()}
        self._steps_seen = False
        self._quiet: Route | None = None

    def look(self, now: float, *, steps: bool) -> None:
        """Take its numbers; those of its *steps* only if they will be looked at: they are most of all."""
        self.series.look(now)
        if steps:
            for series in self._steps.values():
                if not self._steps_seen:
                    series.forget()
                series.look(now)
        self._steps_seen = steps

    def row(self) -> Route:
        """The route as of the last look."""
        if not self.series.quiet:
            return self._row()
        if self._quiet is None:
            self._quiet = self._row()
        return self._quiet

    def _row(self) -> Route:
        change = self.series.within(RECENT)
        total = change.total
        minute = self.series.minute().buckets
        return Route(
            route=self._route,
            rate=round(change.rate(total), 3),
            errors=_share(server_errors(change), total),
            degraded=_share(degraded(change), total),
            p50=_rounded(percentile(minute, 0.5)),
            p99=_rounded(percentile(minute, 0.99)),
            steps=[_step(name, series) for name, series in self._steps.items()],
        )


def server_errors(change: Change) -> int:
    """Requests answered with 5xx."""
    return sum(count for (status, *_), count in change.counts.items() if int(status) >= 500)


def degraded(change: Change) -> int:
    """Requests answered without some part."""
    return sum(count for (_, bad, *_), count in change.counts.items() if bad == "yes")


def _attempts(change: Change) -> tuple[int, Counter[str], float | None, float | None]:
    """How many were sent, those that failed by cause, and the 50th and 99th percentile.

    An open circuit refuses within microseconds; such attempts are taken out of the first bucket, or an
    upstream that is down would look like a quick one.
    """
    causes: Mapping[Key, int] = change.counts
    refused = {cause: causes.get((cause,), 0) for cause in REFUSED}
    failed = Counter({str(cause): causes[cause,] for cause in _TROUBLE if causes.get((cause,))})
    buckets = change.buckets.copy()
    buckets[0] = max(0, buckets[0] - refused[Cause.CIRCUIT_OPEN])
    sent = change.total - sum(refused.values())
    return sent, failed, percentile(buckets, 0.5), percentile(buckets, 0.99)


def _step(name: str, series: Series) -> Step:
    change = series.within(RECENT)
    total = change.total
    minute = series.minute().buckets
    failed = stood_in = cached = 0
    for (served, cause, *_), count in change.counts.items():
        if served == NOTHING:
            failed += count
        elif cause != NO_CAUSE:
            stood_in += count
        elif served in _COPIES:
            cached += count
    return Step(
        name=name,
        rate=round(change.rate(total), 3),
        failed=_share(failed, total),
        stood_in=_share(stood_in, total),
        cached=_share(cached, total),
        p50=_rounded(percentile(minute, 0.5)),
        p99=_rounded(percentile(minute, 0.99)),
    )


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _rounded(seconds: float | None) -> float | None:
    """To microseconds: more digits say nothing and cost bytes."""
    return None if seconds is None else round(seconds, 6)

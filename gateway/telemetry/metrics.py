"""All metrics of one gateway: makes the meters, and exports them with what it may look at when scraped.

Rules of the file:
1. A registry of its own per gateway: two gateways in one process do not mix.
2. State that lives elsewhere (breakers, bulkheads, pools) is never copied: it is asked for at scrape time.
3. Labels come from configuration, never from a request.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector, generate_latest
from prometheus_client.core import Metric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from gateway.recording import Recording
from gateway.telemetry import names
from gateway.telemetry.collector import Family, Sample, family, for_library, histogram_family
from gateway.telemetry.exemplars import exemplify
from gateway.telemetry.exposition import OPENMETRICS, negotiated, written
from gateway.telemetry.histogram import Histogram
from gateway.telemetry.meters import AttemptMeter, CallMeter, RequestMeter, StreamMeter
from gateway.telemetry.watched import Watched

_REFUSALS: Final = (400, 408, 431)
"""How a connection is ended before a request is whole (gateway/edge/heads.py)."""


class Transition(Protocol):
    """A breaker's change of state, in words from a fixed list."""

    @property
    def old(self) -> str:
        """The state before."""

    @property
    def new(self) -> str:
        """The state after."""

    @property
    def reason(self) -> str:
        """Why, in one word."""


class Metrics(Collector):
    """The meters of one gateway, and its Prometheus ``registry``."""

    def __init__(self) -> None:
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)
        GCCollector(registry=self._process)
        self.registry = CollectorRegistry()
        self.registry.register(self)
        self.registry.register(self._process)
        self.loop_lag = Histogram()
        self._requests: dict[str, RequestMeter] = {}
        self._streams: dict[str, StreamMeter] = {}
        self._calls: dict[tuple[str, str], CallMeter] = {}
        self._attempts: dict[str, AttemptMeter] = {}
        self._transitions: Counter[tuple[str, str, str, str]] = Counter()
        self._refused_heads = dict.fromkeys(_REFUSALS, 0)
        self._stalled = 0
        self._watched = Watched()

    def requests(self, route: str) -> RequestMeter:
        """The meter of *route* (``names.NO_ROUTE`` for requests that none took)."""
        return self._requests.setdefault(route, RequestMeter())

    def calls(self, route: str, step: str) -> CallMeter:
        """The meter of one step of *route*."""
        return self._calls.setdefault((route, step), CallMeter())

    def streams(self, route: str) -> StreamMeter:
        """The meter of *route*'s answers that go piece by piece."""
        return self._streams.setdefault(route, StreamMeter())

    def attempts(self, upstream: str) -> AttemptMeter:
        """The meter of *upstream*."""
        return self._attempts.setdefault(upstream, AttemptMeter())

    def count_transition(self, upstream: str, transition: Transition) -> None:
        """A breaker of *upstream* changed its state."""
        key = (upstream, str(transition.old), str(transition.new), transition.reason)
        self._transitions[key] += 1

    def exemplify(self, recording: Recording) -> None:
        """Let the spans of *recording*, which is exported, stand for the durations they were counted as."""
        exemplify(recording, self._requests, self._calls, self._attempts)

    def count_refused_head(self, status: int) -> None:
        """A connection was ended before a request was whole, with one of the statuses for that."""
        self._refused_heads[status] += 1

    def count_stalled(self) -> None:
        """A client did not read its answer, and its connection was broken."""
        self._stalled += 1

    @property
    def watch(self) -> Watched:
        """Where to register what is looked at when metrics are scraped."""
        return self._watched

    def exposition(self, accept: str = "") -> tuple[bytes, str]:
        """Everything as text and its content type: OpenMetrics if *accept* asks for it, else Prometheus."""
        pieces, content_type = self.pieces(accept)
        return b"".join(pieces), content_type

    def pieces(self, accept: str) -> tuple[Iterator[bytes], str]:
        """The same piece by piece, so that others may run in between."""
        content_type = negotiated(accept)
        return self._written(content_type), content_type

    def _written(self, content_type: str) -> Iterator[bytes]:
        yield from written(self.families(), content_type)
        if content_type == OPENMETRICS:
            yield openmetrics.generate_latest(self._process)  # type: ignore[no-untyped-call]  # with the end
        else:
            yield generate_latest(self._process)

    def collect(self) -> Iterator[Metric]:
        """The families now, for the metrics library."""
        return for_library(self.families())

    def families(self) -> Iterator[Family]:
        """What there is to tell now."""
        yield from self._of_requests()
        yield from self._of_streams()
        calls = dict(self._calls)
        yield histogram_family(names.CALL_SECONDS, ((k, m.seconds) for k, m in calls.items()))
        yield family(names.CALLS, _counted(calls))
        attempts = {(upstream,): meter for upstream, meter in self._attempts.items()}
        yield histogram_family(names.ATTEMPT_SECONDS, ((k, m.seconds) for k, m in attempts.items()))
        yield family(names.ATTEMPTS, _counted(attempts))
        yield family(names.BREAKER_TRANSITIONS, list(self._transitions.items()))
        yield family(names.HEADS_REFUSED, (((str(s),), n) for s, n in self._refused_heads.items()))
        yield family(names.CLIENTS_STALLED, [((), self._stalled)])
        yield histogram_family(names.LOOP_LAG, [((), self.loop_lag)])
        yield from self._watched.collect()

    def _of_requests(self) -> Iterator[Family]:
        requests = {(route,): meter for route, meter in self._requests.items()}
        yield histogram_family(names.REQUEST_SECONDS, ((k, m.seconds) for k, m in requests.items()))
        yield family(names.REQUESTS, _counted(requests))
        yield family(names.CLIENT_GONE, ((k, m.gone) for k, m in requests.items()))

    def _of_streams(self) -> Iterator[Family]:
        streams = {(route,): meter for route, meter in self._streams.items()}
        yield family(names.STREAMS_OPEN, ((k, m.open) for k, m in streams.items()))
        yield family(names.STREAMS, _counted(streams))
        ways = (((*k, way), n) for k, m in streams.items() for way, n in m.ways())
        yield family(names.STREAM_BYTES, ways)


class _Counting(Protocol):
    def counts(self) -> dict[tuple[str, ...], int]: ...


def _counted(meters: Mapping[Any, _Counting]) -> Iterator[Sample]:
    """The counts of every meter, its labels before theirs."""
    for labels, meter in meters.items():
        for more, count in meter.counts().items():
            yield (*labels, *more), count

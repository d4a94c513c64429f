"""What happened in one request that somebody wants to look at: an append-only list, read when it is over.

Most requests have none (``trace.recording is None``). A request that is sampled for tracing, asked to be
debugged, or may turn out to be worth keeping has one; the observing layers write its calls and attempts into
it, and whoever wants spans, a debug trace or a waterfall reads it after the end.

Rules of the file:
1. While the request runs nothing is exported, formatted or waited for: an append and a few assignments.
2. A record keeps words and numbers, never an outcome or a payload: their bodies are counted elsewhere.
3. Times are the gateway's clock; ``wall_time`` maps them to the wall's, read once per recording, so that the
   spans of one request never disagree about what came first.
4. Work that outlives its request (an unrepeatable call, the loser of a hedge) ends in the same recording: it
   is told to the sink by itself, if the request was kept. Work apart from requests has one of its own.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from enum import Enum
from random import getrandbits
from typing import Final, NamedTuple, Protocol

from gateway.outcome import Failure, Outcome

_CHANGES: Final = 32
"""Changes of a breaker that its address remembers: more within one attempt are not worth telling."""


class Kind(Enum):
    """What a record tells of."""

    CALL = "call"
    """One step's request to its source, with everything that was done for it."""
    ATTEMPT = "attempt"
    """One try of a call at an upstream, also one that we refused."""
    STORE = "store"
    """A question to a store of copies."""


class Change(NamedTuple):
    """A breaker changed its state at *at*, an instant on the gateway's clock."""

    at: float
    old: str
    new: str
    reason: str
    detail: str


class Peer:
    """Whom attempts are made at: one address of an upstream, and the last changes of its breaker."""

    __slots__ = ("base", "changes", "host", "port", "scheme", "upstream")

    def __init__(self, upstream: str, scheme: str = "http", host: str = "", port: int = 0) -> None:
        self.upstream, self.scheme = upstream, scheme
        self.base = f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
        self.host = host
        self.port = port
        self.changes: deque[Change] = deque(maxlen=_CHANGES)


class Link(NamedTuple):
    """Another span that has to do with this one, and how."""

    trace_id: str
    span_id: int
    kind: str


class Record:
    """One call or attempt. ``ended`` is 0 while it is under way.

    ``parent_id`` is the span that it is a part of. ``cause`` and ``freshness`` are those of its outcome,
    ``served`` only for calls. ``method`` and ``target`` (path and query) are HTTP's, ``method`` also that of
    databases; ``system`` and ``hit`` those of a look-up: what kind of store, and whether there was a copy.
    """

    __slots__ = (
        "attempt",
        "cause",
        "changes",
        "detail",
        "ended",
        "freshness",
        "hedge",
        "hit",
        "kind",
        "links",
        "method",
        "name",
        "parent_id",
        "peer",
        "span_id",
        "started",
        "status",
        "system",
        "target",
    )

    def __init__(self, kind: Kind, name: str, parent_id: int, started: float) -> None:
        self.kind = kind
        self.name = name
        self.span_id = getrandbits(64) or 1
        self.parent_id = parent_id
        self.started = started
        self.ended = 0.0
        self.cause = ""
        self.freshness = ""
        self.detail = ""
        self.status: int | None = None
        self.attempt = 1
        self.hedge = False
        self.hit = False
        self.peer: Peer | None = None
        self.method = ""
        self.target = b""
        self.system = ""
        self.changes: tuple[Change, ...] = ()
        self.links: tuple[Link, ...] = ()

    def __repr__(self) -> str:
        return f"<Record {self.kind.value} of {self.name}: {self.cause or self.freshness or 'under way'}>"


class Sink(Protocol):
    """Who reads recordings. Must neither block nor raise."""

    def ended(self, recording: Recording) -> bool:
        """The request is over; whether it is kept, so that what ends later is to be told."""

    def late(self, recording: Recording, record: Record) -> None:
        """*record* of a request that was kept ended only now."""


class Request(NamedTuple):
    """The client's side of a recorded request. ``path`` is without its query."""

    route: str
    method: str
    path: str
    scheme: str
    server: tuple[str, int | None] | None
    http_version: str


class Recording:
    """One request, or one piece of work apart from requests (``origin`` says of which step it is).

    *trace_id* and *parent_id* are hex digits as in ``Trace``. ``sampled``: it is exported whatever happens.
    ``debug``: its answer tells how it was made, with ``hosts`` also where upstreams are. ``status`` is the
    answer's, 0 if there was none, and ``cause`` what failed the whole of it. ``why`` it is kept, if not for
    being sampled, its sink says.
    """

    __slots__ = (
        "cause",
        "clock",
        "debug",
        "degraded",
        "ended",
        "failed",
        "hosts",
        "kept",
        "links",
        "name",
        "parent_id",
        "records",
        "request",
        "request_id",
        "sampled",
        "sink",
        "slow",
        "span_id",
        "started",
        "status",
        "steps",
        "trace_id",
        "tracestate",
        "wall",
        "why",
    )

    def __init__(
        self,
        trace_id: str,
        parent_id: str,
        *,
        sink: Sink,
        clock: Callable[[], float],
        wall_clock: Callable[[], float] = time.time,
        sampled: bool = False,
    ) -> None:
        self.trace_id = trace_id
        self.parent_id = parent_id
        self.span_id = getrandbits(64) or 1
        self.sink = sink
        self.clock = clock
        self.started = clock()
        self.wall = wall_clock() - self.started
        self.sampled = sampled
        self.debug = False
        self.hosts = False
        self.name = ""
        self.request: Request | None = None
        self.request_id = ""
        self.tracestate = ""
        self.records: list[Record] = []
        self.steps: dict[str, int] = {}
        self.links: tuple[Link, ...] = ()
        self.status = 0
        self.cause = ""
        self.degraded = False
        self.failed = False
        self.slow = False
        self.why = ""
        self.ended = 0.0
        self.kept = False

    def wall_time(self, at: float) -> float:
        """Seconds since 1970 of *at*, an instant on the gateway's clock."""
        return self.wall + at

    def begin_call(self, step: str, started: float) -> Record:
        """The call of *step* begins; attempts of this step are parts of it from now on."""
        record = Record(Kind.CALL, step, self.span_id, started)
        self.steps[step] = record.span_id
        self.records.append(record)
        return record

    def begin(self, kind: Kind, step: str, started: float) -> Record:
        """Something else is done for the call of *step*."""
        record = Record(kind, step, self.steps.get(step, self.span_id), started)
        self.records.append(record)
        return record

    def take_back(self, count: int) -> None:
        """What the last *count* records tell of was not begun after all."""
        del self.records[-count:]

    def begin_look_up(self, step: str, system: str) -> Record:
        """A store, of the kind *system*, is asked for a copy of *step*'s answer."""
        record = self.begin(Kind.STORE, step, self.clock())
        record.system = system
        return record

    def end_look_up(self, record: Record, *, hit: bool) -> None:
        """There was a copy, or none."""
        record.ended = self.clock()
        record.hit = hit

    def end(self, record: Record, outcome: Outcome, now: float) -> None:
        """What *record* tells of ended as *outcome*."""
        record.ended = now
        record.cause = outcome.cause or ""
        record.status = outcome.status
        if outcome.__class__ is Failure:
            record.detail = outcome.detail
        else:
            record.freshness = outcome.freshness  # type: ignore[union-attr]
        peer = record.peer
        if peer is not None and peer.changes and peer.changes[-1].at >= record.started:
            record.changes = tuple(change for change in peer.changes if change.at >= record.started)
        if self.kept:
            self.sink.late(self, record)

    def link(self, step: str, other: Recording, kind: str) -> None:
        """The call of *step* has to do with *other*, which is work apart; said once, however often told."""
        span_id = self.steps.get(step)
        for record in self.records:
            if record.span_id == span_id:
                link = Link(other.trace_id, other.span_id, kind)
                record.links = (*(each for each in record.links if each != link), link)

    def apart(self, trace_id: str, step: str, kind: str) -> Recording:
        """A recording of work that this request began for *step*, but that is no part of it."""
        other = Recording(trace_id, "", sink=self.sink, clock=self.clock, sampled=self.sampled)
        other.wall = self.wall
        other.name = f"{kind} {step}"
        other.request_id = self.request_id
        other.links = (Link(self.trace_id, self.steps.get(step, self.span_id), kind),)
        self.link(step, other, kind)
        return other

    def finish_apart(self, outcome: Outcome) -> None:
        """Work apart from requests ended as *outcome*."""
        self.failed = outcome.__class__ is Failure
        self.cause = outcome.cause or ""
        self.finish()

    def finish(self) -> None:
        """The request is over, and its answer out."""
        if not self.ended:
            self.ended = self.clock()
            self.kept = self.sink.ended(self)

    def __repr__(self) -> str:
        return f"<Recording of trace {self.trace_id}: {len(self.records)} records>"

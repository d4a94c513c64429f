"""What the live page and ``gateway top`` show: one gateway at one instant, as the feed writes it in JSON.

Times are seconds, shares are between 0 and 1, and ``None`` means that nothing is known. What is called
"now" is the last ``RECENT`` seconds; percentiles are those of the last ``MINUTE``.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

RECENT: Final = 10.0
"""Seconds over which rates and shares are taken; a breaker's default ``sampling_window``."""

MINUTE: Final = 60.0
"""Seconds of history."""


class Point(Struct, frozen=True, array_like=True):
    """An upstream between two looks: in JSON ``[at, rate, errors, p50, p99]``. ``at`` is Unix time."""

    at: float
    rate: float
    errors: float
    p50: float | None
    p99: float | None


class Address(Struct, frozen=True, kw_only=True):
    """One address of an upstream. ``state`` is its circuit's, or ``unguarded``.

    ``slots`` is ``None`` without a bulkhead. ``weight`` is the address' share of a full one, ``ejected``
    whether it is left alone for being worse than the others.
    """

    name: str
    state: str
    open_remaining: float
    in_flight: int
    slots: int | None
    waiting: int
    weight: float = 1.0
    ejected: bool = False


class Guards(Struct, frozen=True, kw_only=True):
    """How an upstream is guarded now.

    ``state``: closed · open · recovering · half_open · forced_open · disabled · metrics_only · unguarded.
    ``reason`` says why it is not closed, ``last_failure`` how the last attempt failed; both for people.
    ``open_remaining`` is the time until an open circuit lets probes through. ``budget`` are the tokens for
    retries and hedges, ``None`` if they are without bound.
    """

    state: str
    reason: str
    last_failure: str
    open_remaining: float
    in_flight: int
    slots: int | None
    waiting: int
    budget: float | None
    addresses: list[Address]


class Upstream(Guards, frozen=True, kw_only=True):
    """An upstream now: attempts a second that were sent, and that our own guards refused.

    ``errors`` is the share of those sent that ended in the upstream's trouble, ``causes`` counts them.
    """

    name: str
    rate: float
    refused: float
    errors: float
    causes: dict[str, int]
    p50: float | None
    p99: float | None
    history: list[Point]


class Step(Struct, frozen=True, kw_only=True):
    """The calls of a step now: those a second, and the shares that failed, that something stood in for,
    and that a cache answered.
    """

    name: str
    rate: float
    failed: float
    stood_in: float
    cached: float
    p50: float | None
    p99: float | None


class Route(Struct, frozen=True, kw_only=True):
    """The requests of a route now: those a second, the share answered with 5xx, the share degraded."""

    route: str
    rate: float
    errors: float
    degraded: float
    p50: float | None
    p99: float | None
    steps: list[Step]


class Bar(Struct, frozen=True, kw_only=True):
    """A step in a waterfall. ``start`` is seconds after the plan began, ``None`` if it was never called.

    ``outcome`` is live · cached · stale · fallback · nothing · unfinished; ``cause`` is set where it failed,
    also if something stood in. ``detail`` is for operators.
    """

    step: str
    upstream: str
    start: float | None
    seconds: float
    attempts: int
    outcome: str
    cause: str | None
    detail: str


class Request(Struct, frozen=True, kw_only=True):
    """One request that was kept. ``at`` is the Unix time of its answer."""

    id: int
    at: float
    route: str
    status: int
    degraded: bool
    seconds: float
    time_limit: float
    request_id: str
    trace_id: str
    steps: list[Bar]


class Process(Struct, frozen=True, kw_only=True):
    """The gateway itself. ``loop_lag`` is the 99th percentile of how late its event loop was."""

    status: str
    phase: str
    rate: float
    errors: float
    degraded: float
    loop_lag: float | None
    buffered: int
    buffered_limit: int
    background: int
    stand_ins: bool


class Snapshot(Struct, frozen=True, kw_only=True):
    """Everything. ``seconds`` is how much of the last ``RECENT`` was seen, ``every`` the time from one
    snapshot of a stream to the next.
    """

    at: float
    seconds: float
    process: Process
    upstreams: list[Upstream]
    routes: list[Route]
    recent: list[Request]
    slowest: list[Request]
    problems: list[Request]
    every: float = 1.0


class PlanStep(Struct, frozen=True, kw_only=True):
    """A step as configured; ``needs`` and ``awaits`` name other steps."""

    name: str
    upstream: str
    target: str
    timeout: float
    required: bool
    fallback: bool
    needs: list[str]
    awaits: list[str]


class Plan(Struct, frozen=True, kw_only=True):
    """A route as configured."""

    route: str
    summary: str
    time_limit: float
    steps: list[PlanStep]

"""What goes wrong, and when: timelines as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

SERVICES = ("users", "orders", "recommendations")

WARM = 2.0
"""Seconds of load before anything goes wrong: not counted. Percentiles need calls, caches need copies."""

AHEAD = -0.3
"""When a fault begins that the first request already meets."""

RATE = 200.0
"""Requests per second."""


class Deed(Enum):
    """What can be done to a service."""

    FAULT = "fault"
    CLEAR = "clear"
    STOP = "stop"
    START = "start"


@dataclass(frozen=True)
class Act:
    """Something done to *services* that many s after the load began; *fault* as services/mock takes it."""

    at: float
    deed: Deed
    services: Sequence[str] = SERVICES
    fault: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Scenario:
    """A timeline. Requests count from ``since`` on.

    ``only`` names the variants that are asked; empty for all.
    """

    name: str
    title: str
    text: str
    seconds: float
    acts: Sequence[Act] = ()
    hang_ups: Sequence[float] = ()
    since: float = WARM
    only: Sequence[str] = ()


def broken(at: float, services: Sequence[str] = SERVICES, **fault: Any) -> Act:
    """A fault begins."""
    return Act(at, Deed.FAULT, services, fault)


def mended(at: float, services: Sequence[str] = SERVICES) -> Act:
    """Faults end."""
    return Act(at, Deed.CLEAR, services)


def _flapping(service: str, down: float, every: float, until: float) -> list[Act]:
    acts, at = [], WARM
    while at < until:
        acts += [broken(at, [service], status=503), mended(at + down, [service])]
        at += every
    return acts


WELL = Scenario("well", "All is well", "Nothing goes wrong: what the others are compared with.", 4)

SLOW = Scenario(
    "slow",
    "One slow upstream",
    "orders (optional, timeout 300 ms) takes 1 s ± 0.2 s for every answer.",
    6,
    [broken(WARM, ["orders"], latency_ms=1000, jitter_ms=200)],
)

DEAD = Scenario(
    "dead",
    "One dead upstream",
    "The process of orders (optional) is stopped: connections are refused.",
    5,
    [Act(WARM, Deed.STOP, ["orders"])],
)

FLAPPING = Scenario(
    "flapping",
    "A flapping upstream",
    "users (required) answers 503 in the first 0.5 s of every 2 s.",
    8,
    _flapping("users", 0.5, 2.0, 7.9),
)

STALLS = Scenario(
    "stalls",
    "1 % of calls stalled",
    "Every upstream takes 20 ± 5 ms, and 1 s more for 1 % of its answers.",
    8,
    [broken(AHEAD, latency_ms=20, jitter_ms=5, stall_ms=1000, stall_rate=0.01)],
)

OUTAGE = Scenario(
    "outage",
    "Total outage",
    "Every upstream answers 503. Healthy, a request is three calls; two without any care in this case, as "
    "recommendations waits for users.",
    8,
    [broken(WARM, status=503)],
)

COLD_OUTAGE = Scenario(
    "outage-cold",
    "Total outage from the first request on",
    "The same, and no request before it saved up for the retry budget: what the two targets are about.",
    8,
    [broken(AHEAD, status=503)],
    since=0.0,
    only=("defaults", "no-breaker", "no-budget", "peer"),
)

HUNG = Scenario(
    "hung",
    "The required upstream hangs",
    "users takes every call and never answers: what does the time limit of 1 s bound?",
    6,
    [broken(WARM, ["users"], mode="hang")],
    only=("defaults", "no-breaker", "peer"),
)

MIXED = Scenario(
    "mixed",
    "5 % errors and 5 % slow answers",
    "orders answers 500 to 5 % of its calls, and 5 % take 1 s.",
    8,
    [broken(AHEAD, ["orders"], error_rate=0.05, stall_ms=1000, stall_rate=0.05)],
    only=("defaults", "no-retry", "everything", "peer"),
)

DISCONNECT = Scenario(
    "disconnect",
    "Mass disconnect",
    "users takes 400 ms; three times all clients that wait hang up at once. Shares and times are of the "
    "clients that stayed; a call upstream for one that left is wasted.",
    6,
    [broken(WARM, ["users"], latency_ms=400)],
    hang_ups=(3.0, 4.0, 5.0),
)

RECOVERY = Scenario(
    "recovery",
    "Thundering recovery",
    "No upstream answers for 1.5 s, then all do at once, under full load and with what has piled up.",
    11,
    [broken(WARM, mode="hang"), mended(WARM + 1.5)],
)

RESTARTS = tuple(
    Scenario(
        f"restart-{kind}",
        f"Restart of {'an optional' if kind == 'optional' else 'the required'} upstream",
        f"The process of {service} is stopped and comes back two seconds later.",
        12,
        [Act(WARM, Deed.STOP, [service]), Act(WARM + 2.0, Deed.START, [service])],
        only=("defaults", "peer"),
    )
    for kind, service in (("optional", "orders"), ("required", "users"))
)

SCENARIOS = (
    WELL,
    SLOW,
    DEAD,
    FLAPPING,
    STALLS,
    OUTAGE,
    COLD_OUTAGE,
    HUNG,
    MIXED,
    DISCONNECT,
    RECOVERY,
    *RESTARTS,
)

HEALTHY = Scenario("healthy", "All is well, longer", "The healthy p99 of the next row.", WARM + 10)
HANGING = Scenario(
    "hanging",
    "A hanging optional upstream",
    "orders (optional) takes every call and never answers, for a minute.",
    WARM + 60,
    [broken(WARM, ["orders"], mode="hang")],
)

ALONE = (HEALTHY, HANGING)
"""Run alone on the machine, one after the other, for the defaults only; without a picture."""

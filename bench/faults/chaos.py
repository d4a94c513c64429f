"""Mixed faults at random, the same ones for the same seed."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from bench.faults.scenarios import SERVICES, Act, Deed

FAULTS: tuple[Mapping[str, Any], ...] = (
    {"latency_ms": 100, "jitter_ms": 80},
    {"stall_ms": 1000, "stall_rate": 0.05},
    {"status": 503},
    {"status": 500, "error_rate": 0.3},
    {"status": 429},
    {"status": 404},
    {"mode": "hang"},
    {"mode": "hang", "error_rate": 0.2},
    {"mode": "reset", "error_rate": 0.5},
    {"mode": "truncate", "error_rate": 0.5},
    {"mode": "invalid_json", "error_rate": 0.5},
    {"mode": "bad_length", "error_rate": 0.5},
    {"mode": "drip", "error_rate": 0.5},
)

APART = (0.5, 2.0)
"""Seconds from one act to the next: at least, at most."""

DEATHS = 0.1
"""Share of the acts that stop a service; it comes back with a later act on it, or in the end."""

HEALINGS = 0.3
"""Share of the acts that take a service's fault away."""


def chaos(random: Random, seconds: float) -> list[Act]:
    """Acts for so many *seconds*; afterwards everything runs and is well."""
    acts: list[Act] = []
    dead: set[str] = set()
    at = random.uniform(*APART)
    while at < seconds:
        service, choice = random.choice(SERVICES), random.random()
        if service in dead:
            acts.append(Act(at, Deed.START, [service]))
            dead.remove(service)
        elif choice < DEATHS:
            acts.append(Act(at, Deed.STOP, [service]))
            dead.add(service)
        elif choice < DEATHS + HEALINGS:
            acts.append(Act(at, Deed.CLEAR, [service]))
        else:
            acts.append(Act(at, Deed.FAULT, [service], random.choice(FAULTS)))
        at += random.uniform(*APART)
    return [
        *acts,
        *(Act(seconds, Deed.START, [service]) for service in sorted(dead)),
        Act(seconds, Deed.CLEAR),
    ]


def leavings(random: Random, seconds: float, number: int) -> list[float]:
    """So many instants at which all clients that wait hang up."""
    return sorted(random.uniform(0, seconds) for _ in range(number))

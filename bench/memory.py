"""Memory: what the gateway takes at rest, and for each of thousands of requests in flight."""

from __future__ import annotations

import resource
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench import wrk
from bench.machine import Machine
from bench.processes import NotReadyError
from bench.rounds import miscounted
from bench.rows import ROWS
from bench.servers import environment, start, wrong
from bench.upstreams import Delayed

WANTED = 5000
"""Requests in flight; each has a client's connection and three to upstreams."""

DELAY = 1.0
"""Seconds that every upstream takes."""

IDLE_TARGET = 90e6
"""Bytes at rest (docs/benchmarks.md)."""

EACH_TARGET = 40e3
"""Bytes per request in flight."""

_OTHER_FILES = 100
"""Files that the gateway has open besides: listeners, the loop's own, connections of the check."""

_ROW = next(row for row in ROWS if row.name == "gateway-3")
_CALLS = 3


@dataclass(frozen=True)
class Memory:
    """Resident bytes: ``idle`` after a request, ``each`` per request in flight; ``rate`` is per second."""

    idle: float
    each: float
    in_flight: int
    rate: float
    failed: str = ""


def affordable(limit: int) -> int:
    """How many requests in flight the *limit* on open files allows, up to ``WANTED``."""
    return min(WANTED, (limit - _OTHER_FILES) // (1 + _CALLS))


def measure(machine: Machine, root: Path, seconds: int, say: Callable[[str], None]) -> Memory:
    """Keep as many clients waiting as wanted, each with one request, for *seconds*.

    The loop is closed: a client asks again when it is answered, so the number in flight holds. That the
    upstreams held three calls of each proves it. Raises ``NotReadyError``.
    """
    clients = affordable(resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    say(f"memory: {clients} requests in flight")
    with ExitStack() as stack:
        upstream = stack.enter_context(Delayed(machine, root, DELAY, ports=_CALLS))
        env = environment(upstream.urls, upstream.urls[0])
        server = start("gateway-memory", machine, env, root, stack)
        fault = wrong(server, _ROW)
        if fault:
            raise NotReadyError(f"gateway-memory: {fault}")
        idle, _ = server.process.memory()
        before = upstream.seen().requests
        try:
            load = wrk.run(
                machine.wrk,
                machine.load_core,
                server.url(_ROW.path),
                connections=clients,
                seconds=seconds,
                patience=30,
            )
        except wrk.UnreadableError as error:
            raise NotReadyError(f"gateway-memory: wrk: {error}") from None
        _, most = server.process.memory()
        seen = upstream.seen()
        asked = seen.requests - before
        fault = load.faults or miscounted(asked, load.requests, _CALLS, clients)
        in_flight = seen.most // _CALLS
        return Memory(idle, (most - idle) / max(in_flight, 1), in_flight, load.rate, fault)

"""Latencies at fixed rates, by the open-loop generator: upstreams well, or one of them in trouble."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench.machine import Machine
from bench.openloop import GRACE, Latencies
from bench.processes import NotReadyError, Process
from bench.rows import ROWS, Row
from bench.servers import Server, environment, start
from bench.upstreams import Delayed, Upstreams

_ROWS = {row.name: row for row in ROWS}
_WITHIN_CEILING = 0.8
"""A rate above this share of a server's throughput is not asked of it: its queue would grow without end."""


@dataclass(frozen=True)
class Trouble:
    """What the third upstream does meanwhile: answers take ``delay`` s, pauses are ``stall``."""

    label: str
    delay: float = 0.0
    stall: tuple[float, float] | None = None


WELL = Trouble("all upstreams well")
STALLS = Trouble("one of three upstreams stands still 0.5 s in every 2", stall=(0.5, 2.0))
SILENT = Trouble("one of three upstreams never answers", delay=float("inf"))


@dataclass(frozen=True)
class Case:
    """One line of the table: a row's server, at so many requests per second."""

    row: Row
    trouble: Trouble
    rate: int


CASES: tuple[Case, ...] = tuple(
    Case(_ROWS[name], trouble, rate)
    for trouble, rate, names in (
        (WELL, 1000, ("gateway-3", "node", "fastapi-aiohttp", "fastapi-httpx")),
        (WELL, 3000, ("gateway-3", "node", "fastapi-aiohttp")),
        (STALLS, 1000, ("gateway-3", "node", "fastapi-aiohttp")),
        (SILENT, 1000, ("gateway-3", "node", "fastapi-aiohttp")),
    )
    for name in names
)


@dataclass(frozen=True)
class Latency:
    """What came of a case: what was seen, and the server's share of its core; or why not."""

    case: Case
    seen: Latencies | None = None
    busy: float = 0.0
    left_out: str = ""


def measure(
    machine: Machine,
    upstreams: Upstreams,
    root: Path,
    ceilings: Mapping[str, float],
    seconds: float,
    say: Callable[[str], None],
    cases: Sequence[Case] = CASES,
) -> list[Latency]:
    """All *cases*; *ceilings* are the throughputs of rows by name, and a row without one is left out.

    Every case has its server for itself, and a fresh one: what a stall leaves behind is not the next case's.
    """
    found = []
    for case in cases:
        ceiling = ceilings.get(case.row.name)
        if ceiling is None:
            continue
        if case.rate > _WITHIN_CEILING * ceiling:
            found.append(Latency(case, left_out=f"its ceiling is {ceiling:,.0f}/s"))
            continue
        say(f"latency: {case.row.name} at {case.rate}/s, {case.trouble.label}")
        found.append(_measured(case, machine, upstreams, root, seconds))
    return found


def _measured(case: Case, machine: Machine, upstreams: Upstreams, root: Path, seconds: float) -> Latency:
    with ExitStack() as stack:
        addresses = list(upstreams.urls)
        trouble = case.trouble
        if trouble is not WELL:
            delayed = Delayed(machine, root, trouble.delay, stall=trouble.stall or ())
            addresses[2] = stack.enter_context(delayed).urls[0]
        env = environment(addresses, addresses[2])
        try:
            server = start(case.row.server, machine, env, root, stack)
            if trouble is WELL:
                generate(server, case, machine, root, 1.0)  # unmeasured: connections and caches get warm
            began, spent = time.monotonic(), server.process.cpu()
            seen = generate(server, case, machine, root, seconds)
        except NotReadyError as error:
            return Latency(case, left_out=str(error))
        busy = (server.process.cpu() - spent) / (time.monotonic() - began)
        return Latency(case, seen, busy)


def generate(server: Server, case: Case, machine: Machine, root: Path, seconds: float) -> Latencies:
    """Let the generator ask *server*, from the load's core. Raises ``NotReadyError`` if it fails."""
    url = server.url(case.row.path)
    log = root / "openloop.log"
    command = [sys.executable, "-m", "bench.openloop", url, str(case.rate), str(seconds)]
    env = {"PYTHONPATH": str(Path(__file__).parent.parent)}
    with Process(command, machine.load_core, log, env) as generator:
        generator.wait(seconds + GRACE + 15)
        try:
            return msgspec.json.decode(log.read_bytes(), type=Latencies)
        except (msgspec.DecodeError, subprocess.SubprocessError):
            raise NotReadyError(f"the generator failed{generator.last_words()}") from None

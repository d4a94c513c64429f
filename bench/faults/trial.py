"""One variant through one scenario: start it, load it, let things go wrong, count, stop it."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bench.faults.load import Order
from bench.faults.loading import Load
from bench.faults.mocks import HOST, Mocks, ended, listening
from bench.faults.scenarios import RATE, Act, Scenario
from bench.faults.seen import Figures, Kind, Record, figures, kind_of
from bench.faults.variants import Variant
from bench.processes import NotReadyError, Process, lasting_port

SETTLED = 0.15
"""Seconds after the last answer until what the server left behind has arrived upstream."""

COUNT_AHEAD = 0.05
"""Seconds before things go wrong at which the counting begins."""

_ROOT = Path(__file__).parents[2]
_TRIP = re.compile(
    r'^gateway_breaker_transitions_total\{(?=.*\bnew="open").*\bupstream="(\w+)".*\} (\S+)$', re.MULTILINE
)


@dataclass(frozen=True)
class Trial:
    """What came of it; ``failed`` says why nothing did.

    ``record`` is the whole run, ``figures`` are of the part that counts. ``done`` are the seconds after the
    start at which each act was really done. ``trips`` counts circuits that opened, by upstream. ``stats`` is
    what the services showed at the end.
    """

    variant: Variant
    scenario: Scenario
    record: Record | None = None
    figures: Figures | None = None
    done: list[float] = field(default_factory=list)
    trips: dict[str, int] = field(default_factory=dict)
    stats: dict[str, dict[str, Any]] = field(default_factory=dict)
    failed: str = ""


class Lane:
    """One set of mock services, and one server under test at a time."""

    def __init__(self, mocks: Mocks, cores: tuple[int, int], root: Path, rate: float = RATE) -> None:
        self.mocks = mocks
        self._load_core, self._server_core = cores
        self._root = root
        self._rate = rate

    async def trial(self, variant: Variant, scenario: Scenario) -> Trial:
        """Everything from start to stop; once more if it goes wrong by itself, and then it is ``failed``."""
        found = await self._tried(variant, scenario)
        return await self._tried(variant, scenario) if found.failed else found

    async def _tried(self, variant: Variant, scenario: Scenario) -> Trial:
        await self.mocks.restore()
        port, admin = lasting_port(), lasting_port()
        log = self._root / f"{variant.name}-{scenario.name}.log"
        command = _command(variant, self._root, port, admin)
        environment = {"PYTHONPATH": str(_ROOT)} | self.mocks.environment
        with Process(command, self._server_core, log, environment) as server:
            try:
                await listening(server, port)
                await _answers_rightly(port)
                found = await self._loaded(variant, scenario, port, admin)
            except (NotReadyError, httpx.HTTPError) as error:
                found = Trial(variant, scenario, failed=str(error) or repr(error))
            await ended(server)
        return found

    async def _loaded(self, variant: Variant, scenario: Scenario, port: int, admin: int) -> Trial:
        order = Order(port, self._rate, scenario.seconds, scenario.hang_ups)
        async with Load(order, self._load_core, self._root) as load:
            counted_from, done = await self._timeline(scenario, load.start)
            record = await load.record()
        await asyncio.sleep(SETTLED)
        stats = await self.mocks.stats()
        hits = {
            service: shown["hits"] / max(len(record.since(counted_from[service]).kinds), 1)
            for service, shown in stats.items()
        }
        trips = {} if variant.peer else await _trips(admin)
        counted = figures(record.since(scenario.since), hits)
        return Trial(variant, scenario, record, counted, done, trips, stats)

    async def _timeline(self, scenario: Scenario, start: float) -> tuple[dict[str, float], list[float]]:
        """Carry out all acts; when each service began to count, and when each act was really done."""
        before = [act for act in scenario.acts if act.at < scenario.since]
        done = [await self._act(act, start) for act in before]
        await asyncio.sleep(start + scenario.since - COUNT_AHEAD - time.monotonic())
        counted_from = {service: at - start for service, at in (await self.mocks.count_anew()).items()}
        done += [await self._act(act, start) for act in scenario.acts[len(before) :]]
        return counted_from, done

    async def _act(self, act: Act, start: float) -> float:
        await asyncio.sleep(start + act.at - time.monotonic())
        await self.mocks.do(act)
        return time.monotonic() - start


def trips_in(metrics: str) -> dict[str, int]:
    """How often each upstream's circuit opened, from the text of the gateway's metrics."""
    found: dict[str, int] = {}
    for upstream, count in _TRIP.findall(metrics):
        found[upstream] = found.get(upstream, 0) + int(float(count))
    return found


def _command(variant: Variant, root: Path, port: int, admin: int) -> list[str]:
    if variant.peer:
        served = [sys.executable, "-m", "uvicorn", variant.peer, "--host", HOST, "--port", str(port)]
        return [*served, "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "error"]
    run = [sys.executable, "-m", "gateway", "run", str(variant.write(root))]
    return [*run, "--host", HOST, "--port", str(port), "--admin-port", str(admin)]


async def _answers_rightly(port: int) -> None:
    """Raise ``NotReadyError`` unless a profile comes complete while all is well."""
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        answer = await client.get(f"http://{HOST}:{port}/user/profile/1")
    if kind_of(answer.status_code, answer.content) is not Kind.COMPLETE:
        raise NotReadyError(f"not a complete answer: {answer.status_code} {answer.text[:200]}")


async def _trips(admin: int) -> dict[str, int]:
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        return trips_in((await client.get(f"http://{HOST}:{admin}/metrics")).raise_for_status().text)

"""``python -m bench.faults.soak``: minutes of mixed faults, then a calm; what drifts from one to the next?

One gateway with every layer on. Each round is a minute: faults at random and clients that hang up, then a
while in which all is well and times are measured. After each round its memory, open files, tasks and timers
are counted. Exit status 1 if a limit of scenario M6 is exceeded or something was left behind.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median
from typing import NamedTuple

import msgspec
import uvloop

from bench.faults.chaos import chaos, leavings
from bench.faults.load import Order
from bench.faults.loading import Load
from bench.faults.mocks import HOST, Mocks, ended, listening
from bench.faults.page import milli, share
from bench.faults.scenarios import RATE
from bench.faults.seen import Kind, Record
from bench.faults.variants import CACHE, HEDGE, Variant
from bench.faults.watched import Inside
from bench.machine import MissingError, described, two_cores
from bench.processes import NotReadyError, Process, lasting_port
from bench.table import Markers, aligned, verdict, write

SOAK = Markers("<!-- soak: begin, written by make soak -->", "<!-- soak: end -->")


class Lengths(NamedTuple):
    """Seconds of a round: faults, time for circuits to close, and the calm in which times are measured."""

    chaos: float
    settling: float
    calm: float


MINUTE = Lengths(40.0, 5.0, 15.0)
HANG_UPS_EVERY = 7.0
"""Seconds of chaos, on average, after which all clients that wait hang up."""

DRIFT, TIMERS, MORE_FILES, MORE_TASKS, MORE_BYTES = 0.1, 10_000, 20, 10, 20e6
"""M6: how much the calm p99 may rise from the first third of the rounds to the last, timers at any time;
and what may be held more in the end than after the first round."""

_ROOT = Path(__file__).parents[2]
_PAGE = _ROOT / "docs" / "faults.md"

# Circuits open and close all the time: short open times make a minute as eventful as ten.
SOAKED = Variant(
    "soak",
    "everything on",
    upstream={
        **HEDGE,
        "bulkhead": {"slots": "adaptive"},
        "breaker": {"open_for": "500ms", "max_open_for": "2s"},
        "warm": {"connections": 4},
    },
    step={"cache": CACHE, "coalesce": "on"},
)


@dataclass(frozen=True)
class Round:
    """One minute: what became of its requests, and what the gateway held after it (bytes, numbers)."""

    chaotic: Record
    calm: Record
    memory: int
    files: int
    inside: Inside

    @property
    def p99(self) -> float:
        """Of the calm, in seconds."""
        return self.calm.slowest(0.99)[0]


def drift(rounds: Sequence[Round]) -> float:
    """How much higher the calm p99 is in the last third of the rounds than in the first, as a share."""
    third = max(len(rounds) // 3, 1)
    early, late = (median(each.p99 for each in part) for part in (rounds[:third], rounds[-third:]))
    return late / early - 1


def judged(rounds: Sequence[Round]) -> list[tuple[str, str, bool]]:
    """Each limit: in words, what was found, whether it holds."""
    first, last = rounds[0], rounds[-1]
    most = max(each.inside.timers + each.inside.waiting for each in rounds)
    more = last.memory - first.memory
    calm = min(each.calm.share(Kind.COMPLETE) for each in rounds)
    return [
        ("p99 of the calm rises by < 10 %", f"{drift(rounds):+.1%}", drift(rounds) < DRIFT),
        ("timers < 10,000", f"{most:,} at the most", most < TIMERS),
        ("open files", f"{first.files} → {last.files}", last.files <= first.files + MORE_FILES),
        (
            "tasks",
            f"{first.inside.tasks} → {last.inside.tasks}",
            last.inside.tasks <= first.inside.tasks + MORE_TASKS,
        ),
        ("resident memory, after the first round", f"{more / 1e6:+.1f} MB", more <= MORE_BYTES),
        ("calm: every answer complete", f"{calm:.2%} at the least", calm == 1.0),
    ]


def report(rounds: Sequence[Round], about: str) -> str:
    """The limits, then one line per round."""
    limits = aligned(
        ("limit", "found", ""), [(text, found, verdict(kept)) for text, found, kept in judged(rounds)]
    )
    columns = (
        "minute",
        "success in chaos",
        "useful",
        "p99 ms",
        "calm: p99 ms",
        "MB",
        "files",
        "tasks",
        "timers",
        "objects",
    )
    rows = [
        [
            str(number),
            share(each.chaotic.share(Kind.COMPLETE, Kind.STALE, Kind.PARTIAL)),
            share(each.chaotic.share(Kind.COMPLETE, Kind.STALE)),
            milli(each.chaotic.slowest(0.99)[0]),
            milli(each.p99),
            f"{each.memory / 1e6:.1f}",
            str(each.files),
            str(each.inside.tasks),
            str(each.inside.timers + each.inside.waiting),
            f"{each.inside.objects:,}",
        ]
        for number, each in enumerate(rounds, start=1)
    ]  # fmt: skip
    return "\n\n".join([limits, aligned(columns, rows), about])


class Soak:
    """A running gateway with its services, for one round after the other."""

    def __init__(
        self, mocks: Mocks, cores: tuple[int, int], root: Path, seed: int, lengths: Lengths = MINUTE
    ) -> None:
        self._mocks = mocks
        self._cores = cores
        self._root = root
        self._watched = root / "inside"
        self._random = Random(seed)
        self._lengths = lengths
        self.port = lasting_port()

    async def start(self) -> Process:
        """Start the gateway; the caller stops it."""
        command = [sys.executable, "-m", "bench.faults.watched", "run", str(SOAKED.write(self._root))]
        ports = ["--host", HOST, "--port", str(self.port), "--admin-port", str(lasting_port())]
        environment = {"PYTHONPATH": str(_ROOT), "WATCHED": str(self._watched), **self._mocks.environment}
        server = Process([*command, *ports], self._cores[1], self._root / "gateway.log", environment)
        await listening(server, self.port)
        return server

    async def round(self, server: Process) -> Round:
        """One round. Raises ``NotReadyError`` if the gateway or the generator ended."""
        lengths = self._lengths
        hang_ups = leavings(self._random, lengths.chaos, int(lengths.chaos / HANG_UPS_EVERY) + 1)
        order = Order(self.port, RATE, sum(lengths), hang_ups)
        async with Load(order, self._cores[0], self._root) as load:
            for act in chaos(self._random, lengths.chaos):
                await asyncio.sleep(load.start + act.at - time.monotonic())
                await self._mocks.do(act)
            record = await load.record()
        if not server.running:
            raise NotReadyError(f"the gateway ended{server.last_words()}")
        await asyncio.sleep(1.0)
        files = sum(1 for _ in Path(f"/proc/{server.pid}/fd").iterdir())
        number = round(lengths.chaos * RATE)
        chaotic = Record(RATE, record.kinds[:number], record.took[:number])
        inside = await self._inside(server)
        return Round(
            chaotic, record.since(lengths.chaos + lengths.settling), server.memory()[0], files, inside
        )

    async def _inside(self, server: Process) -> Inside:
        before = self._lines()
        os.kill(server.pid, signal.SIGUSR1)
        for _ in range(500):
            await asyncio.sleep(0.02)
            if len(lines := self._lines()) > len(before):
                return msgspec.json.decode(lines[-1], type=Inside)
        raise NotReadyError("the gateway does not tell what it holds")

    def _lines(self) -> list[bytes]:
        return self._watched.read_bytes().splitlines() if self._watched.exists() else []


async def run(cores: tuple[int, int], minutes: int, seed: int) -> list[Round]:
    """So many rounds. Raises ``NotReadyError``."""
    os.sched_setaffinity(0, {cores[0]})
    async with AsyncExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        mocks = await stack.enter_async_context(Mocks(cores[0], root))
        await mocks.restore()
        soak = Soak(mocks, cores, root, seed)
        rounds: list[Round] = []
        with await soak.start() as server:
            for minute in range(minutes):
                rounds.append(await soak.round(server))
                print(f"minute {minute + 1} of {minutes}", file=sys.stderr, flush=True)
            await ended(server)
        return rounds


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.faults.soak", description="Mixed faults for minutes; what drifts?"
    )
    parser.add_argument("--minutes", type=int, default=10, help="rounds of a minute (default 10)")
    parser.add_argument(
        "--seed", type=int, default=int(time.time()), help="of the faults (default: the clock)"
    )
    chose = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(f"seed {chose.seed}", file=sys.stderr)
    try:
        rounds = uvloop.run(run(two_cores(), chose.minutes, chose.seed))
    except (MissingError, NotReadyError) as error:
        print(error, file=sys.stderr)
        return 2
    text = report(rounds, f"Measured {datetime.now(UTC):%Y-%m-%d}, seed {chose.seed}; {described()}.")
    print(text)
    if chose.minutes >= 10:
        write(_PAGE, text, SOAK)
    return 0 if all(kept for _, _, kept in judged(rounds)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

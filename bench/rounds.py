"""The measurement itself: short interleaved rounds over all rows, each checked before, during and after."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench import wrk
from bench.figures import Sample
from bench.machine import Machine
from bench.processes import NotReadyError
from bench.rows import Row
from bench.servers import Server, start, wrong
from bench.upstreams import Upstreams

CONNECTIONS = 32


@dataclass
class Bench:
    """One run: the servers started, the samples taken, and the rows that failed with the reason."""

    machine: Machine
    upstreams: Upstreams
    seconds: int
    say: Callable[[str], None]
    servers: dict[str, Server] = field(default_factory=dict)
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def prepare(self, rows: Sequence[Row], root: Path, stack: ExitStack) -> None:
        """Start what the rows need, check every answer, and load each row once unmeasured."""
        for name in dict.fromkeys(row.server for row in rows):
            try:
                self.servers[name] = start(name, self.machine, self.upstreams.urls, root, stack)
            except NotReadyError as error:
                self.say(f"{name}: {error}")
        for row in rows:
            server = self.servers.get(row.server)
            fault = wrong(server, row) if server else "its server did not start"
            if fault:
                self._fail(row, fault)
            else:
                self._load(row, 1)

    def measure(self, rows: Sequence[Row], rounds: int) -> None:
        """Take one sample of every row per round; a row that fails once is out."""
        for number in range(1, rounds + 1):
            self.say(f"round {number} of {rounds}")
            for row in rows:
                if row.name not in self.failed:
                    self._sample(row)
        for row in rows:
            if row.name not in self.failed and (fault := wrong(self.servers[row.server], row)):
                self._fail(row, f"after the rounds: {fault}")

    def _sample(self, row: Row) -> None:
        process = self.servers[row.server].process
        asked, spent = self.upstreams.requests(), process.cpu()
        load = self._load(row, self.seconds)
        if load is None:
            return
        spent = process.cpu() - spent
        asked = self.upstreams.requests() - asked
        fault = load.faults or miscounted(asked, load.requests, row.calls)
        if fault:
            self._fail(row, fault)
            return
        cpu, p50, p99 = spent / load.requests, load.p50 / 1e6, load.p99 / 1e6
        sample = Sample(cpu, load.rate, p50, p99, spent / (load.microseconds / 1e6))
        self.samples.setdefault(row.name, []).append(sample)

    def _load(self, row: Row, seconds: int) -> wrk.Load | None:
        """Load the row; ``None``, and the row has failed, if the generator itself did."""
        url, machine = self.servers[row.server].url(row), self.machine
        try:
            return wrk.run(machine.wrk, machine.load_core, url, connections=CONNECTIONS, seconds=seconds)
        except wrk.UnreadableError as error:
            self._fail(row, f"wrk: {error}")
            return None

    def _fail(self, row: Row, fault: str) -> None:
        self.failed[row.name] = fault
        self.say(f"{row.name} failed: {fault}")


def miscounted(seen: int, requests: int, calls: int) -> str:
    """Whether *requests* that cause so many *calls* each explain what the upstreams saw; empty if they do.

    Requests under way when the load ends made calls, but no answer that counts. A server that skips calls (a
    cached, shared or degraded answer) is far off.
    """
    least, most = requests * calls, (requests + CONNECTIONS) * calls
    return (
        "" if least <= seen <= most else f"{requests} requests made {seen} upstream calls instead of {least}"
    )


def to_stderr(line: str) -> None:
    """Progress, apart from the table on stdout."""
    print(f"bench: {line}", file=sys.stderr, flush=True)

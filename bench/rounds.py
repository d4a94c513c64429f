"""The measurement itself: short interleaved rounds over all rows, each checked before, during and after."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench import wrk
from bench.figures import Round, Sample
from bench.machine import Machine
from bench.node import UnavailableError
from bench.processes import NotReadyError
from bench.rows import VERSUS, Row
from bench.servers import Server, environment, start, wrong
from bench.upstreams import Delayed, Upstreams

SLOW = 0.08
"""Seconds that the slow upstream takes: hang-up detection is armed after 0.05."""

GROUP = 7
"""Rows between two samples of bare."""

OFTEN = 3
"""Samples in each round of rows that a target depends on: what is near its limit needs a better median."""

RETAKES = 2
"""How often a sample that went wrong is taken again: a busy machine makes sound servers miss timeouts."""

RETAKES_IN_ALL = 10
"""In one run: a machine that needs more is too busy."""

SETTLED = 7.0
"""Seconds until then: a breaker that opened by mistake is closed again."""


@dataclass
class Bench:
    """One run: the servers started, the rounds taken, and the rows without figures with their reasons."""

    machine: Machine
    root: Path
    stack: ExitStack
    seconds: int
    say: Callable[[str], None]
    servers: dict[str, Server] = field(default_factory=dict)
    rounds: dict[str, list[Round]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    retaken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.upstreams = self.stack.enter_context(Upstreams(self.machine, self.root))
        self._slow = self.stack.enter_context(Delayed(self.machine, self.root, SLOW))

    def prepare(self, rows: Sequence[Row]) -> None:
        """Start what the rows need, check every answer, and load each row once unmeasured."""
        env = environment(self.upstreams.urls, self._slow.urls[0])
        for name in dict.fromkeys(row.server for row in rows):
            try:
                self.servers[name] = start(name, self.machine, env, self.root, self.stack)
            except NotReadyError as error:
                self.say(f"{name}: {error}")
            except UnavailableError as error:
                self.say(f"{name} is left out: {error}")
                self.left_out |= {row.name: str(error) for row in rows if row.server == name}
        for row in rows:
            if row.name in self.left_out:
                continue
            server = self.servers.get(row.server)
            fault = wrong(server, row) if server else "its server did not start"
            if fault:
                self._fail(row, fault)
            else:
                with suppress(wrk.UnreadableError):  # the samples will tell
                    self._load(row, 1)

    def measure(self, rows: Sequence[Row], rounds: int) -> None:
        """Take one sample of every row per round; a row that fails once is out. The first row is bare."""
        for number in range(1, rounds + 1):
            self.say(f"round {number} of {rounds}")
            self._round(number, rows[0], in_turn(rows[1:]))
        for row in rows:
            if self._running(row) and (fault := wrong(self.servers[row.server], row)):
                self._fail(row, f"after the rounds: {fault}")

    def _round(self, number: int, bare: Row, others: Sequence[Row]) -> None:
        """Every group of rows between two samples of bare, since machines change their speed."""
        before = self._bare(number, bare)
        for first in range(0, max(len(others), 1), GROUP):
            taken = [(row.name, self._sample(row)) for row in others[first : first + GROUP]]
            after = self._bare(number, bare) if taken else before
            if before is None or after is None:
                return
            mean = (before.cpu + after.cpu) / 2
            for name, sample in taken:
                if sample is not None:
                    self.rounds.setdefault(name, []).append(Round(sample, mean, number))
            before = after

    def _bare(self, number: int, row: Row) -> Sample | None:
        sample = self._sample(row)
        if sample is not None:
            self.rounds.setdefault(row.name, []).append(Round(sample, sample.cpu, number))
        return sample

    def _running(self, row: Row) -> bool:
        return row.name not in self.failed and row.name not in self.left_out

    def _sample(self, row: Row) -> Sample | None:
        """One sample of the row, if need be at the third try; ``None`` if it has failed."""
        for left in range(RETAKES, -1, -1):
            if not self._running(row):
                return None
            taken = self._taken(row)
            if isinstance(taken, Sample):
                return taken
            words = self.servers[row.server].process.last_words()
            if not left or len(self.retaken) >= RETAKES_IN_ALL:
                self._fail(row, taken + words)
                return None
            self.say(f"{row.name} is measured again: {taken}{words}")
            self.retaken.append(f"{row.label} ({taken})")
            time.sleep(SETTLED)
        return None

    def _taken(self, row: Row) -> Sample | str:
        """One sample of the row, or what was wrong with it."""
        process = self.servers[row.server].process
        asked, spent = self._requests(), process.cpu()
        try:
            load = self._load(row, self.seconds)
        except wrk.UnreadableError as error:
            return f"wrk: {error}"
        spent = process.cpu() - spent
        asked = self._requests() - asked
        fault = load.faults or miscounted(asked, load.requests, row.calls, row.connections)
        if fault:
            return fault
        cpu, p50, p99 = spent / load.requests, load.p50 / 1e6, load.p99 / 1e6
        return Sample(cpu, load.rate, p50, p99, spent / (load.microseconds / 1e6))

    def _requests(self) -> int:
        return self.upstreams.requests() + self._slow.seen().requests

    def _load(self, row: Row, seconds: int) -> wrk.Load:
        url, machine = self.servers[row.server].url(row.path), self.machine
        return wrk.run(machine.wrk, machine.load_core, url, connections=row.connections, seconds=seconds)

    def _fail(self, row: Row, fault: str) -> None:
        self.failed[row.name] = fault
        self.say(f"{row.name} failed: {fault}")


def in_turn(rows: Sequence[Row]) -> list[Row]:
    """The samples of one round: those that a target depends on come ``OFTEN``, as far apart as may be."""
    compared = {name for versus in VERSUS if versus.target for name in (versus.row, versus.against)}
    judged = [row for row in rows if row.target is not None or row.name in compared]
    others = [row for row in rows if row not in judged]
    size = -(-len(others) // OFTEN)
    return [row for part in range(OFTEN) for row in (*judged, *others[part * size : (part + 1) * size])]


def miscounted(seen: int, requests: int, calls: int | None, connections: int) -> str:
    """Whether *requests* that cause so many *calls* each explain what the upstreams saw; empty if they do.

    Requests under way when the load ends made calls, but no answer that counts. A server that skips calls (a
    cached, shared or degraded answer) is far off. ``None``: the row has no fixed number of calls.
    """
    if calls is None:
        return ""
    least, most = requests * calls, (requests + connections) * calls
    return (
        "" if least <= seen <= most else f"{requests} requests made {seen} upstream calls instead of {least}"
    )


def to_stderr(line: str) -> None:
    """Progress, apart from the table on stdout."""
    print(f"bench: {line}", file=sys.stderr, flush=True)

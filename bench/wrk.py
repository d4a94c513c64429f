"""Runs wrk, a closed-loop load generator: for throughput and cost at full load, not for latency claims."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import msgspec

from bench.processes import raise_file_limit

_SCRIPT = Path(__file__).with_name("wrk.lua")
_MARK = "bench "


class Load(msgspec.Struct, frozen=True):
    """What one run of a load generator saw. Times are in microseconds."""

    requests: int
    microseconds: int
    p50: int
    p99: int
    non_2xx: int
    socket_errors: int

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.requests / (self.microseconds / 1e6)

    @property
    def faults(self) -> str:
        """What went wrong, in words; empty if nothing did."""
        if not self.requests:
            return "no answer at all"
        counted = {"answers that were not 2xx": self.non_2xx, "socket errors": self.socket_errors}
        return ", ".join(f"{count} {what}" for what, count in counted.items() if count)


class UnreadableError(Exception):
    """wrk did not print its figures; the message is what it printed instead."""


def parsed(output: str) -> Load:
    """The figures in wrk's output. Raises ``UnreadableError``."""
    for line in output.splitlines():
        if line.startswith(_MARK):
            return msgspec.json.decode(line.removeprefix(_MARK), type=Load)
    raise UnreadableError(output.strip() or "wrk printed nothing")


def run(wrk: str, core: int, url: str, *, connections: int, seconds: int, patience: int = 2) -> Load:
    """Load *url* from *core* for whole *seconds*, over so many keep-alive connections, one request each.

    An answer that takes longer than *patience* seconds is a fault.
    """
    command = [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", f"--timeout={patience}s"]

    def prepared() -> None:
        os.sched_setaffinity(0, {core})
        raise_file_limit()

    finished = subprocess.run(
        [*command, "-s", str(_SCRIPT), url],
        capture_output=True,
        text=True,
        timeout=seconds + patience + 30,
        check=False,
        preexec_fn=prepared,
    )
    return parsed(finished.stdout + finished.stderr)

"""Starts pinned processes, reads the CPU time they spent, and leaves none behind."""

from __future__ import annotations

import ctypes
import os
import random
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

READY_WITHIN = 20.0
"""Seconds that a process gets until it accepts connections."""

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class NotReadyError(Exception):
    """A process did not start to serve; the message ends with the last lines it wrote."""


def raise_file_limit() -> int:
    """Lift the soft limit of open files of this process to the hard one; returns it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def free_port() -> int:
    """A loopback port that nobody uses now. If somebody takes it before we do, the start fails visibly."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def lasting_port() -> int:
    """A loopback port that nobody uses now, and that no outgoing connection will take for its own end.

    For servers that come and go: while one is away, the port of ``free_port`` can become somebody's.
    """
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in random.sample(range(10_000, lowest), 100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    return free_port()


class Process:
    """A child process pinned to one core, with its output in a file. A context manager: leaving stops it."""

    def __init__(
        self, command: Sequence[str], core: int, log: Path, env: Mapping[str, str] | None = None
    ) -> None:
        self.log = log

        def pinned() -> None:
            os.sched_setaffinity(0, {core})
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)  # even a killed bench leaves nothing running

        with log.open("wb") as output:
            # A session of its own: Ctrl-C reaches the bench only, which then stops its children in order.
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=_environment(env or {}),
                preexec_fn=pinned,  # noqa: PLW1509 - this program has no threads
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    def cpu(self) -> float:
        """CPU seconds (user and system, all threads, also ended ones) spent so far; resolution 1 ns."""
        return time.clock_gettime(cpu_clock(self.pid))

    def memory(self) -> tuple[int, int]:
        """Resident bytes now, and the most there ever were."""
        fields = dict(
            line.split(":", 1) for line in Path(f"/proc/{self.pid}/status").read_text().splitlines()
        )
        now, most = (int(fields[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))
        return now, most

    def wait_until_it_listens(self, port: int) -> None:
        """Return when *port* accepts connections. Raises ``NotReadyError``."""
        end = time.monotonic() + READY_WITHIN
        while time.monotonic() < end:
            if self._child.poll() is not None:
                raise NotReadyError(f"ended with status {self._child.returncode}{self.last_words()}")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.02)
        raise NotReadyError(f"not ready after {READY_WITHIN:.0f} s{self.last_words()}")

    def last_words(self, lines: int = 6) -> str:
        """The end of what the process wrote, for a message; empty if it wrote nothing."""
        text = self.log.read_text(errors="replace").strip().splitlines()[-lines:]
        return ":\n    " + "\n    ".join(text) if text else ""

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._child.poll() is None

    def end(self) -> None:
        """Ask the process to end, and do not wait for it."""
        if self.running:
            self._child.terminate()

    def wait(self, seconds: float) -> None:
        """Let the process end by itself; after *seconds* it is stopped."""
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.stop()

    def stop(self) -> None:
        """Ask the process to end, insist after five seconds. Idempotent."""
        if self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(5)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def cpu_clock(pid: int) -> int:
    """The id of another process's CPU clock, as ``clock_getcpuclockid(3)`` computes it on Linux."""
    return (~pid << 3) | 2


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Ours without proxies: the peers' clients would send loopback calls through them."""
    own = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return own | dict(extra)

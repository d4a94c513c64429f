"""``python -m bench.faults.leaks``: 100,000 attempt timeouts and 1,000,000 refused calls leave nothing.

The gateway runs in this process as an ASGI application, with real connections to an upstream that takes
every call and never answers. Open files, tasks, objects and resident memory are counted before and after;
limits are those of scenarios M1 and M2. Exit status 1 if one is exceeded.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop

from bench.machine import MissingError, described, two_cores
from bench.processes import Process, lasting_port, raise_file_limit
from bench.table import Markers, aligned, verdict, write
from gateway.app import Gateway

TIMEOUTS, REFUSALS = 100_000, 1_000_000
CONCURRENCY = 50
WARM_UP = 5_000
"""Calls before the first count: what is allocated once is no leak."""

OTHERS = 0.2
"""Calls that may end otherwise, per call that ends as meant: a busy machine may not connect in time."""

MORE_FILES, MORE_TASKS, MORE_BYTES, QUICK = 5, 2, 20e6, 0.1
"""Scenario M1: what may be there after 100,000 timeouts, and seconds that the next request may take."""
MORE_BYTES_REFUSED = 2e6
"""Scenario M2."""

LEAKS = Markers("<!-- leaks: begin, written by make soak -->", "<!-- leaks: end -->")

_ROOT = Path(__file__).parents[2]
_PAGE = _ROOT / "docs" / "faults.md"


@dataclass(frozen=True)
class Held:
    """What this process holds: resident bytes, and numbers of the rest."""

    files: int
    tasks: int
    objects: int
    memory: int

    @classmethod
    async def now(cls) -> Held:
        """After all that is on its way has gone."""
        await asyncio.sleep(0.5)
        gc.collect()
        fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
        return cls(
            files=sum(1 for _ in Path("/proc/self/fd").iterdir()),
            tasks=len(asyncio.all_tasks()),
            objects=len(gc.get_objects()),
            memory=int(fields["VmRSS"].split()[0]) * 1024,
        )


@dataclass(frozen=True)
class Left:
    """One part of the proof: so many *calls* took *seconds*, and what was held before and after.

    ``more_memory`` are the bytes that may be held more, ``next_took`` the seconds of a healthy call after it.
    """

    what: str
    calls: int
    before: Held
    after: Held
    seconds: float
    next_took: float
    more_memory: float

    @property
    def kept(self) -> bool:
        """Whether nothing was left behind."""
        return (
            self.after.files <= self.before.files + MORE_FILES
            and self.after.tasks <= self.before.tasks + MORE_TASKS
            and self.after.memory <= self.before.memory + self.more_memory
            and self.next_took < QUICK
        )


class Client:
    """Makes requests to an ASGI application, one after the other, with as little of its own as possible."""

    def __init__(self, app: Callable[..., Awaitable[None]], path: str) -> None:
        self._app = app
        self._scope = {
            "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "root_path": "",
            "query_string": b"", "headers": [(b"host", b"bench")], "client": ("127.0.0.1", 1),
        }  # fmt: skip
        self._status = 0
        self._gone = asyncio.get_running_loop().create_future()

    async def status(self) -> int:
        """Make a request."""
        await self._app(dict(self._scope), self._receive, self._send)
        return self._status

    async def _receive(self) -> MutableMapping[str, Any]:
        await self._gone
        return {"type": "http.disconnect"}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]


def config(hanging: int, well: int, *, breaker: Any, timeout: str) -> dict[str, Any]:
    """Two upstreams on these ports, a route with a call to each; *breaker* and *timeout* are the first's."""
    bare = {"retry": "off", "breaker": "off"}
    steps = {name: {"call": {"get": f"{name}/part/1"}} for name in ("hanging", "well")}
    return {
        "version": 1,
        "server": {"access_log": "off"},  # a line for each of a million refusals would be measured too
        "upstreams": {
            "hanging": bare | {"url": _url(hanging), "timeout": timeout, "breaker": breaker},
            "well": bare | {"url": _url(well)},
        },
        "routes": {f"GET /{name}": {"steps": step} for name, step in steps.items()},
    }


@dataclass(frozen=True)
class Proof:
    """So many *calls* that end with this *status*, at an upstream with this *breaker*."""

    what: str
    calls: int
    status: int
    breaker: Any
    timeout: str
    more_memory: float

    async def carried_out(self, root: Path, ports: tuple[int, int], warm_up: int) -> Left:
        """Count, call, count. Raises ``RuntimeError`` if too many calls end otherwise."""
        path = root / f"{self.status}.yaml"
        path.write_text(json.dumps(config(*ports, breaker=self.breaker, timeout=self.timeout)))
        async with Gateway(path) as gateway:
            await _asked(gateway, warm_up, self.status)
            await _well(gateway)
            before, began = await Held.now(), time.monotonic()
            answers = await _asked(gateway, self.calls, self.status)
            seconds = time.monotonic() - began
            if answers.total() - answers[self.status] > OTHERS * self.calls:
                raise RuntimeError(f"not what was meant: {dict(answers)} by status")
            after, began = await Held.now(), time.monotonic()
            await _well(gateway)
            took = time.monotonic() - began
        return Left(self.what, self.calls, before, after, seconds, took, self.more_memory)


def proofs(timed_out: int, refused: int, timeout: str) -> list[Proof]:
    """Attempts that end at their timeout, each of which costs its connection; calls refused by a circuit."""
    open_long = {"open_for": "1h", "max_open_for": "2h"}
    return [
        Proof("attempt timeouts", timed_out, 504, "off", timeout, MORE_BYTES),
        Proof("refused calls", refused, 503, open_long, timeout, MORE_BYTES_REFUSED),
    ]


async def _well(gateway: Gateway) -> None:
    status = await Client(gateway, "/well").status()
    if status != 200:
        raise RuntimeError(f"the upstream that is well: status {status}")


async def _asked(gateway: Gateway, calls: int, status: int) -> Counter[int]:
    """Ask, some at a time, until so many had this *status*; how many had which."""
    answers: Counter[int] = Counter()

    async def some() -> None:
        client = Client(gateway, "/hanging")
        while answers[status] < calls and answers.total() <= 2 * calls:
            answers[await client.status()] += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(CONCURRENCY):
            group.create_task(some())
    return answers


def report(found: Sequence[Left]) -> str:
    """One line per part."""
    rows = [
        [
            f"{each.calls:,} {each.what}",
            f"{each.before.files} → {each.after.files}",
            f"{each.before.tasks} → {each.after.tasks}",
            f"{each.before.objects:,} → {each.after.objects:,}",
            f"{each.before.memory / 1e6:.1f} → {each.after.memory / 1e6:.1f} MB",
            f"{each.next_took * 1e3:.1f} ms",
            f"{each.seconds:.0f} s",
            verdict(each.kept),
        ]
        for each in found
    ]
    columns = ("what", "open files", "tasks", "objects", "resident", "next request", "took", "")
    return aligned(columns, rows)


async def run(proofs: Sequence[Proof], warm_up: int) -> list[Left]:
    """All *proofs*, after so many calls to warm up."""
    load_core, own_core = two_cores()
    os.sched_setaffinity(0, {own_core})
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leaks-")))
        ports = (_upstream(stack, load_core, root, "inf"), _upstream(stack, load_core, root, "0"))
        return [await each.carried_out(root, ports, warm_up) for each in proofs]


def _upstream(stack: ExitStack, core: int, root: Path, delay: str) -> int:
    port = lasting_port()
    command = [sys.executable, "-m", "bench.delayed", str(port), delay]
    process = stack.enter_context(Process(command, core, root / f"{port}.log", {"PYTHONPATH": str(_ROOT)}))
    process.wait_until_it_listens(port)
    return port


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.faults.leaks", description="Counts what many failures leave behind."
    )
    parser.add_argument("--timeouts", type=int, default=TIMEOUTS)
    parser.add_argument("--refusals", type=int, default=REFUSALS)
    parser.add_argument("--warm-up", type=int, default=WARM_UP)
    parser.add_argument("--timeout", default="20ms", help="of an attempt (default 20ms)")
    chose = parser.parse_args(arguments)
    raise_file_limit()
    try:
        found = uvloop.run(run(proofs(chose.timeouts, chose.refusals, chose.timeout), chose.warm_up))
    except MissingError as error:
        print(error, file=sys.stderr)
        return 2
    text = f"{report(found)}\n\nMeasured {datetime.now(UTC):%Y-%m-%d}; {described()}."
    print(text)
    if chose.timeouts >= TIMEOUTS and chose.refusals >= REFUSALS:
        write(_PAGE, text, LEAKS)
    return 0 if all(each.kept for each in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""``python -m bench.coldstart``: how long the first requests take that meet a function nobody has called.

A local Lambda (``services.mock functions``) in a process of its own, whose environments take 0.8 s to start;
a gateway that is opened anew for every sample, with and without ``prewarm``; then one request, or twenty at
once. ``--keep`` writes table and picture into docs/sources.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

import httpx
import uvloop

from bench.coldstart_plot import svg
from bench.processes import free_port
from bench.table import Markers, aligned, write
from gateway import Gateway
from services.mock.lambda_endpoint import KEY

START: Final = 0.8
"""Seconds that an environment takes to start: the middle of what is told of Python functions."""

SAMPLES: Final = 8

_PAGE: Final = Path(__file__).parent.parent / "docs" / "sources" / "lambda.md"
_MARKERS: Final = Markers("<!-- coldstart: begin -->", "<!-- coldstart: end -->")
_CONFIG: Final = """
upstreams:
  score:
    url: "{url}"
    auth:
      type: aws_iam
      region: eu-west-1
      credentials: {{ access_key_id: {key}, secret_access_key: {secret} }}
    timeout: 500ms
    cold_timeout: 8s
    {prewarm}
routes:
  GET /score/{{id:int}}:
    time_limit: 10s
    steps:
      score: {{ get: "score/score/{{id}}", retry: off }}
"""


@dataclass(frozen=True)
class Case:
    """So many requests at once, with or without environments for them; all latencies in seconds."""

    at_once: int
    prewarmed: bool
    seconds: tuple[float, ...] = ()

    @property
    def label(self) -> str:
        """``20 at once, prewarm``."""
        return f"{self.at_once} at once, {'prewarm' if self.prewarmed else 'no prewarm'}"


CASES: Final = tuple(Case(at_once, prewarmed) for at_once in (1, 20) for prewarmed in (False, True))


@contextmanager
def _functions() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "services.mock", "functions", "--port", str(port)]
    with subprocess.Popen(command) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _await(url)
            yield url
        finally:
            process.terminate()


def _await(url: str) -> None:
    for _ in range(1000):
        try:
            httpx.put(f"{url}/__lambda", json={"cold_start": START}, trust_env=False).raise_for_status()
        except httpx.ConnectError:
            time.sleep(0.01)
        else:
            return


def _forget(url: str) -> None:
    httpx.delete(f"{url}/__lambda", trust_env=False).raise_for_status()


async def sample(case: Case, url: str, folder: str, forget: Callable[[], object]) -> list[float]:
    """Seconds that each of a case's first requests takes, once *forget* has ended all environments."""
    forget()
    prewarm = f"prewarm: {{ concurrency: {case.at_once}, hold: 250-400ms, wait: 5s, every: off }}"
    path = Path(folder, "gateway.yaml")
    said = prewarm if case.prewarmed else ""
    path.write_text(_CONFIG.format(url=url, key=KEY.access_key, secret=KEY.secret_key, prewarm=said))
    async with Gateway(path) as gateway:
        transport = httpx.ASGITransport(gateway)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:

            async def first(number: int) -> float:
                began = time.perf_counter()
                (await client.get(f"/score/{number}")).raise_for_status()
                return time.perf_counter() - began

            return list(await asyncio.gather(*map(first, range(case.at_once))))


async def measured(url: str, folder: str, samples: int) -> list[Case]:
    """Every case, the samples of all taking turns."""
    seen: dict[Case, list[float]] = {case: [] for case in CASES}
    for _ in range(samples):
        for case, seconds in seen.items():
            seconds.extend(await sample(case, url, folder, partial(_forget, url)))
    return [Case(case.at_once, case.prewarmed, tuple(sorted(each))) for case, each in seen.items()]


def table(found: list[Case]) -> str:
    """Fastest, middle and slowest of each case, in milliseconds."""
    rows = []
    for case in found:
        told = case.seconds[0], median(case.seconds), case.seconds[-1]
        rows.append((case.label, *(f"{each * 1000:.0f}" for each in told)))
    return aligned(("first requests, ms", "fastest", "median", "slowest"), rows)


def main() -> None:
    """Measure, print, and keep it if asked to."""
    parser = argparse.ArgumentParser(prog="python -m bench.coldstart")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="gateways per case")
    parser.add_argument("--keep", action="store_true", help="write table and picture into docs/sources")
    chose = parser.parse_args()
    runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    with _functions() as url, tempfile.TemporaryDirectory() as folder, runner:
        found = runner.run(measured(url, folder, chose.samples))
    print(table(found))
    if chose.keep:
        write(_PAGE, table(found), _MARKERS)
        _PAGE.with_name("coldstart.svg").write_text(svg([(case.label, case.seconds) for case in found]))


if __name__ == "__main__":
    main()

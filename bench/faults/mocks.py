"""The three mock services, each a process of its own, with their faults and their counts of requests."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from bench.faults.scenarios import SERVICES, Act, Deed
from bench.processes import NotReadyError, Process, lasting_port

HOST = "127.0.0.1"
READY_WITHIN = 20.0
_ROOT = Path(__file__).parents[2]
_VARIABLES = dict(zip(SERVICES, ("USERS_URL", "ORDERS_URL", "RECS_URL"), strict=True))


async def listening(process: Process, port: int) -> None:
    """Return when *process* accepts connections on *port*. Raises ``NotReadyError``."""
    loop = asyncio.get_running_loop()
    end = loop.time() + READY_WITHIN
    while loop.time() < end:
        if not process.running:
            raise NotReadyError(f"a process ended early{process.last_words()}")
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            return
    raise NotReadyError(f"not ready after {READY_WITHIN:.0f} s{process.last_words()}")


async def ended(process: Process) -> None:
    """Ask *process* to end and return when it has; after five seconds it is killed."""
    process.end()
    for _ in range(500):
        if not process.running:
            break
        await asyncio.sleep(0.01)
    process.stop()


class Mocks:
    """All three services on ports that stay the same. An async context manager."""

    def __init__(self, core: int, root: Path) -> None:
        self._core = core
        self._root = root
        self._ports = {service: lasting_port() for service in SERVICES}
        self._running: dict[str, Process] = {}
        self._stack = ExitStack()
        # No kept connections: a service that is stopped would take them along.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.AsyncClient(trust_env=False, timeout=10, limits=limits)

    @property
    def environment(self) -> dict[str, str]:
        """What servers under test are told of them."""
        return {_VARIABLES[service]: self._url(service) for service in SERVICES}

    async def do(self, act: Act) -> None:
        """Carry out *act*; a service that is started listens when this returns."""
        await asyncio.gather(*(self._do(act, service) for service in act.services))

    async def restore(self) -> None:
        """All are running, well, and have forgotten what was."""
        await asyncio.gather(*(self._start(service) for service in SERVICES))
        await asyncio.gather(*(self._control("DELETE", service, "faults") for service in SERVICES))
        await self.count_anew()

    async def count_anew(self) -> dict[str, float]:
        """Forget the requests so far; when each service did (``time.monotonic``)."""
        services = list(self._running)
        return dict(zip(services, await asyncio.gather(*map(self._count_anew, services)), strict=True))

    async def _count_anew(self, service: str) -> float:
        asked = time.monotonic()
        await self._control("DELETE", service, "stats")
        return (asked + time.monotonic()) / 2

    async def stats(self) -> dict[str, dict[str, Any]]:
        """What each service shows of itself; zeros of one that does not run."""
        found = {}
        for service in SERVICES:
            if service in self._running:
                found[service] = (await self._control("GET", service, "stats")).json()
            else:
                found[service] = {"hits": 0, "in_flight": 0, "closed_by_client": 0}
        return found

    async def _do(self, act: Act, service: str) -> None:
        match act.deed:
            case Deed.FAULT:
                await self._control("PUT", service, "faults", act.fault)
            case Deed.CLEAR:
                await self._control("DELETE", service, "faults")
            case Deed.STOP:
                await ended(self._running.pop(service))
            case Deed.START:
                await self._start(service)

    async def _start(self, service: str) -> None:
        if service in self._running:
            return
        port = self._ports[service]
        command = [sys.executable, "-m", "services.mock", service, "--port", str(port)]
        log = self._root / f"{service}-{port}.log"
        process = Process(command, self._core, log, {"PYTHONPATH": str(_ROOT)})
        self._stack.callback(process.stop)
        await listening(process, port)
        self._running[service] = process

    async def _control(
        self, method: str, service: str, what: str, fault: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        answer = await self._client.request(method, f"{self._url(service)}/__{what}", json=fault)
        return answer.raise_for_status()

    def _url(self, service: str) -> str:
        return f"http://{HOST}:{self._ports[service]}"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._stack.close()
        await self._client.aclose()

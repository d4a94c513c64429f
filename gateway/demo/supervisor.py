"""Starts the parts of the demo in order, watches them, and stops them however it ends itself.

Rules of the file:
1. The gateway, and with it the public port, starts only after every service has answered with real data.
2. While starting, a service's or the gateway's death ends the demo, a database's does not: there are systems
   on which it cannot run. Later only the gateway's does: a part that is stopped on purpose is what the demo
   is about.
3. Stopping goes the other way: the gateway first, so that it never sees its upstreams vanish.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gateway.demo.child import Child
from gateway.demo.embedded import SERVERS
from gateway.demo.guide import url, welcome
from gateway.demo.ports import HOST
from gateway.demo.probe import answers, listens
from gateway.demo.screen import Screen
from gateway.telemetry.log_setup import VARIABLE as LOGS_VARIABLE
from services.mock.addresses import SAMPLES

START_LIMIT: Final = 30.0
"""Seconds until a part must have answered; a cold start on a slow machine takes about 5."""

LOOK_EVERY: Final = 0.05
"""Seconds between two looks whether a part answers."""

GATEWAY_GRACE: Final = 12.0
"""Seconds; the gateway gives its own requests 10 (``gateway.serve.GRACE``)."""

SERVICE_GRACE: Final = 3.0

UPSTREAM_VARIABLES: Final = {
    "users": "USERS_URL",
    "orders": "ORDERS_URL",
    "recommendations": "RECS_URL",
    "functions": "SCORE_URL",
}
"""The variables by which ``config/gateway.yaml`` finds the services."""


class DemoError(Exception):
    """The demo cannot go on; the message says why."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What to run.

    *ports* by part: gateway, admin and each service; *gateway* is a module and its arguments; *databases* are
    the ports of those that the demo starts itself.
    """

    ports: Mapping[str, int]
    config: Path
    gateway: Sequence[str]
    databases: Mapping[str, int] = field(default_factory=dict)

    @property
    def services(self) -> list[str]:
        """The names of the services."""
        return [name for name in self.ports if name in SAMPLES]

    @property
    def urls(self) -> dict[str, str]:
        """Where the gateway finds each service and each database, by the variable that tells it."""
        services = {UPSTREAM_VARIABLES[name]: url(self.ports[name]) for name in self.services}
        databases = {SERVERS[name].variable: SERVERS[name].url(port) for name, port in self.databases.items()}
        return services | databases

    def service_module(self, name: str) -> tuple[str, ...]:
        """What ``python -m`` needs to run that service or database."""
        if name in self.databases:
            return SERVERS[name].run_module(self.databases[name])
        return ("services.mock", name, "--port", str(self.ports[name]))

    @property
    def gateway_module(self) -> tuple[str, ...]:
        """What ``python -m`` needs to run the gateway."""
        public, admin = str(self.ports["gateway"]), str(self.ports["admin"])
        listeners = ("--host", HOST, "--port", public, "--admin-port", admin)
        return (*self.gateway, str(self.config), *listeners, "--docs", "public")


class Supervisor:
    """One run of the demo."""

    def __init__(self, setup: Setup, screen: Screen) -> None:
        self._setup = setup
        self._screen = screen
        self._children: dict[str, Child] = {}
        self._stopping = False

    async def run(self) -> int:
        """Run until a signal (0) or until the demo cannot go on (1); every child is gone then."""
        # The writing end stays here, not inheritable, and closes with this process: see tether.py.
        tether, held = os.pipe()
        work = asyncio.create_task(self._work(tether))
        self._listen(work)
        try:
            await work
        except asyncio.CancelledError:
            self._screen.say("stopping")
        except DemoError as error:
            self._screen.complain(str(error))
            return 1
        finally:
            self._stopping = True
            await self._stop()
            os.close(tether)
            os.close(held)
        return 0

    def _listen(self, work: asyncio.Task[None]) -> None:
        def told_to_stop() -> None:
            if self._stopping:
                for child in self._children.values():
                    child.kill()
            self._stopping = True
            work.cancel()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # `nohup gateway demo &` means what it says
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, told_to_stop)

    async def _work(self, tether: int) -> None:
        setup = self._setup
        for name in (*setup.services, *setup.databases):
            await self._start(name, setup.service_module(name), tether)
        for name in setup.services:
            await self._answered(name, setup.ports[name], SAMPLES[name])
        for name, port in setup.databases.items():
            await self._listens(name, port)
        await self._start("gateway", setup.gateway_module, tether)
        await self._answered("gateway", setup.ports["gateway"], "/health/ready")
        pids = {name: child.pid for name, child in self._children.items()}
        databases = {name: SERVERS[name].url(port) for name, port in setup.databases.items() if name in pids}
        welcome(self._screen, setup.ports, pids, setup.config, databases)
        await self._watch()

    async def _start(self, name: str, module: Sequence[str], tether: int) -> None:
        environment = self._setup.urls
        environment[LOGS_VARIABLE] = os.environ.get(LOGS_VARIABLE) or "text"  # a person reads what is relayed
        self._children[name] = await Child.start(name, module, tether, environment, self._screen.relay)

    async def _answered(self, name: str, port: int, path: str) -> None:
        child = self._children[name]
        try:
            async with asyncio.timeout(START_LIMIT):
                while not await answers(HOST, port, path):
                    if child.ended.done():
                        raise DemoError(await child.obituary())
                    await asyncio.sleep(LOOK_EVERY)
        except TimeoutError:
            raise DemoError(f"{name} did not answer {url(port, path)} within {START_LIMIT:g} s") from None

    async def _listens(self, name: str, port: int) -> None:
        """Wait until the database takes connections; the demo goes on without one that ended."""
        child = self._children[name]
        try:
            async with asyncio.timeout(START_LIMIT):
                while not child.ended.done():
                    if await listens(HOST, port):
                        return
                    await asyncio.sleep(LOOK_EVERY)
            trouble = await child.obituary()
        except TimeoutError:
            trouble = f"{name} took no connection within {START_LIMIT:g} s"
            await child.stop(SERVICE_GRACE)
        del self._children[name]
        self._screen.complain(trouble)
        self._screen.say(SERVERS[name].absence)

    async def _watch(self) -> None:
        """Until the gateway ends; tell of services that end."""
        living = {child.ended: name for name, child in self._children.items()}
        while True:
            done, _ = await asyncio.wait(living, return_when=asyncio.FIRST_COMPLETED)
            for name in [living.pop(each) for each in list(living) if each in done]:
                obituary = await self._children[name].obituary()
                if name == "gateway":
                    raise DemoError(obituary)
                command = shlex.join((sys.executable, "-m", *self._setup.service_module(name)))
                self._screen.complain(obituary)
                self._screen.say(f"The gateway goes on without {name}. To bring it back: {command}")

    async def _stop(self) -> None:
        if gateway := self._children.get("gateway"):
            await gateway.stop(GATEWAY_GRACE)
        services = (child for name, child in self._children.items() if name != "gateway")
        await asyncio.gather(*(child.stop(SERVICE_GRACE) for child in services))

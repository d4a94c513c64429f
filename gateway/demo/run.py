"""Puts the demo together: which ports, which configuration, and whether it can start at all."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from gateway.demo.embedded import wanted
from gateway.demo.ports import PORTS_VARIABLE, free_port, trouble_with
from gateway.demo.screen import Screen
from gateway.demo.supervisor import Setup, Supervisor
from services.mock.addresses import PORTS

GATEWAY: Final = ("gateway", "run")

CONFIG: Final = Path(__file__).with_name("gateway.yaml")


def run_demo(
    port: int = 8080,
    admin_port: int = 9901,
    service_ports: Mapping[str, int] | None = None,
    gateway: Sequence[str] = GATEWAY,
    environ: Mapping[str, str] = os.environ,
    *,
    databases: bool = True,
) -> int:
    """Run the demo until SIGINT, SIGTERM or SIGHUP.

    Returns the exit code: 0, or 1 if the demo cannot start or go on. Port 0 takes a free one.
    *service_ports* by service name: by default what ``DEMO_SERVICE_PORTS`` says, else 9101 to 9104.
    *gateway*: the module, with arguments, that is run as the gateway; it gets
    ``CONFIG --host H --port P --admin-port P --docs public`` as well. *databases*: start a PostgreSQL and a
    Valkey besides, each unless the environment names a real one.
    """
    screen = Screen(sys.stdout, environ)
    try:
        services = _service_ports(environ) if service_ports is None else service_ports
    except ValueError:
        screen.complain(f"{PORTS_VARIABLE} must be {len(PORTS)} ports with commas between: 19101,19102,…")
        return 1
    ports = {"gateway": port or free_port(), "admin": admin_port or free_port(), **services}
    if troubles := trouble_with(ports):
        for trouble in troubles:
            screen.complain(trouble)
        screen.say("Nothing was started.")
        return 1
    servers: dict[str, int] = {}
    for server in wanted(environ) if databases else ():
        if server.program() is None:
            screen.complain(server.absence)
        else:
            servers[server.name] = free_port()
    setup = Setup(ports, CONFIG.resolve(), gateway, servers)
    try:
        return asyncio.run(Supervisor(setup, screen).run())
    except KeyboardInterrupt:  # before the supervisor listens to signals, so before it started anything
        return 0


def _service_ports(environ: Mapping[str, str]) -> dict[str, int]:
    given = environ.get(PORTS_VARIABLE)
    if not given:
        return dict(PORTS)
    return dict(zip(PORTS, map(int, given.split(",")), strict=True))

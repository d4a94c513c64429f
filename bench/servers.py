"""How each server under test is started, and whether what it answers is right."""

from __future__ import annotations

import http.client
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench import configs, node
from bench.machine import Machine, compiled
from bench.processes import NotReadyError, Process, free_port
from bench.rows import Row

HOST = "127.0.0.1"
_ROOT = Path(__file__).parent.parent
_CONFIG = Path(__file__).with_name("gateway.yaml")
_INTERPRETED = ("interpreted", "asgi", "unwatched")
"""Servers that are the gateway as it is written, also where it is compiled."""


@dataclass(frozen=True)
class Server:
    """A running server under test."""

    process: Process
    port: int

    def url(self, path: str) -> str:
        """The address of *path*."""
        return f"http://{HOST}:{self.port}{path}"


def environment(addresses: Sequence[str], slow: str) -> dict[str, str]:
    """What servers are told of their upstreams: the three *addresses*, and the *slow* one."""
    users, orders, recs = addresses
    named = {"BENCH_USERS": users, "BENCH_ORDERS": orders, "BENCH_RECS": recs, "BENCH_SLOW": slow}
    path = os.pathsep.join([*map(str, compiled()), str(_ROOT)])
    return named | {"BENCH_UPSTREAMS": " ".join(addresses), "PYTHONPATH": path}


def start(name: str, machine: Machine, env: Mapping[str, str], root: Path, stack: ExitStack) -> Server:
    """Start the server of that name; *stack* stops it.

    Raises ``NotReadyError``, and ``UnavailableError`` if this machine does not have what the server needs.
    """
    port = free_port()
    command = _command(name, port, root)
    if name.startswith(_INTERPRETED):
        env = {**env, "PYTHONPATH": str(_ROOT)}
    if "traced" in name:
        env = {**env, "OTEL_EXPORTER_OTLP_ENDPOINT": _collector(machine, root, stack)}
    process = stack.enter_context(Process(command, machine.server_core, root / f"{name}-{port}.log", env))
    process.wait_until_it_listens(port)
    return Server(process, port)


def _collector(machine: Machine, root: Path, stack: ExitStack) -> str:
    """The address of somebody who takes traces (``bench.collector``), beside the load generator."""
    port = free_port()
    command = [sys.executable, "-m", "bench.collector", str(port)]
    env = {"PYTHONPATH": str(_ROOT)}
    process = stack.enter_context(Process(command, machine.load_core, root / f"collector-{port}.log", env))
    process.wait_until_it_listens(port)
    return f"http://{HOST}:{port}"


def wrong(server: Server, row: Row) -> str:
    """What is wrong with the server's answer to *row*, in words; empty if it is right and complete."""
    connection = http.client.HTTPConnection(HOST, server.port, timeout=5)
    try:
        connection.request("GET", row.path)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        return f"no answer ({error!r}){server.process.last_words()}"
    finally:
        connection.close()
    if answer.status != 200:
        return f"status {answer.status}: {body[:200].decode(errors='replace')}"
    return mismatch(body, row)


def mismatch(body: bytes, row: Row) -> str:
    """How *body* differs from the answer expected of *row*, in words; empty if it does not."""
    try:
        decoded = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        return f"the answer is not JSON ({error})"
    return (
        "" if decoded == row.expected else f"not the expected answer: {body[:200].decode(errors='replace')}"
    )


def _command(name: str, port: int, root: Path) -> list[str]:
    match name.split("-"):
        case ["gateway"]:
            return _gateway(_CONFIG, port)
        case ["gateway", "routes", count]:
            return _gateway(configs.with_routes(int(count), root), port)
        case ["gateway", "with", *layer]:
            return _gateway(configs.with_layer("-".join(layer), root), port)
        case ["gateway", "memory"]:
            return _gateway(configs.with_slots(configs.MEMORY_SLOTS, root), port)
        case ["interpreted"]:
            return _gateway(_CONFIG, port)
        case ["asgi" | "unwatched" | "unmetered"]:
            return [sys.executable, "-m", f"bench.{name}", "run", str(_CONFIG), *_ports(port)]
        case ["floor"]:
            return [sys.executable, "-m", "bench.peers.floor", str(port)]
        case ["node"]:
            return [*node.installed(root), str(port)]
        case _:
            return _uvicorn(f"bench.peers.{name}:app", port)


def _gateway(config: Path, port: int) -> list[str]:
    command = Path(sys.executable).with_name("gateway")
    if not command.exists():
        raise NotReadyError(f"the command gateway is not installed beside {Path(sys.executable).name}")
    return [str(command), "run", str(config), *_ports(port)]


def _ports(port: int) -> list[str]:
    return ["--host", HOST, "--port", str(port), "--admin-port", str(free_port())]


def _uvicorn(app: str, port: int) -> list[str]:
    """Run uvicorn as the gateway runs it: uvloop, httptools, no access log."""
    served = [sys.executable, "-m", "uvicorn", app, "--host", HOST, "--port", str(port)]
    return [*served, "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]

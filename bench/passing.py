"""What passing 1 MB on costs beside nginx on the same core, and when the first part of a stream is out.

    python -m bench.passing

The same upstream (an nginx worker), the same load, the servers by turns. CPU time per request is what counts:
a machine that is busy with something else changes the rate, and much less what a request takes.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import uvloop

from bench import wrk
from bench.machine import Machine, MissingError
from bench.processes import Process, free_port

TARGET: Final = 0.5
"""Of nginx's throughput for the same body on the same core."""

FIRST_PART: Final = 0.005
"""Seconds from a part's arrival to the client's first byte of it."""

SIZE: Final = 2**20
ROUNDS: Final = 3
SECONDS: Final = 4
_ROOT: Final = Path(__file__).parent.parent

_NGINX: Final = """
daemon off; master_process off; pid {root}/{name}.pid; error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; sendfile on;
  client_body_temp_path {root}/t1; proxy_temp_path {root}/t2; fastcgi_temp_path {root}/t3;
  uwsgi_temp_path {root}/t4; scgi_temp_path {root}/t5;
  upstream files {{ server 127.0.0.1:{upstream}; keepalive 64; keepalive_requests 1000000000; }}
  server {{ listen 127.0.0.1:{port}; {does} }}
}}
"""
_PASSES: Final = """location /f/ {
  proxy_pass http://files/; proxy_http_version 1.1; proxy_set_header Connection "";
  proxy_max_temp_file_size 0;
}"""
_GATEWAY: Final = """
upstreams: {{ files: {{ url: "http://127.0.0.1:{upstream}" }} }}
routes:
  GET /f/{{rest:path}}: {{ proxy: "files/{{rest}}" }}
"""
_STREAM: Final = """
upstreams: {{ parts: {{ url: "http://127.0.0.1:{upstream}", retry: off }} }}
routes:
  GET /stream:
    mode: stream
    steps: {{ fast: {{ get: parts/fast }}, slow: {{ get: parts/slow }} }}
"""


def main() -> None:
    """Measure, and print what came of it."""
    try:
        machine = Machine.examined()
    except MissingError as error:
        sys.exit(str(error))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        _pass_on(machine, Path(folder), stack)
        print(f"\nfirst part out: {_first_part(machine, Path(folder), stack) * 1000:.2f} ms (target: 5 ms)")


def _pass_on(machine: Machine, root: Path, stack: ExitStack) -> None:
    (root / "body").write_bytes(b"x" * SIZE)
    upstream = free_port()
    _nginx(machine, root, stack, "upstream", upstream, upstream, f"root {root};", machine.load_core)
    servers = {
        "nginx": _nginx(machine, root, stack, "peer", free_port(), upstream, _PASSES, machine.server_core),
        "gateway": _gateway(machine, root, stack, _GATEWAY.format(upstream=upstream)),
    }
    taken: dict[str, list[float]] = {name: [] for name in servers}
    for _ in range(ROUNDS):
        for name, (process, port) in servers.items():
            before = process.cpu()
            url = f"http://127.0.0.1:{port}/f/body"
            load = wrk.run(machine.wrk, machine.load_core, url, connections=8, seconds=SECONDS)
            if load.faults:
                sys.exit(f"{name}: {load.faults}")
            taken[name].append((process.cpu() - before) / load.requests)
    best = {name: min(each) for name, each in taken.items()}
    print("| 1 MB passed on by | CPU µs per request | of nginx |\n| --- | ---: | ---: |")
    for name, seconds in best.items():
        print(f"| {name} | {seconds * 1e6:.0f} | {best['nginx'] / seconds:.2f} |")
    print(f"target: {TARGET}")


def _first_part(machine: Machine, root: Path, stack: ExitStack) -> float:
    """The median time from an upstream's answer to the client's first line; the other step never answers."""
    sent: list[float] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if b"/fast" in head:
            sent.append(time.monotonic())
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        else:
            await reader.read()
        writer.close()

    async def ask(port: int) -> float:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /stream HTTP/1.1\r\nhost: bench\r\n\r\n")
        await reader.readuntil(b'"part":"fast"')
        took = time.monotonic() - sent[-1]
        writer.close()
        return took

    async def measured() -> float:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        upstream = server.sockets[0].getsockname()[1]
        config = _STREAM.format(upstream=upstream)
        _, port = await asyncio.to_thread(_gateway, machine, root, stack, config)
        async with server:
            took = [await ask(port) for _ in range(200)]
            await asyncio.sleep(0.5)  # until the gateway has noticed that the last clients are gone
            return statistics.median(took)

    return uvloop.run(measured())


def _nginx(
    machine: Machine,
    root: Path,
    stack: ExitStack,
    name: str,
    port: int,
    upstream: int,
    does: str,
    core: int,
) -> tuple[Process, int]:
    path = root / f"{name}.conf"
    path.write_text(_NGINX.format(root=root, name=name, port=port, upstream=upstream, does=does))
    command = [machine.nginx, "-c", str(path), "-p", str(root)]
    process = stack.enter_context(Process(command, core, root / f"{name}.log"))
    process.wait_until_it_listens(port)
    return process, port


def _gateway(machine: Machine, root: Path, stack: ExitStack, config: str) -> tuple[Process, int]:
    port, admin = free_port(), free_port()
    path = root / f"gateway-{port}.yaml"
    path.write_text(config)
    command = [sys.executable, "-m", "gateway", "run", str(path)]
    command += ["--port", str(port), "--admin-port", str(admin)]
    env = {"PYTHONPATH": str(_ROOT)}
    process = stack.enter_context(Process(command, machine.server_core, root / f"gateway-{port}.log", env))
    process.wait_until_it_listens(port)
    return process, port


if __name__ == "__main__":
    main()

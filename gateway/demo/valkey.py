"""``python -m gateway.demo.valkey --port P``: a Valkey, which speaks as Redis does, with the demo's sessions.

What it holds is in memory only.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
import threading
import time
from typing import Final

import click

from gateway.demo.ports import HOST
from gateway.demo.programs import valkey_program
from gateway.demo.server_process import folder_of_its_own, run

SESSIONS: Final = 1000
"""Users that have one."""

_PAGES: Final = ("/orders", "/cart", "/help", "/")
_DEVICES: Final = ("phone", "laptop", "tablet")


@click.command()
@click.option("--port", type=int, required=True)
def main(port: int) -> None:
    """Serve, and put the sessions in once it answers, until SIGTERM."""
    server = valkey_program()
    if server is None:
        raise click.ClickException("there is no program of Valkey here")
    command = [str(server), "--port", str(port), "--bind", HOST, "--save", "", "--appendonly", "no"]
    threading.Thread(target=_fill, args=(port,), name="sessions", daemon=True).start()
    with folder_of_its_own("gateway-demo-valkey-") as folder:
        code = run([*command, "--loglevel", "nothing"], folder, signal.SIGTERM, {})
    sys.exit(code)


def commands() -> bytes:
    """What fills it, as its protocol's inline commands."""
    lines = [
        f"HSET session:{user} device {_DEVICES[user % 3]} last_page {_PAGES[user % 4]} pages {1 + user % 9}"
        for user in range(1, SESSIONS + 1)
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


def _fill(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1.0) as sock:
            sock.sendall(commands())
            left = SESSIONS
            while left > 0 and (data := sock.recv(65536)):
                left -= data.count(b"\n")
            return
        time.sleep(0.02)


if __name__ == "__main__":
    main()

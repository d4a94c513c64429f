"""Are the ports that the demo needs free? Asked before anything is started."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping
from typing import Final

HOST: Final = "127.0.0.1"

OPTIONS: Final = {"gateway": "--port", "admin": "--admin-port"}
"""Which option of ``gateway demo`` moves which port."""

PORTS_VARIABLE: Final = "DEMO_SERVICE_PORTS"
"""Environment variable with other ports for users, orders, recommendations and functions:
``19101,19102,19103,19104``."""


def trouble_with(ports: Mapping[str, int]) -> list[str]:
    """A sentence for each port that cannot be used; *ports* by the name of the part that wants it."""
    found = []
    owners: dict[int, str] = {}
    for part, port in ports.items():
        if port in owners:
            found.append(f"port {port} is wanted twice: for {owners[port]} and for {part}")
        elif reason := _refusal(port):
            other = f", or choose another with {OPTIONS.get(part, PORTS_VARIABLE)}"
            found.append(f"port {port} ({part}) cannot be used: {reason}; see `lsof -i :{port}`{other}")
        owners.setdefault(port, part)
    return found


def free_port() -> int:
    """A port that nothing uses now."""
    with contextlib.closing(socket.socket()) as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])


def _refusal(port: int) -> str | None:
    with contextlib.closing(socket.socket()) as sock:
        # as the servers themselves will bind: connections that linger from the last run do not matter
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((HOST, port))
        except OSError as error:
            return error.strerror or str(error)
    return None

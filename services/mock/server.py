"""Serve mock services with uvicorn, quietly, until SIGTERM or SIGINT; stop at once, hung requests or not."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import signal
import socket
from collections.abc import Generator, Mapping
from typing import Any, cast

import uvicorn
import uvloop

from services.mock.app import create_app
from services.mock.misbehave import Misbehaving
from services.mock.wire import Wire


class _Server(uvicorn.Server):
    """uvicorn without its manners at the end: a mock that hangs on purpose would never finish."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals alone: several servers share the process, ``_serve`` stops them together."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Cut every connection; requests that hang on theirs end with it."""
        for connection in list(self.server_state.connections):
            cast("Wire", connection).abort()
        await super().shutdown(sockets)


def serve(ports: Mapping[str, int], host: str = "127.0.0.1") -> None:
    """Serve each service on its port, in this process, until SIGTERM or SIGINT.

    Raises ``OSError`` naming the address if one is taken; then none is served.
    """
    with contextlib.ExitStack() as opened:
        sockets = {name: opened.enter_context(_listening(host, port)) for name, port in ports.items()}
        servers = {_server(create_app(name)): sock for name, sock in sockets.items()}
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(servers))


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
    return sock


def _server(app: Misbehaving) -> _Server:
    config = uvicorn.Config(
        cast("Any", app),
        http=cast("Any", functools.partial(Wire, stats=app.stats)),
        ws="none",
        lifespan="off",
        log_level="error",
        access_log=False,
        # who may use the control API is decided by the address of the connection, not by a header
        proxy_headers=False,
        server_header=False,
    )
    return _Server(config)


async def _serve(servers: Mapping[_Server, socket.socket]) -> None:
    def stop() -> None:
        for server in servers:
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await asyncio.gather(*(server.serve(sockets=[sock]) for server, sock in servers.items()))

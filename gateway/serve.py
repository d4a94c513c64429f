"""Runs a gateway in this process: the public and the admin listener on one uvloop, until told to stop.

Stopping: readiness turns false, no new connection is accepted, requests under way get ``GRACE`` seconds,
then the gateway closes. A second signal stops at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import uvicorn
import uvloop

from gateway.edge.bounds import Bounds
from gateway.edge.heads import MAX_HEAD, bounded
from gateway.telemetry import events, names
from gateway.telemetry.log import Log

if TYPE_CHECKING:
    from gateway.app import Gateway

GRACE: Final = 10
"""Seconds that requests under way get at shutdown."""

MAX_MESSAGE: Final = 1024 * 1024
"""Bytes of one WebSocket message (as in transport/websocket.py, whose library is an extra)."""

_EVERYWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - addresses that are compared with

_log = Log("gateway.serve")


@dataclass(frozen=True, slots=True)
class Listener:
    """Where a server listens. Port 0 takes a free one."""

    host: str
    port: int


class BindError(Exception):
    """A port cannot be listened on; the message says which and why."""


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: two servers share this process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to ``serve``."""
        yield


def raise_file_limit() -> int:
    """Lift the soft limit of open files to the hard one; returns the limit that now holds."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # macOS refuses an unlimited soft limit; the old one holds
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def run(gateway: Gateway, public: Listener, admin: Listener) -> None:
    """Serve *gateway* until SIGINT or SIGTERM. Raises ``BindError`` before anything is opened."""
    limit = raise_file_limit()
    if gateway.slots > limit:
        _log(events.FEW_FILES, slots=gateway.slots, limit=limit)
    with (
        contextlib.closing(_bind(public)) as first,
        contextlib.closing(_bind(admin)) as second,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        _tell_apart(first, second)
        runner.run(_serve(gateway, [first, second]))


def _tell_apart(first: socket.socket, second: socket.socket) -> None:
    """Raise ``BindError`` if two sockets are bound to one place, which shows only when both listen: uvloop
    does not tell, and one of them would serve nobody.
    """
    (host, port), (other, other_port) = first.getsockname()[:2], second.getsockname()[:2]
    if port == other_port and (host == other or {host, other} & _EVERYWHERE):
        raise BindError(f"cannot listen on {other}:{port} twice: give --port and --admin-port other numbers")


def _bind(listener: Listener) -> socket.socket:
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            listener.host, listener.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, proto)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            # Backlog here, not at serve time: a port that is bound but does not listen refuses connections,
            # so clients see an open port only once requests can be answered.
        except OSError:
            bound.close()
            raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise BindError(f"cannot listen on {listener.host}:{listener.port}: {reason}") from error
    bound.setblocking(False)
    return bound


def _server(app: object, *, backlog: int, protocol: Callable[..., Any], bounds: Bounds) -> _Server:
    return _Server(
        uvicorn.Config(
            app,  # type: ignore[arg-type]
            http=protocol,  # type: ignore[arg-type]  # whatever makes one, not only a class
            ws=_sockets(bounds) if getattr(app, "websockets", False) else "none",
            ws_max_size=MAX_MESSAGE,
            ws_per_message_deflate=False,  # costs a third of a megabyte for each socket
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=backlog,
            timeout_graceful_shutdown=GRACE,
        )
    )


def _sockets(bounds: Bounds) -> type[asyncio.Protocol]:
    from gateway.edge.sockets import bounded_sockets  # noqa: PLC0415 - its library is an extra

    return bounded_sockets(bounds)


async def _serve(gateway: Gateway, sockets: list[socket.socket]) -> None:
    metrics = gateway.metrics
    bounds = gateway.bounds
    public = _server(gateway, backlog=2048, protocol=gateway.clients(bounded(bounds)), bounds=bounds)
    clients = public.server_state.connections
    metrics.watch.samples(names.CLIENTS, lambda: [((), len(clients))])
    # The operator's slips count nowhere.
    own = replace(bounds, max_head=MAX_HEAD, refused=lambda _: None, stalled=lambda: None)
    admin = _server(gateway.admin, backlog=128, protocol=bounded(own), bounds=own)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if public.should_exit:
            gateway.hurry()
        gateway.drain()
        for server in (public, admin):
            server.force_exit = server.should_exit
            server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    async with gateway:
        # What start-up made lives for good: the collector need not look at it again (3.06 → 2.58 × bare).
        gc.collect()
        gc.freeze()
        # Requests are freed by counting (a test holds that), so looking for cycles finds nothing; with 32
        # requests in flight the usual threshold of 700 looks at every few of them (8 % of three calls).
        gc.set_threshold(10_000, 50, 100)
        for each, what in zip(sockets, ("gateway", "admin"), strict=True):
            host, port = each.getsockname()[:2]
            name = f"[{host}]" if ":" in host else host
            _log(events.SERVING, listener=what, url=f"http://{name}:{port}")
        await asyncio.gather(public.serve([sockets[0]]), admin.serve([sockets[1]]))

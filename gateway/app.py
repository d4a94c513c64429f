"""The composition root: a configuration becomes an ASGI application that opens and closes what it needs.

Life cycle: load → compile → open → serve → close. Loading and compiling happen in the constructor, so faults
are known before anything is opened.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, Self

from gateway.buffered import Buffered
from gateway.compiler.addresses import upstream_of
from gateway.compiler.bounds import bounds_of
from gateway.compiler.compile import Compiled, Serving, compile_config
from gateway.compiler.condition import health_of
from gateway.compiler.describe import describe_all
from gateway.compiler.explain import explain_all, explain_route
from gateway.compiler.routes import CompiledRoute
from gateway.compiler.shared import Shared
from gateway.compiler.showing import Own, feed_of
from gateway.compiler.stores import Stores
from gateway.compiler.tracing import intake_of, tracing_of
from gateway.compiler.upstreams import Upstream
from gateway.compiler.watching import watch_admission, watch_common, watch_compiled
from gateway.config import Loaded, load
from gateway.dashboard.kept import KeptRequests
from gateway.dashboard.pages import add_dashboard
from gateway.edge.access_log import AccessLog
from gateway.edge.admin import Insight, admin_app
from gateway.edge.admission import Admission
from gateway.edge.answer import Message, Receive, Send
from gateway.edge.bounds import Bounds
from gateway.edge.client import KEEP_ALIVE, Client, Clients
from gateway.edge.direct import Directly
from gateway.edge.heads import BoundedProtocol
from gateway.edge.health import Phase
from gateway.edge.listener import Listener
from gateway.edge.pages import public_pages
from gateway.layers.circuit_state import Transition
from gateway.layers.stand_ins import StandIns
from gateway.plan.background import Background
from gateway.plan.engine import Engine
from gateway.telemetry import events, names
from gateway.telemetry.log import Log
from gateway.telemetry.loop_lag import LoopLag
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.redaction import REDACTION, secrets_in
from gateway.timers import Timers

if TYPE_CHECKING:
    from fastapi import FastAPI

DRAIN: Final = 10.0
"""Seconds that calls outliving their requests get when the gateway closes."""

_log = Log("gateway")


class Gateway:
    """An aggregation gateway: an ASGI application made from a configuration.

    *config* is the path of a file, or what ``gateway.config.load`` gave. *operator_token* guards the
    state-changing calls of ``admin`` (random if ``None``). *docs* overrides ``server: { docs: … }``.
    Raises ``ConfigError`` with every fault of the configuration.

    Serve it by itself, or mount it: ``FastAPI(lifespan=gateway.lifespan)`` opens and closes it.
    """

    def __init__(
        self,
        config: str | os.PathLike[str] | Loaded,
        *,
        operator_token: str | None = None,
        docs: str | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        loaded = config if isinstance(config, Loaded) else load(config, environ)
        server = loaded.config.server
        self.config = loaded.config
        self.metrics = Metrics()
        self.operator_token = operator_token or secrets.token_urlsafe(24)
        token = {"GATEWAY_OPERATOR_TOKEN": self.operator_token}
        REDACTION.learn({**secrets_in(environ), **loaded.secrets, **token}, self)
        self._timers = Timers()
        self._idle = Timers()  # of connections between requests, which are nobody's work
        self._buffered = Buffered(server.max_buffered)
        self._background = Background()
        self._engine = Engine(self._timers, self._buffered, self._background, time.monotonic)
        self._lag: LoopLag | None = None
        self._phase = Phase.STARTING
        self._grace = DRAIN
        self._closing = False
        self._opening = asyncio.Lock()
        self._tracing = tracing_of(loaded.config, environ, time.monotonic, self.metrics.exemplify)
        self._intake = intake_of(loaded.config, self._tracing)
        self._access_log = _access_log(server.access_log)
        limit = server.admission
        self._admission = Admission(limit.in_flight) if limit is not None else None
        self._stores = Stores(loaded.config.stores, self._timers, time.monotonic, random.random)
        self._stand_ins = StandIns()
        self._kept = KeptRequests(time.time)
        self._compiled = self._compile(loaded)
        self.websockets = any(route.tunnel is not None for route in self.routes.values())
        self._health = health_of(self._compiled, lambda: self._phase)
        own = Own(self._health, self._buffered, self._background, self._stand_ins)
        self._feed = feed_of(self._compiled, self.metrics, self._kept, own)
        self._listener, self.admin = self._listeners(docs or server.docs or "admin")
        self._watch()

    @property
    def routes(self) -> dict[str, CompiledRoute]:
        """The compiled routes by their key (``GET /user/{id}``)."""
        return self._compiled.routes

    @property
    def upstreams(self) -> dict[str, Upstream]:
        """The running upstreams by name."""
        return self._compiled.upstreams

    @property
    def bounds(self) -> Bounds:
        """What clients are held to before a request is anybody's; for who makes the listener."""
        return bounds_of(self.config.server, self._idle, self.metrics)

    @property
    def slots(self) -> int:
        """Calls that may be in flight at once, over all upstreams: what open files must suffice for."""
        return sum(address.client.state().limit for address in self._compiled.addresses())

    def explain(self, route: str | None = None) -> str:
        """The configuration as compiled, for people; one *route* or all. ``KeyError`` for an unknown one."""
        if route is None:
            return explain_all(self._compiled, self.config)
        return explain_route(self.routes[route])

    async def open(self) -> None:
        """Get ready to serve on the running loop. Harmless if open already."""
        async with self._opening:
            if self._phase is not Phase.STARTING:
                return
            loop = asyncio.get_running_loop()
            self._timers.loop = self._idle.loop = loop
            self._tracing.open()
            await self._stores.open()
            self._compiled.commons.open()
            await asyncio.gather(*(address.open() for address in self._compiled.addresses()))
            notice = self._admission.notice_lag if self._admission is not None else None
            self._lag = LoopLag(loop, self.metrics.loop_lag, notice)
            self._lag.start()
            self._feed.start(loop)
            self._grace = DRAIN
            self._closing = False
            self._phase = Phase.READY

    def drain(self) -> None:
        """Stop being ready; requests are still answered."""
        if self._phase is Phase.READY:
            self._phase = Phase.DRAINING
            self._feed.stop()  # its streams would keep the admin listener from closing

    def hurry(self) -> None:
        """Close without waiting for anything, also if ``close`` is waiting already."""
        self._grace = 0.0
        self._background.cancel()
        self._compiled.commons.cancel()

    async def close(self) -> None:
        """Let calls that outlive their requests end, then close every connection."""
        if self._phase is Phase.STARTING:
            return
        self.drain()
        await self._background.drain(self._grace)
        await self._compiled.commons.drain(self._grace)
        self._closing = True
        for address in self._compiled.addresses():
            await address.close()
        await self._stores.close()
        await self._tracing.close()
        if self._lag is not None:
            self._lag.stop()
        self._timers.close()
        self._idle.close()
        self._engine.bugs.flush()
        if self._access_log is not None:
            self._access_log.flush()
        self._phase = Phase.STARTING

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @asynccontextmanager
    async def lifespan(self, _app: Any) -> AsyncIterator[None]:
        """For the application that this one is mounted in: ``FastAPI(lifespan=gateway.lifespan)``."""
        async with self:
            yield

    def clients(self, slow: Callable[..., BoundedProtocol]) -> Callable[..., Client]:
        """What makes uvicorn's protocol of each connection: plain requests go past ASGI, others to *slow*."""
        return Clients(slow, Directly(self._listener), self._idle.of(KEEP_ALIVE), self.bounds)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] == "http" or (scope["type"] == "websocket" and self.websockets):
            if self._phase is Phase.STARTING:
                await self._open_late()
            serves = self._listener if scope["type"] == "http" else self._listener.tunnel
            await serves(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000, "reason": "only HTTP is served here"})

    async def _live(self, receive: Receive, send: Send) -> None:
        """The lifespan protocol of ASGI, for a server that this application is given to."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.open()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _open_late(self) -> None:
        if not self._opening.locked():  # said once, by the first of those that wait for it
            _log(events.OPENED_LATE)
        await self.open()

    def _compile(self, loaded: Loaded) -> Compiled:
        shared = Shared(
            stores=self._stores,
            stand_ins=self._stand_ins,
            timers=self._timers,
            buffered=self._buffered,
            clock=time.monotonic,
            meter=self.metrics.attempts,
            listener=self._note_transition,
            closing=lambda: self._closing,
            background=self._background,
        )
        serving = Serving(
            engine=self._engine,
            intake=self._intake,
            meters=self.metrics,
            access_log=self._access_log,
            admission=self._admission,
            kept=self._kept,
        )
        return compile_config(loaded, shared, serving)

    def _listeners(self, docs: str) -> tuple[Listener, FastAPI]:
        """The public and the admin listener; *docs* is public, admin or off."""
        described = describe_all(self.routes.values())
        pages = public_pages(self._health, described if docs == "public" else None)
        unrouted = self.metrics.requests(names.NO_ROUTE)
        public = Listener(self._compiled.router, pages, self._intake, unrouted, self._access_log)
        insight = Insight(
            health=self._health,
            stand_ins=self._stand_ins,
            exposition=self.metrics.pieces,
            upstreams=self.upstreams,
            routes=described,
            explain=self.explain,
        )
        admin = admin_app(insight, self.operator_token, documented=docs == "admin")
        add_dashboard(admin, self._feed)
        return public, admin

    def _note_transition(self, transition: Transition) -> None:
        self._stores.notice(transition)
        self.metrics.count_transition(upstream_of(transition.name), transition)
        why = transition.detail or transition.reason
        old, new = transition.old, transition.new
        _log(events.BREAKER_CHANGED, breaker=transition.name, old=old, new=new, why=why)

    def _watch(self) -> None:
        """Register what is looked at when metrics are scraped."""
        watch = self.metrics.watch
        watch_common(watch, self._buffered, self._background, self._stand_ins)
        watch.samples(names.SPANS, self._tracing.samples)
        watch_compiled(watch, self._compiled, self._stores, time.monotonic)
        if self._admission is not None:
            watch_admission(watch, self._admission)


def _access_log(setting: str) -> AccessLog | None:
    """The log that ``access_log: problems | all | off`` asks for."""
    return None if setting == "off" else AccessLog(every=setting == "all")

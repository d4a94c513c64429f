"""The ASGI wrapper around a service: counts every request and lets it suffer the fault on its path."""

from __future__ import annotations

import asyncio
import ipaddress
import random
from collections.abc import Sequence
from typing import Final

from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.mock.faults import CONTROL, Fault, Faults
from services.mock.modes import SPOIL
from services.mock.stats import Stats
from services.mock.visitor import Answer, Visitor, piece

UNMATCHED: Final = "(unmatched)"
"""What the statistics call requests that no route takes."""

BODILESS: Final = frozenset({204, 304})


class Misbehaving:
    """A service that fails on demand.

    Requests are counted by the paths of *routes*; *chance* decides jitter and error rates.
    """

    def __init__(
        self, app: ASGIApp, routes: Sequence[BaseRoute], faults: Faults, stats: Stats, chance: random.Random
    ) -> None:
        self.stats = stats
        self._app = app
        self._routes = routes
        self._faults = faults
        self._chance = chance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["path"].startswith(CONTROL):
            await self._control(scope, receive, send)
            return
        visitor = Visitor(scope, receive, send)
        self.stats.remember(
            scope["method"], scope["path"], scope["query_string"].decode("latin-1"), _headers(scope)
        )
        with self.stats.visit(self._pattern(scope)) as visit:
            watch = asyncio.create_task(visitor.watch())
            try:
                await self._answer(visitor, self._faults.of(scope["path"]))
            finally:
                watch.cancel()
                visit.left = visitor.left

    async def _control(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve ``/__`` paths to this machine only, whatever address the service listens on."""
        client = scope.get("client")
        if client is None or not ipaddress.ip_address(client[0]).is_loopback:
            refusal = JSONResponse({"detail": "the control API answers on loopback only"}, 403)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _answer(self, visitor: Visitor, fault: Fault | None) -> None:
        if fault is None:
            await self._app(visitor.scope, visitor.receive, visitor.send)
            return
        delay = fault.latency_ms + self._chance.uniform(-fault.jitter_ms, fault.jitter_ms)
        if fault.stall_rate and self._chance.random() < fault.stall_rate:
            delay += fault.stall_ms
        if delay > 0 and not await visitor.stays(delay / 1000):
            return
        rate = 1.0 if fault.error_rate is None else fault.error_rate
        only_late = fault.status is None and fault.mode is None and fault.error_rate is None
        if only_late or self._chance.random() >= rate:
            await self._app(visitor.scope, visitor.receive, visitor.send)
            return
        answer = await self._meant(visitor, fault)
        if fault.mode is not None:
            await SPOIL[fault.mode](visitor, answer)
        else:
            await visitor.send(answer.head(None if answer.status in BODILESS else len(answer.body)))
            await visitor.send(piece(answer.body))

    async def _meant(self, visitor: Visitor, fault: Fault) -> Answer:
        """The answer before its mode spoils it: the fault's status, or what the service would have said."""
        if fault.mode is None or fault.status is not None:
            return _error(fault.status or 500)
        answer = Answer(500, [], b"")

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status, answer.headers = message["status"], list(message["headers"])
            else:
                answer.body += message.get("body", b"")

        await self._app(visitor.scope, visitor.receive, collect)
        return answer

    def _pattern(self, scope: Scope) -> str:
        """The path pattern of the route that takes this request."""
        for route in self._routes:
            if route.matches(scope)[0] is Match.FULL:
                return str(getattr(route, "path", UNMATCHED))
        return UNMATCHED


def _error(status: int) -> Answer:
    if status in BODILESS:
        return Answer(status, [], b"")
    body = f'{{"detail":"fault: status {status}"}}'.encode()
    return Answer(status, [(b"content-type", b"application/json")], body)


def _headers(scope: Scope) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]

"""The admin listener's pages: metrics, upstreams in detail, routes, and the operator's hand on the breakers.

All details that the public form of health leaves out stand here: addresses, error texts, counters.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from gateway.edge import problems
from gateway.edge.documentation import add_documentation
from gateway.edge.operator import Guard
from gateway.edge.pages import add_health, json_answer, new_app, problem_answer, request_id, trace_of
from gateway.layers.circuit_state import CircuitState
from gateway.telemetry import events
from gateway.telemetry.log import Log

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

    from gateway.edge.health import Health
    from gateway.edge.openapi import RouteDescription
    from gateway.edge.problems import Problem
    from gateway.layers.breaker import Breaker
    from gateway.layers.stand_ins import StandIns

_MAX_ORDER: Final = 4096
"""Bytes of an operator's request."""

_FORCES: Final = {
    "force_open": CircuitState.FORCED_OPEN,
    "disable": CircuitState.DISABLED,
    "metrics_only": CircuitState.METRICS_ONLY,
}
RESET: Final = "reset"
ACTIONS: Final = (*_FORCES, RESET)
STAND_IN_ACTIONS: Final = ("on", "off")

_log = Log("gateway.operator")


class Operated(Protocol):
    """What the pages show of an upstream."""

    @property
    def name(self) -> str:
        """Its name in the configuration."""

    @property
    def breakers(self) -> Sequence[Breaker]:
        """Those of its addresses, unless they are off."""

    def details(self) -> Mapping[str, object]:
        """All that is known of it now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Insight:
    """What the admin pages look at.

    ``exposition`` takes an Accept header and gives the metrics' text in pieces, and its content type.
    ``explain`` takes a route's key, or ``None`` for all, and raises ``KeyError`` for an unknown one.
    """

    health: Health
    stand_ins: StandIns
    exposition: Callable[[str], tuple[Iterator[bytes], str]]
    upstreams: Mapping[str, Operated]
    routes: Sequence[RouteDescription]
    explain: Callable[[str | None], str]


def admin_app(insight: Insight, token: str, *, documented: bool) -> FastAPI:
    """The admin pages; *token* is the operator's. *documented*: ``/docs`` of the routes is here as well."""
    app = new_app()
    app.add_middleware(Guard, token=token)
    add_health(app, insight.health)
    if documented:
        add_documentation(app, insight.routes, served_here=False)
    pages = _Pages(insight)
    app.add_route("/metrics", pages.metrics, methods=["GET"])
    app.add_route("/routes", pages.routes, methods=["GET"])
    app.add_route("/explain", pages.explain, methods=["GET"])
    app.add_route("/upstreams", pages.upstreams, methods=["GET"])
    app.add_route("/upstreams/{name}", pages.upstream, methods=["GET"])
    app.add_route("/upstreams/{name}/breaker", pages.turn_breaker, methods=["POST"])
    app.add_route("/stand-ins", pages.stand_ins, methods=["GET"])
    app.add_route("/stand-ins", pages.turn_stand_ins, methods=["POST"])
    return app


class _Pages:
    """The handlers. Each looks when it is asked; nothing is kept."""

    def __init__(self, insight: Insight) -> None:
        self._insight = insight

    async def metrics(self, request: Request) -> Response:
        pieces, content_type = self._insight.exposition(request.headers.get("accept", ""))
        headers = {"cache-control": "no-store", "vary": "accept"}
        return StreamingResponse(_one_by_one(pieces), media_type=content_type, headers=headers)

    async def routes(self, request: Request) -> Response:  # noqa: ARG002 - the framework's signature
        listed = [
            {"route": f"{route.method} {route.pattern}", "summary": route.summary}
            for route in self._insight.routes
        ]
        return json_answer({"routes": listed})

    async def explain(self, request: Request) -> Response:
        try:
            text = self._insight.explain(request.query_params.get("route"))
        except KeyError:
            return problem_answer(problems.refused(404, request_id(request)))
        return PlainTextResponse(text, headers={"cache-control": "no-store"})

    async def upstreams(self, request: Request) -> Response:  # noqa: ARG002
        states = self._insight.health.states()
        return json_answer(
            {
                "upstreams": {
                    name: _details(each, states[name]) for name, each in self._insight.upstreams.items()
                }
            }
        )

    async def upstream(self, request: Request) -> Response:
        upstream = self._insight.upstreams.get(request.path_params["name"])
        if upstream is None:
            return problem_answer(problems.refused(404, request_id(request)))
        return json_answer(_details(upstream, self._insight.health.states()[upstream.name]))

    async def turn_breaker(self, request: Request) -> Response:
        """Force an upstream's breakers into a state, or reset them: ``{"action": "force_open"}``."""
        trace = trace_of(request)
        identifier = trace.request_id
        upstream = self._insight.upstreams.get(request.path_params["name"])
        if upstream is None:
            return problem_answer(problems.refused(404, identifier))
        action = await _action(request, identifier, ACTIONS)
        if not isinstance(action, str):
            return problem_answer(action)
        if not upstream.breakers:
            title = "This upstream has no breaker"
            return problem_answer(problems.operating(409, "no_breaker", title, identifier))
        for breaker in upstream.breakers:
            if action == RESET:
                breaker.circuit.reset(breaker.clock())
            else:
                breaker.circuit.force(_FORCES[action], breaker.clock())
        _log(events.OPERATED, trace, action=action, upstream=upstream.name)
        return json_answer(_details(upstream, self._insight.health.states()[upstream.name]))

    async def stand_ins(self, request: Request) -> Response:  # noqa: ARG002
        return json_answer({"allowed": self._insight.stand_ins.allowed})

    async def turn_stand_ins(self, request: Request) -> Response:
        """Let stale copies and fallbacks stand in for failures, or not: ``{"action": "off"}``."""
        trace = trace_of(request)
        identifier = trace.request_id
        action = await _action(request, identifier, STAND_IN_ACTIONS)
        if not isinstance(action, str):
            return problem_answer(action)
        self._insight.stand_ins.allowed = action == "on"
        _log(events.STAND_INS_TURNED, trace, action=action)
        return await self.stand_ins(request)


async def _one_by_one(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The *pieces*, each made in a turn of the loop of its own."""
    for piece in pieces:
        yield piece
        await asyncio.sleep(0)


async def _action(request: Request, identifier: str, known: Sequence[str]) -> str | Problem:
    """The action that the body names; a problem if it names none of the *known* ones."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MAX_ORDER:
            return problems.refused(413, identifier)
    try:
        order = msgspec.json.decode(body)
    except msgspec.DecodeError:
        order = None
    action = order.get("action") if isinstance(order, dict) and len(order) == 1 else None
    if action in known:
        return str(action)
    detail = 'the body is {"action": …} with one of: ' + ", ".join(known)
    return problems.operating(400, "bad_request", "The request cannot be served as it is", identifier, detail)


def _details(upstream: Operated, state: str) -> Any:
    """Everything known of *upstream*, as JSON types."""
    return msgspec.to_builtins({"name": upstream.name, "state": state, **upstream.details()})

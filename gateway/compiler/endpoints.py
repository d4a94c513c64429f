"""A compiled route → the endpoint that answers its requests."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING, Any

from gateway.compiler.passing import passing_of
from gateway.edge.admission import AdmittingEndpoint, AdmittingNegotiating, AdmittingPassing, Priority
from gateway.edge.endpoint import Answering, Endpoint
from gateway.edge.formats import FORMATS, Formats
from gateway.edge.negotiating import NegotiatingEndpoint
from gateway.edge.passing import Passing, PassingEndpoint
from gateway.plan.model import Plan, Step
from gateway.plan.undo import UndoingRun

if TYPE_CHECKING:
    from gateway.compiler.compile import Serving
    from gateway.compiler.routes import CompiledRoute
    from gateway.config import Config
    from gateway.edge.listener import Target


def endpoint_of(route: CompiledRoute, config: Config, serving: Serving) -> Target:
    """What answers the requests of *route*."""
    options: dict[str, Any] = {
        "engine": serving.engine,
        "intake": serving.intake,
        "meter": serving.meters.requests(route.key),
        "access_log": serving.access_log,
    }
    if serving.kept is not None:
        options["witness"] = serving.kept.of(route.key, [facts.upstream.name for facts in route.facts])
    if serving.admission is not None:
        options |= {"admission": serving.admission, "priority": Priority[route.spec.priority.upper()]}
    admits = serving.admission is not None
    expose = config.server.expose
    if route.spec.proxy is not None:
        passing = passing_of(route.spec, route.spec.proxy, expose_timing="timing" in expose)
        options["streams"] = serving.meters.streams(route.key)
        if route.tunnel is not None:
            options["websocket"] = _tunnel(route, route.tunnel, passing, options)
        passes = AdmittingPassing if admits else PassingEndpoint
        return passes(route.plan, route.read_inputs, passing, **options)
    answering = _answering(route, expose)
    if route.undos:
        options["make_run"] = partial(UndoingRun, route.undos)
    if route.spec.forms:
        options |= {
            "formats": Formats([FORMATS[form] for form in route.spec.forms]),
            "parts": route.parts,
            "merges": route.spec.merge is not None,
            "streams": serving.meters.streams(route.key),
        }
        negotiates = AdmittingNegotiating if admits else NegotiatingEndpoint
        return negotiates(route.plan, route.read_inputs, answering, **options)
    answers = AdmittingEndpoint if admits else Endpoint
    return answers(route.plan, route.read_inputs, answering, **options)


def _tunnel(route: CompiledRoute, step: Step, passing: Passing, options: dict[str, Any]) -> Any:
    """What serves the WebSockets of a route that passes on."""
    from gateway.edge.tunnel import AdmittingTunnel, TunnelEndpoint  # noqa: PLC0415 - its library is an extra

    plan = Plan(route.key, (step,), route.plan.time_limit, route.plan.merge)
    options = {key: value for key, value in options.items() if key != "witness"}
    tunnels = AdmittingTunnel if "admission" in options else TunnelEndpoint
    return tunnels(plan, route.read_inputs, passing, **options)


def _answering(route: CompiledRoute, expose: Collection[str]) -> Answering:
    return Answering(
        status=route.spec.status,
        headers=route.spec.headers,
        reads_body=route.reads_body,
        max_body=route.spec.max_body,
        own_credentials=frozenset(i for i, facts in enumerate(route.facts) if facts.own_credentials),
        degraded_in_body=route.spec.degraded == "body",
        expose_degraded="degraded" in expose,
        expose_timing="timing" in expose,
    )

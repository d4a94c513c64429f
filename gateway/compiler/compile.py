"""A loaded configuration → upstreams, routes and the route table; every fault of all of it at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from gateway.compiler.kinds.kind import UpstreamSite
from gateway.compiler.kinds.table import KINDS
from gateway.compiler.routes import CompiledRoute, RouteCompiler
from gateway.compiler.shared import Shared
from gateway.compiler.sharing import Commons
from gateway.compiler.upstreams import Upstream, build_upstream
from gateway.config import ConfigError
from gateway.edge.admission import Admission, AdmittingEndpoint, Priority
from gateway.edge.endpoint import AccessLog, Answering, Endpoint, RequestMeter
from gateway.edge.router import Router

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gateway.compiler.addresses import Address
    from gateway.config import Config, Fault, Loaded, Places
    from gateway.dashboard.kept import KeptRequests
    from gateway.edge.incoming import Intake
    from gateway.layers.observe import Meter
    from gateway.plan.engine import Engine


class Meters(Protocol):
    """Gives every route and step its meter."""

    def requests(self, route: str) -> RequestMeter:
        """The meter of a route's requests."""

    def calls(self, route: str, step: str) -> Meter:
        """The meter of a step's calls."""


@dataclass(frozen=True, slots=True)
class Serving:
    """What the endpoints of all routes share."""

    engine: Engine
    intake: Intake
    meters: Meters
    access_log: AccessLog | None
    admission: Admission | None = None
    kept: KeptRequests | None = None


@dataclass(frozen=True, slots=True)
class Compiled:
    """Everything that serves requests. Nothing in it is open yet, and nothing in it knows YAML."""

    upstreams: dict[str, Upstream]
    commons: Commons
    routes: dict[str, CompiledRoute]
    router: Router[Endpoint]

    def addresses(self) -> Iterator[Address]:
        """Every address of every upstream, and what steps without upstream read from."""
        for upstream in self.upstreams.values():
            yield from upstream.addresses
        for route in self.routes.values():
            for facts in route.facts:
                if facts.upstream is not self.upstreams.get(facts.upstream.name):
                    yield from facts.upstream.addresses


def compile_config(loaded: Loaded, shared: Shared, serving: Serving) -> Compiled:
    """Compile the whole configuration. Raises ``ConfigError`` with all faults of all routes."""
    config, places = loaded.config, loaded.places
    faults: list[Fault] = []
    prepared = {
        name: KINDS[spec.kind].prepared(UpstreamSite(name, spec, config, places, faults))
        for name, spec in config.upstreams.items()
    }
    compilers = {
        key: RouteCompiler(key, spec, config.upstreams, places) for key, spec in config.routes.items()
    }
    faults += [fault for compiler in compilers.values() for fault in compiler.faults]
    faults += _conflicts(compilers, places)
    if faults:
        raise ConfigError(faults)
    upstreams = {
        name: build_upstream(name, spec, shared, prepared[name]) for name, spec in config.upstreams.items()
    }
    commons = Commons(shared)
    router: Router[Endpoint] = Router()
    routes: dict[str, CompiledRoute] = {}
    for key, compiler in compilers.items():
        meter = partial(serving.meters.calls, key)
        route = compiler.compiled(upstreams, meter, shared, commons)
        routes[key] = route
        router.add(route.spec.method, route.pattern, _endpoint(route, config, serving))
    return Compiled(upstreams, commons, routes, router)


def _conflicts(compilers: Mapping[str, RouteCompiler], places: Places) -> Iterable[Fault]:
    """The routes that answer the same requests as an earlier one."""
    first: dict[tuple[object, ...], str] = {}
    for key, compiler in compilers.items():
        if compiler.pattern is None:
            continue
        other = first.setdefault((compiler.spec.method, *compiler.pattern.shape), key)
        if other != key:
            yield places.fault(
                ("routes", key),
                f"`{key}` and `{other}` answer the same requests",
                "types and literals tell routes apart, parameter names do not",
                also=[("routes", other)],
            )


def _endpoint(route: CompiledRoute, config: Config, serving: Serving) -> Endpoint:
    expose = config.server.expose
    answering = Answering(
        status=route.spec.status,
        headers=route.spec.headers,
        reads_body=route.reads_body,
        max_body=route.spec.max_body,
        own_credentials=frozenset(i for i, facts in enumerate(route.facts) if facts.own_credentials),
        degraded_in_body=route.spec.degraded == "body",
        expose_degraded="degraded" in expose,
        expose_timing="timing" in expose,
    )
    options: dict[str, Any] = {
        "engine": serving.engine,
        "intake": serving.intake,
        "meter": serving.meters.requests(route.key),
        "access_log": serving.access_log,
    }
    if serving.kept is not None:
        options["witness"] = serving.kept.of(route.key, [facts.upstream.name for facts in route.facts])
    if serving.admission is None:
        return Endpoint(route.plan, route.read_inputs, answering, **options)
    options |= {"admission": serving.admission, "priority": Priority[route.spec.priority.upper()]}
    return AdmittingEndpoint(route.plan, route.read_inputs, answering, **options)

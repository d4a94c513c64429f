"""A loaded configuration → upstreams, routes and the route table; every fault of all of it at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from gateway.compiler.endpoints import endpoint_of
from gateway.compiler.examples import missing_examples, with_example
from gateway.compiler.kinds.kind import UpstreamSite
from gateway.compiler.kinds.table import KINDS
from gateway.compiler.routes import CompiledRoute, RouteCompiler, methods_of
from gateway.compiler.shared import Shared
from gateway.compiler.sharing import Commons
from gateway.compiler.upstreams import Upstream, build_upstream
from gateway.config import ConfigError
from gateway.edge.endpoint import AccessLog, RequestMeter
from gateway.edge.listener import Target
from gateway.edge.router import Router

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gateway.compiler.addresses import Address
    from gateway.config import Fault, Loaded, Places
    from gateway.dashboard.kept import KeptRequests
    from gateway.edge.admission import Admission
    from gateway.edge.incoming import Intake
    from gateway.edge.streamed import StreamMeter
    from gateway.layers.observe import Meter
    from gateway.plan.engine import Engine


class Meters(Protocol):
    """Gives every route and step its meter."""

    def requests(self, route: str) -> RequestMeter:
        """The meter of a route's requests."""

    def calls(self, route: str, step: str) -> Meter:
        """The meter of a step's calls."""

    def streams(self, route: str) -> StreamMeter:
        """The meter of a route's answers that go piece by piece."""


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
    """Everything that serves requests. Nothing in it is open yet, and nothing in it knows YAML.

    ``calls_nobody``: examples stand in place of all upstreams, which are never opened.
    """

    upstreams: dict[str, Upstream]
    commons: Commons
    routes: dict[str, CompiledRoute]
    router: Router[Target]
    calls_nobody: bool = False

    def addresses(self) -> Iterator[Address]:
        """Every address of every upstream, and what steps without upstream read from."""
        for upstream in self.upstreams.values() if not self.calls_nobody else ():
            yield from upstream.addresses
        for route in self.routes.values():
            for facts in route.facts:
                own = facts.upstream is not self.upstreams.get(facts.upstream.name)
                if own and (facts.inline or not self.calls_nobody):
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
    faults += missing_examples(loaded)
    if faults:
        raise ConfigError(faults)
    upstreams = {
        name: build_upstream(name, spec, shared, prepared[name]) for name, spec in config.upstreams.items()
    }
    if loaded.examples is not None:
        shared = replace(shared, examples=True)
        upstreams = {name: with_example(upstream, None) for name, upstream in upstreams.items()}
    commons = Commons(shared)
    router: Router[Target] = Router()
    routes: dict[str, CompiledRoute] = {}
    for key, compiler in compilers.items():
        meter = partial(serving.meters.calls, key)
        route = compiler.compiled(upstreams, meter, shared, commons)
        routes[key] = route
        endpoint = endpoint_of(route, config, serving)
        for method in methods_of(route.spec):
            router.add(method, route.pattern, endpoint)
    return Compiled(upstreams, commons, routes, router, calls_nobody=shared.examples)


def _conflicts(compilers: Mapping[str, RouteCompiler], places: Places) -> Iterable[Fault]:
    """The routes that answer the same requests as an earlier one."""
    first: dict[tuple[object, ...], str] = {}
    for key, compiler in compilers.items():
        if compiler.pattern is None:
            continue
        shapes = [(method, *compiler.pattern.shape) for method in methods_of(compiler.spec)]
        other = next((first[shape] for shape in shapes if shape in first), None)
        first |= {shape: key for shape in shapes if shape not in first}
        if other is not None:
            yield places.fault(
                ("routes", key),
                f"`{key}` and `{other}` answer the same requests",
                "types and literals tell routes apart, parameter names do not",
                also=[("routes", other)],
            )

"""A compiled gateway → its health: circuits to look at, and the upstreams that a route cannot do without."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gateway.edge.health import Health

if TYPE_CHECKING:
    from gateway.compiler.compile import Compiled
    from gateway.compiler.routes import CompiledRoute
    from gateway.edge.health import Phase


def health_of(compiled: Compiled, phase: Callable[[], Phase]) -> Health:
    """The health of everything, on demand. *phase* says where the process is in its life."""
    return Health(
        {name: each.circuit if each.breaker else None for name, each in compiled.upstreams.items()},
        {key: _required(route) for key, route in compiled.routes.items()},
        phase,
    )


def _required(route: CompiledRoute) -> set[str]:
    """The upstreams without which the route cannot answer."""
    pairs = zip(route.plan.steps, route.facts, strict=True)
    return {facts.upstream.name for step, facts in pairs if step.required and step.stand_in is None}

"""``gateway explain --live``: a configuration beside the numbers of the gateway that serves it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gateway.top import cells
from gateway.top.advice import advice
from gateway.top.feed import Feed

if TYPE_CHECKING:
    from gateway.compiler.routes import CompiledRoute


def measured(admin: str, routes: Iterable[CompiledRoute]) -> str:
    """What the gateway at *admin* says of *routes*. Raises ``Away``; ``ValueError`` for no address."""
    snapshot = Feed(admin).ask()
    seen = {route.route: route for route in snapshot.routes}
    lines = [line for route in routes for line in advice(route, seen.get(route.key))]
    return "\n".join(map(cells.plain, lines)) + "\n"

"""``gateway explain --live``: a configuration beside the numbers of the gateway that serves it.

A gateway looks at its steps only while somebody watches, so what is told is what happens from the first look
on, or that of the last minute if a dashboard is open.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from gateway.top import cells
from gateway.top.advice import advice
from gateway.top.feed import Feed

if TYPE_CHECKING:
    from gateway.compiler.routes import CompiledRoute


def measured(
    admin: str,
    routes: Iterable[CompiledRoute],
    watched: float,
    sleep: Callable[[float], object] = time.sleep,
) -> str:
    """What the gateway at *admin* says of *routes* after *watched* seconds.

    Raises ``Away``; ``ValueError`` for no address.
    """
    feed = Feed(admin)
    feed.ask()
    sleep(watched)
    snapshot = feed.ask()
    seen = {route.route: route for route in snapshot.routes}
    upstreams = {upstream.name: upstream for upstream in snapshot.upstreams}
    lines = [line for route in routes for line in advice(route, seen.get(route.key), upstreams)]
    return "\n".join(map(cells.plain, lines)) + "\n"

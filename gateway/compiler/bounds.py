"""The server's settings → what its clients are held to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.edge.bounds import Bounds

if TYPE_CHECKING:
    from gateway.config.server import ServerSpec
    from gateway.telemetry.metrics import Metrics
    from gateway.timers import Timers


def bounds_of(server: ServerSpec, timers: Timers, metrics: Metrics) -> Bounds:
    """The bounds by *server*'s settings; *metrics* count who does not keep to them."""
    return Bounds(
        max_head=server.max_head,
        head=timers.of(server.head_timeout),
        unread=timers.of(server.send_timeout),
        refused=metrics.count_refused_head,
        stalled=metrics.count_stalled,
    )

"""HTTP upstreams as sources of WebSockets: the outcome is there when the upstream has upgraded."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.call import Call, Source
from gateway.outcome import Failure, Outcome, Success
from gateway.sources.passing import Passage
from gateway.sources.propagation import propagated
from gateway.timers import Timers
from gateway.transport.h1 import H1Transport
from gateway.transport.websocket import Link


class Tunnel(Passage):
    """A passage whose answer is a ``link``. ``offered`` are the subprotocols that the client speaks."""

    __slots__ = ("link", "offered")

    def __init__(self, target: bytes, headers: bytes, idle_timeout: float, offered: Sequence[str]) -> None:
        super().__init__("GET", target, headers, idle_timeout)
        self.offered = offered
        self.link: Link | None = None

    def hold(self, release: Callable[[], None]) -> bool:
        """Call *release* once the link is closed; ``False``, and it is the caller's, if there is none."""
        if self.link is None:
            return False
        self._held.append(release)
        return True

    def close(self) -> None:
        """End the link, and give back what was held for it."""
        link, self.link = self.link, None
        if link is not None:
            link.close(1001)
        super().close()


def tunnel_source(
    transport: H1Transport, timers: Timers, *, propagate: bool, clock: Callable[[], float]
) -> Source:
    """A source whose payloads are ``Tunnel``. Each link has a connection of its own, beside the pool."""

    async def tunnelled(call: Call) -> Outcome:
        tunnel: Tunnel = call.payload
        extra = propagated(call, clock()) if propagate else b""
        idle = timers.of(tunnel.idle_timeout / 2)

        def make() -> Link:
            return Link(transport.origin, tunnel, extra, tunnel.offered, idle)

        dialled = await transport.dial(make)
        if isinstance(dialled, Failure):
            return dialled
        call.sent = True
        failure: Failure | None = None
        try:
            failure = await call.wait(dialled.opened)
        except BaseException:
            dialled.close(1001)
            raise
        if failure is not None:
            dialled.close(1001)
            return failure
        tunnel.link = dialled
        return Success(b"", status=101)

    return tunnelled

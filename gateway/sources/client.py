"""What a source needs to be opened, closed and looked at: the protocol of every client of an upstream."""

from __future__ import annotations

from typing import Final, Protocol

from gateway.transport.exchange import PoolState

NO_POOL: Final = PoolState(limit=0, open=0, idle=0, in_use=0, waiting=0, created=0, reused=0, lost=0)
"""The state of a client without connections."""


class Client(Protocol):
    """The connections to one upstream, or to one address of it. HTTP transports are clients, too."""

    async def open(self) -> None:
        """Get ready on the running loop; can be opened again after ``close``.

        Never raises, and never waits long, for what a server does or does not: an upstream that is down must
        not hold up the start.
        """

    async def close(self) -> None:
        """Close every connection. Calls under way end as ``incomplete``."""

    def state(self) -> PoolState:
        """The pool now; ``NO_POOL`` where there is none."""


class Unconnected:
    """The client of what needs no connections."""

    async def open(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Nothing to do."""

    def state(self) -> PoolState:
        """No pool."""
        return NO_POOL

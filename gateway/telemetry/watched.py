"""State that lives elsewhere and is looked at when metrics are scraped: breakers, bulkheads, pools, bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

from gateway.telemetry import names
from gateway.telemetry.collector import Family, Sample, family
from gateway.telemetry.names import Name

STATES: Final = ("closed", "open", "half_open", "forced_open", "disabled", "metrics_only")
"""A breaker's states, all of which are exposed."""


class BreakerView(Protocol):
    """A breaker at an instant."""

    @property
    def state(self) -> str:
        """One of ``STATES``."""

    @property
    def listener_errors(self) -> int:
        """Only ever grows."""


class BulkheadView(Protocol):
    """A bulkhead at an instant."""

    @property
    def slots(self) -> int:
        """Attempts that may be in flight."""

    @property
    def in_use(self) -> int:
        """Attempts in flight."""

    @property
    def waiting(self) -> int:
        """Calls waiting for a slot."""

    @property
    def refused(self) -> int:
        """Only ever grows."""


class PoolView(Protocol):
    """A pool of connections at an instant; the last three only ever grow."""

    @property
    def limit(self) -> int:
        """Connections that may be open."""

    @property
    def idle(self) -> int:
        """Open and free."""

    @property
    def in_use(self) -> int:
        """Open and carrying a call."""

    @property
    def waiting(self) -> int:
        """Calls waiting for a connection."""

    @property
    def created(self) -> int:
        """Connections made."""

    @property
    def reused(self) -> int:
        """Calls on a connection used before."""

    @property
    def lost(self) -> int:
        """Connections lost while in use."""


class BufferedView(Protocol):
    """The byte budget of all bodies."""

    @property
    def used(self) -> int:
        """Bytes held now."""

    @property
    def limit(self) -> int:
        """Bytes that may be held."""


class Watched:
    """What to ask for its state, by upstream. Each *look* is called once per scrape."""

    def __init__(self) -> None:
        self._breakers: dict[str, Callable[[], BreakerView]] = {}
        self._bulkheads: dict[str, Callable[[], BulkheadView]] = {}
        self._pools: dict[str, Callable[[], PoolView]] = {}
        self._buffered: BufferedView | None = None
        self._background: Callable[[], int] | None = None
        self._samples: dict[Name, Callable[[], Iterable[Sample]]] = {}

    def samples(self, name: Name, look: Callable[[], Iterable[Sample]]) -> None:
        """Watch what *look* gives, under *name*; nothing is exposed while that is nothing."""
        self._samples[name] = look

    def breaker(self, upstream: str, look: Callable[[], BreakerView]) -> None:
        """Watch the breaker of *upstream*."""
        self._breakers[upstream] = look

    def bulkhead(self, upstream: str, look: Callable[[], BulkheadView]) -> None:
        """Watch the bulkhead of *upstream*."""
        self._bulkheads[upstream] = look

    def pool(self, upstream: str, look: Callable[[], PoolView]) -> None:
        """Watch the pool of *upstream*."""
        self._pools[upstream] = look

    def buffered(self, buffered: BufferedView) -> None:
        """Watch the byte budget."""
        self._buffered = buffered

    def background(self, count: Callable[[], int]) -> None:
        """Watch the calls that outlive their request."""
        self._background = count

    def collect(self) -> Iterator[Family]:
        """The families of everything that is watched."""
        yield from self._of_breakers()
        yield from self._of_bulkheads()
        yield from self._of_pools()
        if self._buffered is not None:
            yield family(names.BUFFERED, [((), self._buffered.used)])
            yield family(names.BUFFERED_LIMIT, [((), self._buffered.limit)])
        if self._background is not None:
            yield family(names.BACKGROUND, [((), self._background())])
        for name, look in self._samples.items():
            yield family(name, look())

    def _of_breakers(self) -> Iterator[Family]:
        seen = {upstream: look() for upstream, look in self._breakers.items()}
        states = (((u, state), float(view.state == state)) for u, view in seen.items() for state in STATES)
        yield family(names.BREAKER_STATE, states)
        yield family(names.LISTENER_ERRORS, (((u,), view.listener_errors) for u, view in seen.items()))

    def _of_bulkheads(self) -> Iterator[Family]:
        seen = [((upstream,), look()) for upstream, look in self._bulkheads.items()]
        yield family(names.BULKHEAD_SLOTS, ((u, view.slots) for u, view in seen))
        yield family(names.BULKHEAD_IN_USE, ((u, view.in_use) for u, view in seen))
        yield family(names.BULKHEAD_WAITING, ((u, view.waiting) for u, view in seen))
        yield family(names.BULKHEAD_REFUSED, ((u, view.refused) for u, view in seen))

    def _of_pools(self) -> Iterator[Family]:
        seen = [(upstream, look()) for upstream, look in self._pools.items()]
        yield family(names.POOL_LIMIT, (((u,), view.limit) for u, view in seen))
        idle = [((u, "idle"), view.idle) for u, view in seen]
        in_use = [((u, "in_use"), view.in_use) for u, view in seen]
        yield family(names.POOL_CONNECTIONS, idle + in_use)
        yield family(names.POOL_WAITING, (((u,), view.waiting) for u, view in seen))
        yield family(names.POOL_CREATED, (((u,), view.created) for u, view in seen))
        yield family(names.POOL_REUSED, (((u,), view.reused) for u, view in seen))
        yield family(names.POOL_LOST, (((u,), view.lost) for u, view in seen))

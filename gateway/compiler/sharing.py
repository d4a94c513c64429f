"""What a step's calls share with equal ones: copies, flights, and what one request asks twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gateway.compiler.identity import personal_uses, site_of, varying_headers
from gateway.layers.apart import Apart
from gateway.layers.batch import KIND, Batches
from gateway.layers.cache import Copies, caching, keeping
from gateway.layers.cache_control import HONOURED
from gateway.layers.cache_rules import CacheRules
from gateway.layers.coalesce import Flights, coalescing
from gateway.layers.siblings import sending_once
from gateway.stores.tiered import TieredStore

if TYPE_CHECKING:
    from gateway.call import Layer
    from gateway.compiler.identity import KeyTemplate
    from gateway.compiler.kinds.kind import CallTemplate
    from gateway.compiler.shared import Shared
    from gateway.compiler.upstreams import Upstream
    from gateway.config import Config, StepSpec
    from gateway.plan.model import Identify

FLYING: Final = 10_000
REFRESHING: Final = 1000
"""Shared flights and refreshes under way at once; what is more goes its own way."""

BATCHING: Final = 1000
"""Batches under way at once; what is asked for beyond them is refused."""

_CREDENTIALS: Final = frozenset({"authorization", "cookie", "proxy-authorization"})


class Commons:
    """What all steps of a gateway that share anything have in common."""

    def __init__(self, shared: Shared) -> None:
        def apart(limit: int, kind: str) -> Apart:
            return Apart(shared.timers, shared.buffered, shared.clock, limit, kind)

        self.flights = Flights(shared.buffered)
        self.flying, self.refreshing = apart(FLYING, "flight"), apart(REFRESHING, "refresh")
        self.batching = apart(BATCHING, KIND)
        self.batches = Batches(shared.buffered, self.batching, shared.timers)

    @property
    def apart(self) -> dict[str, Apart]:
        """What is done apart from requests, by its kind; flights and refreshes wait for batches."""
        return {"flight": self.flying, "refresh": self.refreshing, KIND: self.batching}

    def open(self) -> None:
        """Take on work from now on."""
        for each in self.apart.values():
            each.open()

    def cancel(self) -> None:
        """Wait for nothing any more, also if ``drain`` is waiting already."""
        for each in self.apart.values():
            each.cancel()

    async def drain(self, grace: float) -> None:
        """Begin nothing more, and let what is under way end within *grace* seconds."""
        for each in (self.flying, self.refreshing, self.batching):  # flights and refreshes wait for batches
            await each.drain(grace)


@dataclass(frozen=True, slots=True)
class SharingLayers:
    """The layers of one step that shares; ``None``: it has no such layer. ``copies`` are its cache's."""

    caching: Layer | None = None
    sending_once: Layer | None = None
    coalescing: Layer | None = None
    keeping: Layer | None = None
    copies: Copies | None = None

    @property
    def layers(self) -> dict[str, Any]:
        """Its layers, by their names in ``stacks.step_layers``."""
        names = ("caching", "sending_once", "coalescing", "keeping")
        return {name: getattr(self, name) for name in names}


class Sharing:
    """What one step of *route* shares. *once*: another step of it may make an equal call.

    *call* is the step's, *personal* are the route's steps with personal answers.
    """

    def __init__(
        self,
        route: str,
        name: str,
        spec: StepSpec,
        key: KeyTemplate | None,
        call: CallTemplate,
        personal: frozenset[int],
        *,
        once: bool,
    ) -> None:
        self.key = key
        self._route = route
        self._name = name
        self._spec = spec
        self._call = call
        self._personal = personal_uses(call.uses, personal)
        self._once = once

    @property
    def any(self) -> bool:
        """Whether it shares at all."""
        return self._once or self._spec.coalesce or self._spec.cache is not None

    def faults(self) -> Iterable[tuple[str, str, str]]:
        """What its settings contradict: the key, what is wrong with it, and the remedy."""
        spec = self._spec
        if self._call.shareable:
            return
        hint = "only GET and HEAD are, and reads that say repeatable: true"
        if spec.said:
            hint = "there is nothing to save" if spec.inline else "only reads that say repeatable: true are"
        for key in (["cache"] if spec.cache else []) + (["coalesce"] if spec.coalesce else []):
            yield key, f"`{key}` is for calls that can be equal, and this one cannot", hint

    def identity(self, upstream: Upstream) -> Identify | None:
        """What names equal calls over *upstream*."""
        if not self.any:
            return None
        if self.key is not None:
            site = site_of(self._route, self._name, self._spec, upstream.identity)
            return self.key.compiled(site, self._personal)
        return self._call.identifying(upstream.identity, self._personal)

    def naming(self, upstream: Upstream) -> tuple[Identify | None, Identify | None]:
        """What names equal calls by what the author says, and by all that is sent; None: nothing does."""
        if not self._call.shareable:
            return None, None
        group = self._call.identifying(upstream.identity, self._personal)
        return self.identity(upstream) if self.key is not None else None, group

    def layers(self, shared: Shared, commons: Commons, time_limit: float) -> SharingLayers:
        """Its layers; a flight has the route's whole *time_limit*, in seconds."""
        spec = self._spec
        once = sending_once() if self._once else None
        coalesce = None
        if spec.coalesce:
            kept = spec.cache is not None
            coalesce = coalescing(commons.flights, commons.flying, time_limit, kept=kept)
        if spec.cache is None:
            return SharingLayers(sending_once=once, coalescing=coalesce)
        store = shared.stores.of(spec.cache.store)
        system = "redis" if isinstance(store, TieredStore) else "memory"
        longest = shared.stores.longest_look_up(spec.cache.store)
        copies = Copies(store, commons.refreshing, self._rules(shared), system, longest)
        return SharingLayers(
            caching=caching(copies, time_limit, shared.clock, shared.stand_ins),
            sending_once=once,
            coalescing=coalesce,
            keeping=keeping(copies),
            copies=copies,
        )

    def _rules(self, shared: Shared) -> CacheRules:
        cache = self._spec.cache
        assert cache is not None, "only a cache has rules"
        sent = [name.lower() for name in self._spec.headers]
        return CacheRules(
            cache.ttl,
            cache.stale_while_revalidate,
            cache.stale_if_error,
            random=shared.random,
            cache_control=cache.cache_control,
            varying=varying_headers(sent, keyed=self.key is not None),
            authorized=not _CREDENTIALS.isdisjoint(sent),
        )


def wanted_headers(upstream: str, config: Config) -> frozenset[bytes]:
    """The headers of the upstream's answers that a cache asks for."""
    steps = (step for route in config.routes.values() for step in route.steps.values())
    asked = any(step.upstream == upstream and step.cache and step.cache.cache_control for step in steps)
    return HONOURED if asked else frozenset()

"""An upstream's spec → the running upstream that its steps share: its addresses, budget, and one source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from gateway.call import Source
from gateway.compiler.addresses import Address, build_address
from gateway.compiler.details import upstream_details
from gateway.compiler.kinds.table import KINDS
from gateway.compiler.shared import Clock, Shared
from gateway.config import UNGUARDED
from gateway.config.source_kinds import UPSTREAM_KINDS
from gateway.layers.adaptive import AdaptingMeter
from gateway.layers.address import Address as Candidate
from gateway.layers.balance import CROWDED, Balance, PendingMeter, balancing
from gateway.layers.budget import Budget
from gateway.layers.bulkhead import BulkheadSnapshot
from gateway.layers.turns import Turns
from gateway.plan.balanced import Balanced, Beginning
from gateway.plan.cold import ColdWire
from gateway.plan.direct import Direct
from gateway.sources.http import HttpWire
from gateway.transport.exchange import PoolState
from gateway.transport.h1 import H1Transport

if TYPE_CHECKING:
    from gateway.compiler.kinds.kind import InlineCall
    from gateway.config import UpstreamSettings, UpstreamSpec
    from gateway.layers.breaker import Breaker
    from gateway.layers.bulkhead import Bulkhead
    from gateway.layers.circuit_state import CircuitSnapshot
    from gateway.layers.observe import Meter
    from gateway.sources.client import Client

ENDLESS: Final = float("inf")
"""The ratio of a budget that is off."""

_HEALTHIEST: Final = ("closed", "disabled", "metrics_only", "half_open", "open", "forced_open")


@dataclass(frozen=True, slots=True)
class Reached:
    """How ``explain`` tells that an upstream is reached: a few words, and titles with more of them."""

    words: str = ""
    more: tuple[tuple[str, str], ...] = ()
    connects: bool = True
    connects_apart: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Upstream:
    """A running upstream. ``source`` has its layers on; ``layers`` are their names, outermost first.

    ``direct`` makes what calls it without a coroutine, given what belongs to a step; ``None`` where its
    client cannot. ``balance`` is ``None`` with one address. ``on_trial``: a call sent now is a probe, or
    would be refused, or the gateway is closing; ``crowded``: there are no slots to spare for hedges.
    ``identity`` tells it from others and from itself elsewhere; never shown, as it may hold secrets.
    """

    name: str
    spec: UpstreamSettings
    identity: str
    reached: Reached
    addresses: tuple[Address, ...]
    balance: Balance | None
    budget: Budget
    source: Source
    direct: Callable[..., Beginning] | None
    on_trial: Callable[[], bool]
    crowded: Callable[[], bool]
    layers: tuple[str, ...]
    clock: Clock

    @property
    def address(self) -> str:
        """Where it is, for operators, with ``${NAME}`` in place of what it stands for."""
        return ", ".join(address.name for address in self.addresses)

    @property
    def timeout(self) -> float:
        """One attempt's, in seconds."""
        return self.spec.timeout

    @property
    def client(self) -> Client:
        """That of its first address."""
        return self.addresses[0].client

    @property
    def breaker(self) -> Breaker | None:
        """That of its first address."""
        return self.addresses[0].breaker

    @property
    def bulkhead(self) -> Bulkhead | None:
        """That of its first address."""
        return self.addresses[0].bulkhead

    @property
    def breakers(self) -> list[Breaker]:
        """Those of its addresses, unless they are off."""
        return [address.breaker for address in self.addresses if address.breaker is not None]

    def details(self) -> dict[str, Any]:
        """All that is known of it now, for operators."""
        return upstream_details(self, self.clock())

    def circuit(self) -> CircuitSnapshot:
        """The circuit of the address that is best off, as the upstream is no worse. Only with breakers."""
        seen = (breaker.snapshot() for breaker in self.breakers)
        return min(seen, key=lambda each: (_HEALTHIEST.index(each.state), not each.recovering))

    def pool(self) -> PoolState:
        """The connections to all its addresses."""
        states = [address.client.state() for address in self.addresses]
        return PoolState(*map(sum, zip(*map(astuple, states), strict=True)))

    def slots(self) -> BulkheadSnapshot:
        """The slots of all its addresses. Only with bulkheads."""
        seen = [each.bulkhead.snapshot() for each in self.addresses if each.bulkhead is not None]
        return BulkheadSnapshot(self.name, *map(sum, zip(*(astuple(each)[1:] for each in seen), strict=True)))

    def __repr__(self) -> str:
        return f"<Upstream {self.name} at {self.address}>"


def build_upstream(name: str, spec: UpstreamSpec, shared: Shared, prepared: Any = None) -> Upstream:
    """Everything of one upstream, not opened yet; *prepared* is what its kind made ready for it."""
    meter = shared.meter(name)
    kind = KINDS[spec.kind]
    addresses = tuple(
        build_address(name, address, kind, spec, shared, meter, prepared) for address in kind.addresses(spec)
    )
    candidates = [
        Candidate(each.name, each.source, each.breaker and each.breaker.circuit, each.bulkhead)
        for each in addresses
    ]
    first, only = addresses[0], candidates[0]
    balance = None
    source, layers = first.source, first.layers
    on_trial: Callable[[], bool] = partial(_on_trial, only, shared.closing)
    crowded: Callable[[], bool] = partial(_crowded, only)
    if len(addresses) > 1:
        balance = _balance(candidates, spec, shared)
        source, layers = balancing(balance, shared.clock), ("balance", *layers)
        on_trial, crowded = partial(_all_on_trial, balance, shared.closing), balance.crowded
    budget = spec.budget
    return Upstream(
        name=name,
        spec=spec,
        identity=f"{name} {' '.join(kind.addresses(spec))}",
        reached=Reached(kind.told(spec), tuple(kind.connection(spec)), *_connects(kind.name)),
        addresses=addresses,
        balance=balance,
        budget=Budget(budget.ratio, budget.per_second) if budget else Budget(ENDLESS, 0.0),
        source=source,
        direct=_direct(addresses, balance, spec, shared, meter),
        on_trial=on_trial,
        crowded=crowded,
        layers=layers,
        clock=shared.clock,
    )


def build_inline(call: InlineCall, shared: Shared) -> Upstream:
    """What a step without upstream reads from: nothing that could be down, so there are no guards."""
    running = call.run(shared)
    address = Address(
        name=running.name,
        client=running.client,
        peer=running.peer,
        source=running.source,
        details=running.details,
    )
    return Upstream(
        name=running.name,
        spec=UNGUARDED,
        identity=running.name,
        reached=Reached(),
        addresses=(address,),
        balance=None,
        budget=Budget(ENDLESS, 0.0),
        source=running.source,
        direct=None,
        on_trial=shared.closing,
        crowded=bool,
        layers=(),
        clock=shared.clock,
    )


def _connects(kind: str) -> tuple[bool, bool]:
    """Whether anything connects for its calls, and whether that has a time of its own."""
    return next((each.connects, each.connects_apart) for each in UPSTREAM_KINDS if each.name == kind)


def _balance(candidates: list[Candidate], spec: UpstreamSpec, shared: Shared) -> Balance:
    if spec.balance is None:
        return Turns(candidates, shared.random)
    slow_start = spec.balance.slow_start or None
    return Balance(candidates, shared.random, slow_start=slow_start, max_ejected=spec.balance.max_ejected)


def _on_trial(only: Candidate, closing: Callable[[], bool]) -> bool:
    return not only.serves or closing()


def _all_on_trial(balance: Balance, closing: Callable[[], bool]) -> bool:
    return balance.on_trial() or closing()


def _crowded(only: Candidate) -> bool:
    bulkhead = only.bulkhead
    return bulkhead is not None and bulkhead.in_use > CROWDED * bulkhead.slots


def _direct(
    addresses: tuple[Address, ...],
    balance: Balance | None,
    spec: UpstreamSpec,
    shared: Shared,
    meter: Meter,
) -> Callable[..., Beginning] | None:
    """What makes first attempts without a coroutine, where all that is called can be called so."""
    if balance is None:
        return _direct_at(addresses[0], spec, shared, meter)
    candidates = zip(addresses, balance.addresses, strict=True)
    meters = [(each, PendingMeter(balance, candidate, shared.clock, meter)) for each, candidate in candidates]
    made = [_direct_at(each, spec, shared, pending) for each, pending in meters]
    directs = [each for each in made if each is not None]
    if len(directs) < len(made):
        return None
    return lambda **of_step: Balanced(balance, [each(**of_step) for each in directs], shared.clock)


def _direct_at(
    address: Address, spec: UpstreamSpec, shared: Shared, meter: Meter
) -> Callable[..., Direct] | None:
    """The same for one address."""
    transport, breaker = address.client, address.breaker
    wire = address.wire
    if wire is None and isinstance(transport, H1Transport):
        wire = HttpWire(transport, shared.buffered, propagate=spec.propagate, clock=shared.clock)
    if wire is not None and address.cold is not None:
        wire = ColdWire(wire, address.cold.warmth, shared.clock)
    if wire is None:
        return None
    if address.gradient is not None and address.bulkhead is not None:
        meter = AdaptingMeter(address.gradient, address.bulkhead, shared.clock, meter)
    return partial(
        Direct,
        wire,
        clock=shared.clock,
        timers=shared.timers,
        circuit=breaker.circuit if breaker is not None else None,
        bulkhead=address.bulkhead,
        attempts=meter,
        peer=address.peer,
    )

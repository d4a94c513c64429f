"""One address of an upstream: its stack, what it is doing, and what is to be thought of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.call import Call, Source
from gateway.layers.bulkhead import Bulkhead
from gateway.layers.circuit import Circuit
from gateway.layers.circuit_state import CircuitState

DOUBTED_FOR: Final = 1.0
"""Seconds for which failures in a row make an address less wanted. It must pass without a success, as an
address without calls could never show that it is well again."""

_SERVING: Final = frozenset({CircuitState.CLOSED, CircuitState.DISABLED, CircuitState.METRICS_ONLY})
"""States in which a circuit lets everything pass."""


@dataclass(frozen=True, slots=True)
class AddressSnapshot:
    """An address at an instant. ``calls`` and ``ejections`` only ever grow.

    ``state`` is its circuit's (``closed`` if it has none), ``weight`` its share of a full one (0 while its
    circuit refuses), ``ejected`` whether it is left alone for being worse than the others.
    """

    name: str
    state: str
    pending: int
    calls: int
    weight: float
    ejected: bool
    ejections: int


class Address:
    """``source`` is layers 7–11 and the wire; *circuit* and *bulkhead* are those in it, or ``None``.

    ``pending`` counts attempts in ``source``, ``calls`` all that ever were, ``failures`` those in a row.
    ``place`` is its index among the upstream's addresses, ``bit`` its mark in ``Call.tried``.
    ``steady``: it has its full weight, and only what its circuit says can change that.
    """

    __slots__ = (
        "bit",
        "bulkhead",
        "calls",
        "circuit",
        "doubted_until",
        "failures",
        "name",
        "pending",
        "place",
        "source",
        "steady",
    )

    def __init__(
        self, name: str, source: Source, circuit: Circuit | None = None, bulkhead: Bulkhead | None = None
    ) -> None:
        self.name = name
        self.source = source
        self.circuit = circuit
        self.bulkhead = bulkhead
        self.pending = 0
        self.calls = 0
        self.failures = 0
        self.doubted_until = 0.0
        self.place = 0
        self.bit = 1
        self.steady = True

    def take_place(self, place: int) -> None:
        """Become the address at *place*."""
        self.place = place
        self.bit = 1 << place

    @property
    def serves(self) -> bool:
        """Its circuit lets everything pass: neither open nor on trial."""
        return self.circuit is None or self.circuit.state in _SERVING

    @property
    def suspected(self) -> bool:
        """It is on trial for what others say (``layers.hints``): it was well so far, and stays in use."""
        circuit = self.circuit
        return circuit is not None and circuit.state is CircuitState.HALF_OPEN and circuit.reason == "hint"

    def refuses(self, now: float) -> bool:
        """Its circuit would refuse a call now. A look only."""
        return self.circuit is not None and self.circuit.refuses(now)

    def take(self, call: Call) -> None:
        """*call* goes to it from now on."""
        call.tried |= self.bit  # at once: a hedge is made while this attempt is under way
        self.calls += 1
        self.pending += 1

    def succeeded(self) -> None:
        """A call to it ended well."""
        self.failures = 0

    def failed(self, now: float) -> None:
        """A call to it failed."""
        self.failures += 1
        self.doubted_until = now + DOUBTED_FOR

    def load(self, now: float) -> int:
        """Attempts under way; each failure in a row counts as one more for a second.

        Otherwise an address that fails at once, and so never has anything pending, would draw all calls.
        """
        if self.failures and now < self.doubted_until:
            return self.pending + self.failures
        return self.pending

    def __repr__(self) -> str:
        state = self.circuit.state if self.circuit is not None else "without circuit"
        return f"<Address {self.name}: {self.pending} pending, {state}>"

"""Which of an upstream's addresses gets a call: the one with the least to do, of those that are well.

All addresses are compared, not two of them drawn by lot: their number is small, and what is compared is known
exactly and now, so there is no stale figure that everybody would run after. Equals are drawn by lot, because
taking turns falls into step with clients that do (heavy, light, light, heavy, …).

What counts, in this order:
1. An address whose circuit refuses is never picked. Only if all of them refuse is the call refused: while one
   takes calls its bulkhead, and not this layer, says how much it can bear.
2. One that this call has not been to (a retry or a hedge goes elsewhere).
3. One that has a slot free.
4. One that does not fail far more often than the others (outlier.py).
5. One that came back some time ago: a slow start, and a circuit on trial, lets an address take part in only
   so many picks as it has weight (slow_start.py).
6. The least load, by weight.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from gateway.call import Call, Source
from gateway.layers.address import Address, AddressSnapshot
from gateway.layers.circuit_state import CircuitState
from gateway.layers.observe import Meter
from gateway.layers.outlier import Outliers
from gateway.layers.slow_start import SlowStart
from gateway.outcome import Cause, Failure, Outcome, Success, Verdict, verdict

Clock = Callable[[], float]

CROWDED: Final = 0.8
"""Above this share of its slots in use, an address has none for hedges."""

_CLOSED: Final = CircuitState.CLOSED
_TRIED, _FULL, _OUTLIER, _GATED = 8, 4, 2, 1


class Balance:
    """The addresses of one upstream; one or more. *random* gives numbers in [0, 1).

    ``slow_start`` is the seconds until an address that came back has its full share (``None``: none),
    ``max_ejected`` the share of addresses that may be left out for being worse than the others. Every *now*
    is an instant on one monotonic clock, that of the circuits.
    """

    __slots__ = ("_drawn", "_outliers", "_random", "_starts", "addresses")

    def __init__(
        self,
        addresses: Sequence[Address],
        random: Callable[[], float],
        *,
        slow_start: float | None = 10.0,
        max_ejected: float = 0.5,
    ) -> None:
        self.addresses = tuple(addresses)
        for place, address in enumerate(self.addresses):
            address.take_place(place)
        self._random = random
        self._drawn: Address | None = None
        self._outliers = Outliers(len(self.addresses), max_ejected, random)
        # All begin together, so none is newer than the others: at start nobody starts slowly.
        self._starts = [SlowStart(slow_start) for _ in self.addresses]

    def pick(self, now: float, tried: int = 0) -> Address | None:
        """Where a call goes that has been at the addresses marked in *tried*; ``None``: all refuse."""
        if tried:
            return self._weigh(now, tried)
        best: Address | None = None
        least, equals = 0, 1
        for address in self.addresses:
            circuit, bulkhead = address.circuit, address.bulkhead
            if (
                not address.steady
                or address.failures
                or (circuit is not None and circuit.state is not _CLOSED)
                or (bulkhead is not None and bulkhead.in_use >= bulkhead.slots)
            ):
                return self._weigh(now, tried)
            # All are well so far: only what they have to do counts (three: 0.9 µs, and 4.5 in `_weigh`).
            pending = address.pending
            if best is None or pending < least:
                best, least, equals = address, pending, 1
            elif pending == least:
                equals += 1
                if self._random() * equals < 1.0:
                    best = address
        drawn = self._drawn
        if drawn is not None:
            self._drawn = None
            if drawn.pending == least:
                return drawn
        return best

    def put_back(self, address: Address) -> None:
        """The call does not go to *address*, just picked for it, but is picked for once more: its lot is
        drawn. (A new one would favour addresses at which calls can be begun without waiting.)
        """
        self._drawn = address

    def _weigh(self, now: float, tried: int) -> Address | None:
        """The same, when something speaks against one of them."""
        self._drawn = None
        weights = [self._weight(address, now) for address in self.addresses]
        heaviest = max(weights)
        best: Address | None = None
        best_rank, best_cost, equals = 0, 0.0, 1
        for address, weight in zip(self.addresses, weights, strict=True):
            if not weight:
                continue
            rank = self._rank(address, weight, heaviest, now, tried)
            cost = address.load(now) / weight
            if best is None or rank < best_rank or (rank == best_rank and cost < best_cost):
                best, best_rank, best_cost, equals = address, rank, cost, 1
            elif rank == best_rank and cost == best_cost:
                equals += 1
                if self._random() * equals < 1.0:
                    best = address
        return best

    def _rank(self, address: Address, weight: float, heaviest: float, now: float, tried: int) -> int:
        """What speaks against *address*, the worst in the highest bit."""
        rank = _TRIED if tried & address.bit else 0
        bulkhead = address.bulkhead
        if bulkhead is not None and bulkhead.in_use >= bulkhead.slots:
            rank |= _FULL
        if weight < heaviest and self._random() * heaviest >= weight:
            rank |= _GATED
        if self._outliers.is_out(address.place, now):
            rank |= _OUTLIER
        return rank

    def _weight(self, address: Address, now: float) -> float:
        """Its weight now, 0 if its circuit refuses; notes whether it is out, or has come back."""
        place = address.place
        start = self._starts[place]
        if not address.serves or self._outliers.is_out(place, now):
            address.steady = False
            if not address.suspected:
                start.hold()
            return 0.0 if address.refuses(now) else start.weight(now)
        if start.held:
            start.begin(now)
        weight = start.weight(now)
        address.steady = weight >= 1.0
        return weight

    def ended(self, address: Address, outcome: Outcome, now: float) -> None:
        """A call to *address* ended with *outcome*."""
        health = Verdict.SUCCESS if outcome.__class__ is Success else verdict(outcome)
        if health is Verdict.SUCCESS:
            address.succeeded()
            self._outliers.succeeded(address.place, now)
        elif health is Verdict.FAILURE:
            address.failed(now)
            if self._outliers.failed(address.place, now):
                address.steady = False

    def refusal(self, now: float) -> Failure:
        """What a call is told that no address takes: come back when the first of them may be tried."""
        waits = (each.circuit.retry_after(now) for each in self.addresses if each.circuit is not None)
        detail = f"the circuits of all {len(self.addresses)} addresses refuse"
        return Failure(Cause.CIRCUIT_OPEN, detail, retry_after=min(waits, default=0.0))

    def refuses(self, now: float) -> bool:
        """No address takes a call now: the upstream as a whole is open."""
        return all(address.refuses(now) for address in self.addresses)

    def on_trial(self) -> bool:
        """No address is well: what is sent now is a probe, and must be neither retried nor hedged."""
        return not any(address.serves for address in self.addresses)

    def crowded(self) -> bool:
        """No address that is well has slots to spare for hedges."""
        return all(
            not address.serves
            or (address.bulkhead is not None and address.bulkhead.in_use > CROWDED * address.bulkhead.slots)
            for address in self.addresses
        )

    def snapshot(self, now: float) -> list[AddressSnapshot]:
        """The addresses now, for metrics and the admin pages."""
        return [
            AddressSnapshot(
                name=address.name,
                state=str(address.circuit.state) if address.circuit is not None else "closed",
                pending=address.pending,
                calls=address.calls,
                weight=self._weight(address, now),
                ejected=self._outliers.is_out(address.place, now),
                ejections=self._outliers.ejections[address.place],
            )
            for address in self.addresses
        ]

    def __repr__(self) -> str:
        pending = ", ".join(f"{address.name}: {address.pending} pending" for address in self.addresses)
        return f"<Balance {pending}>"


def balancing(balance: Balance, clock: Clock) -> Source:
    """The upstream as one source: every attempt goes to the address that *balance* picks.

    A circuit that closes its gate between the look and the permit costs nothing: nothing was sent, and the
    next address is asked. ``Call.tried`` remembers where the call has been.
    """

    async def balanced(call: Call) -> Outcome:
        asked = 0
        outcome: Outcome | None = None
        while True:
            now = clock()
            address = balance.pick(now, call.tried)
            if address is None or address.bit & asked:
                return balance.refusal(now) if outcome is None else outcome
            asked |= address.bit
            address.take(call)
            try:
                outcome = await address.source(call)
            finally:
                address.pending -= 1
            balance.ended(address, outcome, clock())
            if call.ended is not None or not was_refused(outcome):
                return outcome

    return balanced


class PendingMeter:
    """What ``balancing`` does after an attempt at *address*, for who makes attempts without layers and
    records them in *meter*. (One that was torn down says nothing of the address, as its verdict is neutral.)
    """

    __slots__ = ("_address", "_balance", "_clock", "_meter")

    def __init__(self, balance: Balance, address: Address, clock: Clock, meter: Meter) -> None:
        self._balance = balance
        self._address = address
        self._clock = clock
        self._meter = meter

    def record(self, outcome: Outcome, seconds: float) -> None:
        """An attempt that took *seconds* ended as *outcome*."""
        self._address.pending -= 1
        self._balance.ended(self._address, outcome, self._clock())
        self._meter.record(outcome, seconds)


def was_refused(outcome: Outcome) -> bool:
    """Whether the address' own circuit said no: another one may be asked."""
    return isinstance(outcome, Failure) and outcome.cause is Cause.CIRCUIT_OPEN

"""Addresses by turns (``balance: off``): nothing but an open circuit keeps a call from one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.layers.address import Address
from gateway.layers.balance import Balance


class Turns(Balance):
    """Each address in its turn, the first one by lot, so that many gateways do not begin with the same."""

    __slots__ = ("_next",)

    def __init__(self, addresses: Sequence[Address], random: Callable[[], float]) -> None:
        super().__init__(addresses, random, slow_start=None, max_ejected=0.0)
        self._next = int(random() * len(self.addresses))

    def pick(self, now: float, tried: int = 0) -> Address | None:
        """The next one whose circuit does not refuse; one of *tried* only if there is no other."""
        second_best: Address | None = None
        count = len(self.addresses)
        for turn in range(self._next, self._next + count):
            address = self.addresses[turn % count]
            if address.refuses(now):
                continue
            if not tried & address.bit:
                self._next = (turn + 1) % count
                return address
            second_best = second_best or address
        if second_best is not None:
            self._next = (second_best.place + 1) % count
        return second_best

    def put_back(self, address: Address) -> None:
        """It is still the turn of *address*."""
        self._next = address.place

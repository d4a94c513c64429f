"""Direct calls at an upstream with several addresses: begun at the one that is picked, or not at all.

What the plain form does on the way up (``layers.balance.balancing``), a ``PendingMeter`` does here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.call import Call
from gateway.layers.balance import Balance
from gateway.plan.attempt import Attempt
from gateway.plan.direct import Direct, Landing


class Balanced:
    """How the calls of one step are made without a coroutine: *directs* are those of its addresses.

    *clock* is that of their circuits.
    """

    __slots__ = ("_balance", "_clock", "directs")

    def __init__(self, balance: Balance, directs: Sequence[Direct], clock: Callable[[], float]) -> None:
        self._balance = balance
        self._clock = clock
        self.directs = tuple(directs)

    def begin(self, call: Call, run: Landing, index: int) -> Attempt | None:
        """Make *call*, of *run*'s step *index*; ``None``, and nothing done, if that cannot be direct."""
        now = self._clock()
        if call.deadline - now < call.floor or call.ended is not None:
            return None  # the plain form does not get as far as to ask where such a call goes
        address = self._balance.pick(now, call.tried)
        if address is None:
            return None
        attempt = self.directs[address.place].begin(call, run, index)
        if attempt is None:
            self._balance.put_back(address)
        else:
            address.take(call)
        return attempt


Beginning = Direct | Balanced
"""What begins the direct calls of a step."""

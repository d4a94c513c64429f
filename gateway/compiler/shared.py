"""What all upstreams and steps of one process share."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.compiler.signing import CredentialStores
from gateway.plan.background import Background

if TYPE_CHECKING:
    from gateway.buffered import Buffered
    from gateway.compiler.stores import Stores
    from gateway.layers.circuit_state import Listener
    from gateway.layers.observe import Meter
    from gateway.layers.stand_ins import StandIns
    from gateway.timers import Timers

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Shared:
    """What all upstreams and steps of a process share. ``meter`` gives the meter of an upstream's attempts,
    ``random`` numbers in [0, 1). ``closing``: connections are being closed, so nothing is tried again.
    ``background`` keeps what outlives its request, ``credentials`` those of AWS. ``examples``: the
    configuration is only tried, and examples stand in place of upstreams.
    """

    timers: Timers
    buffered: Buffered
    clock: Clock
    meter: Callable[[str], Meter]
    listener: Listener
    stores: Stores
    stand_ins: StandIns
    random: Callable[[], float] = random.random
    closing: Callable[[], bool] = bool
    background: Background = field(default_factory=Background)
    credentials: CredentialStores = field(default_factory=CredentialStores)
    examples: bool = False

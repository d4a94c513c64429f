"""The switch over everything that stands in for a failure: stale copies and fallbacks.

The ladder of a step is live, stale, fallback, nothing (docs/contract.md section 2), and its order is that of
the layers. An operator may switch the two middle rungs off, for all steps at once and while the gateway runs:
to see failures as they are, or because what stands in has become worse than nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.layers.fallback import StandIn
from gateway.outcome import Failure, Outcome


class StandIns:
    """Whether anything may stand in for a failure; one of a gateway, asked at each failure."""

    __slots__ = ("allowed",)

    def __init__(self) -> None:
        self.allowed = True

    def __repr__(self) -> str:
        return f"<StandIns {'allowed' if self.allowed else 'off'}>"


def switched(stand_in: StandIn, stand_ins: StandIns) -> StandIn:
    """The same fallback, which has nothing to say while the switch is off."""

    def unless_off(failure: Failure, inputs: Sequence[Any]) -> Outcome:
        return stand_in(failure, inputs) if stand_ins.allowed else failure

    return unless_off

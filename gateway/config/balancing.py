"""How calls are spread over the addresses of one upstream."""

from __future__ import annotations

from pydantic import Field

from gateway.config.kinds import DurationOrOff, Ratio
from gateway.config.specs import spec


@spec("`balance`")
class BalanceSpec:
    """``balance:`` - the address with the least to do gets the call."""

    slow_start: DurationOrOff = Field(
        default=10.0, description="An address that is new or well again gets its full share only after this."
    )
    max_ejected: Ratio = Field(
        default=0.5,
        description="At most this share of the addresses is left out for failing more than the others.",
    )

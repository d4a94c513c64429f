"""What a call may cost beyond its first attempt: retries, hedges, and the budget that both draw on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from gateway.config.faults import Wrong
from gateway.config.kinds import Duration, Ratio, Shown, count
from gateway.config.specs import spec
from gateway.config.units import DURATION_PATTERN, duration, duration_text

MOST_ATTEMPTS = 10
"""More tries of one call than this help nobody; the budget would refuse them anyway."""

_PERCENTILE = re.compile(r"p([0-9]{1,2}(?:\.[0-9]+)?)")


@dataclass(frozen=True, slots=True)
class Percentile:
    """A share of the attempts: 0.95 for ``p95``."""

    share: float

    def __str__(self) -> str:
        return f"p{self.share * 100:.12g}"


def attempts(value: Any) -> int:
    """Tries in all; one is no retry. Raises `Wrong`."""
    if value == 0 and not isinstance(value, bool):
        raise Wrong("the first attempt counts too", "write retry: off for calls that are made once")
    return count(1, MOST_ATTEMPTS)(value)


def per_second(value: Any) -> float:
    """How many a second, from zero on. Raises `Wrong`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Wrong("{it} is not a number", "write how many a second: 1 or 0.5")
    if not 0 <= value <= 1_000_000:
        raise Wrong("{it} is not between 0 and 1000000")
    return float(value)


def hedge_delay(value: Any) -> float | Percentile:
    """A duration, or a percentile of the attempts' own: ``p95``. Raises `Wrong`."""
    match = _PERCENTILE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        if isinstance(value, str) and value.startswith("p"):
            raise Wrong("{it} is not a percentile", "write p95, or a duration such as 30ms")
        return duration(value)
    share = float(match[1]) / 100
    if not 0.5 <= share < 1:
        raise Wrong("{it} is not between p50 and p99.9", "below p50 most calls would be sent twice")
    return Percentile(share)


def _shown_delay(value: float | Percentile) -> str:
    return str(value) if isinstance(value, Percentile) else duration_text(value)


_VARIABLE = {"type": "string", "pattern": r"^\$\{.*\}$"}
Attempts = Annotated[
    int,
    PlainValidator(attempts),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": MOST_ATTEMPTS}, _VARIABLE]}),
]
PerSecond = Annotated[
    float,
    PlainValidator(per_second),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, _VARIABLE]}),
    Shown(lambda value: f"{value:g}"),
]
HedgeDelay = Annotated[
    float | Percentile,
    PlainValidator(hedge_delay),
    WithJsonSchema({"type": "string", "pattern": rf"^(p[0-9.]+|{DURATION_PATTERN}|.*\$\{{.*)$"}),
    Shown(_shown_delay),
]


@spec("`retry`")
class RetrySpec:
    """``retry:`` - further attempts of a repeatable call, and of any call that was not sent."""

    attempts: Attempts = Field(default=2, description="Tries in all, the first one included.")
    backoff: Duration = Field(
        default=0.05, description="The wait before the second is random up to this; twice as long each time."
    )
    max_backoff: Duration = Field(default=0.5, description="The longest a random wait can be.")

    @model_validator(mode="after")
    def _waits_fit(self) -> RetrySpec:
        if self.max_backoff < self.backoff:
            raise Wrong("`max_backoff` is below `backoff`", at=("max_backoff",), also=(("backoff",),))
        return self


@spec("`hedge`")
class HedgeSpec:
    """``hedge:`` - a second attempt beside a first that takes unusually long; the first answer wins."""

    after: HedgeDelay = Field(
        default=Percentile(0.95),
        description="How long the first attempt has alone: a duration, or a percentile of all attempts.",
    )


@spec("`budget`")
class BudgetSpec:
    """``budget:`` - how many retries and hedges an upstream gets, whoever asks for them."""

    ratio: Ratio = Field(default=0.1, description="Retries and hedges, as a share of first attempts.")
    per_second: PerSecond = Field(
        default=1.0, description="So many more a second, for upstreams with few calls."
    )

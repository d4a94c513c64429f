"""What guards an upstream from its callers, and them from it: the circuit breaker and the bulkhead."""

from __future__ import annotations

from copy import copy
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from gateway.config.faults import Wrong, did_you_mean
from gateway.config.kinds import (
    Count,
    CountFromZero,
    Duration,
    MaybeCount,
    MaybeDuration,
    MaybeName,
    Ratio,
    Share,
    Switch,
    count,
)
from gateway.config.specs import spec

ADAPTIVE: Literal["adaptive"] = "adaptive"

SMALLEST = 4
FIRST = 20
LARGEST = 1000
"""Limits of adaptive slots that are not written."""


def slots(value: Any) -> Any:
    """A number of slots, or ``adaptive``. Raises `Wrong`."""
    if value == ADAPTIVE:
        return ADAPTIVE
    if isinstance(value, str):
        meant = did_you_mean(value, (ADAPTIVE,))
        raise Wrong("{it} is neither a whole number nor `adaptive`", meant)
    return count(1)(value)


Slots = Annotated[
    int | Literal["adaptive"],
    PlainValidator(slots),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "string", "pattern": r"^(adaptive|\$\{.*\})$"},
            ]
        }
    ),
]


@spec("`breaker`")
class BreakerSpec:
    """``breaker:`` - when to stop calling an upstream that is not well. Durations in seconds."""

    failure_ratio: Share = Field(
        default=0.5, description="Opens when this share of the window's calls failed."
    )
    minimum_throughput: Count = Field(default=20, description="…but only with this many calls in the window.")
    sampling_window: Duration = Field(default=10.0, description="How far back the two ratios look.")
    consecutive: MaybeCount = Field(
        default=10, description="Opens also after this many failures in a row, whatever their rate; or off."
    )
    open_for: Duration = Field(
        default=5.0, description="How long it stays open the first time; twice as long each time after."
    )
    max_open_for: Duration = Field(default=60.0, description="The longest it stays open.")
    jitter: Ratio = Field(
        default=0.2,
        description="The open time varies by this share at random.",
    )
    probes: Count = Field(
        default=3, description="Calls let through at a time while half-open; all must succeed to close."
    )
    slow_call: MaybeDuration = Field(
        default=None, description="Calls longer than this count as slow. on: 80 % of the upstream's timeout."
    )
    slow_ratio: Share = Field(
        default=0.8, description="Opens when this share of the window's calls was slow."
    )
    share: MaybeName = Field(
        default=None,
        description="A redis store through which processes tell each other what opened; only ever a hint.",
    )

    @model_validator(mode="after")
    def _open_times_fit(self) -> BreakerSpec:
        if self.max_open_for < self.open_for:
            raise Wrong("`max_open_for` is below `open_for`", at=("max_open_for",), also=(("open_for",),))
        return self


@spec("`bulkhead`")
class BulkheadSpec:
    """``bulkhead:`` - how many attempts may be in flight, how many may wait for a slot, how long."""

    slots: Slots = Field(
        default=1000,
        description="Attempts in flight at once; the connection pool is as large. "
        "adaptive: as many as the upstream answers without getting slower.",
    )
    min: MaybeCount = Field(default=None, description="The fewest slots, if adaptive. Not written: 4.")
    initial: MaybeCount = Field(default=None, description="The first limit, if adaptive. Not written: 20.")
    max: MaybeCount = Field(
        default=None,
        description="The most slots, if adaptive; the connection pool is as large. Not written: 1000.",
    )
    waiting: CountFromZero = Field(default=1000, description="Attempts that may wait for a slot.")
    max_wait: Duration = Field(default=0.1, description="How long one waits for a slot.")

    @property
    def bounds(self) -> tuple[int, int, int]:
        """Fewest, first and most slots; three times the same where they are fixed."""
        if self.slots != ADAPTIVE:
            return self.slots, self.slots, self.slots
        most = self.max or LARGEST
        fewest = self.min or min(SMALLEST, most)
        return fewest, self.initial or max(fewest, min(FIRST, most)), most

    def within(self, connections: int) -> BulkheadSpec:
        """The same with no more slots than there are *connections*."""
        fewest, first, most = (min(bound, connections) for bound in self.bounds)
        narrowed = copy(self)  # what was read is not read again
        limits = {"min": fewest, "initial": first, "max": most} if self.slots == ADAPTIVE else {"slots": most}
        for key, value in limits.items():
            object.__setattr__(narrowed, key, value)
        return narrowed

    @model_validator(mode="after")
    def _limits_fit(self) -> BulkheadSpec:
        limits = {"min": self.min, "initial": self.initial, "max": self.max}
        if self.slots != ADAPTIVE:
            for key, value in limits.items():
                if value is not None:
                    hint = f"write slots: adaptive, or {key}: off"
                    raise Wrong(f"`{key}` is for adaptive slots only", hint, at=(key,), also=(("slots",),))
            return self
        fewest, first, most = self.bounds
        if not fewest <= first <= most:
            at = next(key for key in ("initial", "min", "max") if limits[key] is not None)
            raise Wrong(
                f"the limits must rise: min is {fewest}, initial {first}, max {most}",
                at=(at,),
            )
        return self


@spec("`warm`")
class WarmSpec:
    """``warm:`` - what is done so that an upstream is not met by full load at once."""

    connections: CountFromZero = Field(
        default=10, description="Connections opened at start, before the gateway says it is ready."
    )
    ramp: Switch = Field(
        default=True,
        description="At start and after the circuit closed, concurrency grows step by step.",
    )

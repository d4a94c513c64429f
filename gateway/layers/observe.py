"""How long calls and attempts take, and how they end: everything a meter needs, however they end."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable
from typing import Final, Protocol

from gateway.call import Call, Layer, Source
from gateway.outcome import Cause, Failure, Outcome

CANCELLED: Final = Failure(Cause.OUT_OF_TIME, "cancelled")
"""What a meter is told of a call whose task was cancelled or torn down."""

BUG: Final = Failure(Cause.INTERNAL, "an exception")
"""What a meter is told of a call that raised."""


class Meter(Protocol):
    """Where measurements go. Must neither block nor raise."""

    def record(self, outcome: Outcome, seconds: float) -> None:
        """One call or attempt ended as *outcome* after *seconds*."""


def observing_calls(meter: Meter, clock: Callable[[], float]) -> Layer:
    """Record every call in *meter*, and its time in ``call.elapsed``."""

    def wrap(inner: Source) -> Source:
        async def observed(call: Call) -> Outcome:
            started = clock()
            outcome: Outcome = BUG
            try:
                outcome = await inner(call)
            except (CancelledError, GeneratorExit):
                outcome = CANCELLED
                raise
            finally:
                call.elapsed = clock() - started
                meter.record(outcome, call.elapsed)
            return outcome

        return observed

    return wrap


def observing_attempts(meter: Meter, clock: Callable[[], float]) -> Layer:
    """Record every attempt in *meter*, also those that our own breaker or bulkhead refused."""

    def wrap(inner: Source) -> Source:
        async def observed(attempt: Call) -> Outcome:
            started = clock()
            outcome: Outcome = BUG
            try:
                outcome = await inner(attempt)
            except (CancelledError, GeneratorExit):
                outcome = CANCELLED
                raise
            finally:
                meter.record(outcome, clock() - started)
            return outcome

        return observed

    return wrap

"""Gives a bulkhead as many slots as its ``Gradient`` says, and tells that how attempts end.

Whoever makes attempts without layers has them measured by an ``AdaptingMeter`` instead.
"""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable
from typing import Final

from gateway.call import Call, Layer, Source
from gateway.layers.bulkhead import Bulkhead
from gateway.layers.gradient import Gradient
from gateway.layers.observe import CANCELLED, Meter
from gateway.outcome import ANOTHER_WON, Cause, Outcome, Success

_SERVICE_UNAVAILABLE: Final = 503


def adapting(gradient: Gradient, bulkhead: Bulkhead, clock: Callable[[], float]) -> Layer:
    """Tell *gradient* how attempts end, and give *bulkhead* the slots that it says.

    Stands just inside the bulkhead, so that waiting for a slot is not taken for the upstream's slowness.
    """
    bulkhead.resize(gradient.slots)

    def wrap(inner: Source) -> Source:
        async def sampled(call: Call) -> Outcome:
            started = clock()
            try:
                outcome = await inner(call)
            except CancelledError:
                now = clock()
                _adapt(gradient, bulkhead, CANCELLED, now, now - started)
                raise
            now = clock()
            _adapt(gradient, bulkhead, outcome, now, now - started)
            return outcome

        return sampled

    return wrap


class AdaptingMeter:
    """The same for who records in *meter* each attempt that holds a slot of *bulkhead*, before giving it."""

    __slots__ = ("_bulkhead", "_clock", "_gradient", "_meter")

    def __init__(
        self, gradient: Gradient, bulkhead: Bulkhead, clock: Callable[[], float], meter: Meter
    ) -> None:
        self._gradient = gradient
        self._bulkhead = bulkhead
        self._clock = clock
        self._meter = meter

    def record(self, outcome: Outcome, seconds: float) -> None:
        """An attempt that took *seconds* ended as *outcome*."""
        _adapt(self._gradient, self._bulkhead, outcome, self._clock(), seconds)
        self._meter.record(outcome, seconds)


def _adapt(gradient: Gradient, bulkhead: Bulkhead, outcome: Outcome, now: float, elapsed: float) -> None:
    slots = _told(gradient, outcome, now, elapsed, bulkhead.in_use)
    if slots != bulkhead.limit:
        bulkhead.resize(slots)


def _told(gradient: Gradient, outcome: Outcome, now: float, elapsed: float, in_flight: int) -> int:
    """Tell *gradient* what *outcome* says about load; returns its slots.

    Answers other than 2xx are quicker or slower than work is, and most have nothing to do with load; our own
    refusals never reached the upstream. The exceptions are the upstream's own words for "too many".
    """
    if isinstance(outcome, Success):
        return gradient.record(now, elapsed, in_flight)
    cause = outcome.cause
    overloaded = cause is Cause.FAILED and outcome.status == _SERVICE_UNAVAILABLE
    if overloaded or cause is Cause.TIMEOUT or cause is Cause.THROTTLED:
        return gradient.record(now, elapsed, in_flight, dropped=True)
    if cause is Cause.OUT_OF_TIME and outcome is not ANOTHER_WON:
        return gradient.cut(now, elapsed, in_flight)
    return gradient.slots

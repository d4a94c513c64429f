"""Nothing starts that cannot end in time: below a floor of time left, a call is not made at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from gateway.call import Call, Layer, Source, answered
from gateway.outcome import Cause, Failure, Outcome


def within_deadline(clock: Callable[[], float]) -> Layer:
    """Refuse a call with less than ``call.floor`` seconds left before its deadline.

    Cutting a call whose deadline passes while it runs is the executor's part: it has one timer per request.
    """

    def wrap(inner: Source) -> Source:
        def bounded(call: Call) -> Awaitable[Outcome]:
            left = call.deadline - clock()
            if left < call.floor:
                return answered(Failure(Cause.OUT_OF_TIME, f"not begun with {left * 1000:.0f} ms left"))
            return inner(call)

        return bounded

    return wrap

"""A configured answer for a call that failed: marked, so that nobody takes it for the upstream's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gateway.call import Call, Layer, Source
from gateway.outcome import Failure, Outcome

StandIn = Callable[[Failure, Sequence[Any]], Outcome]
"""From the last failure and the request's checked inputs to what stands in for it:
``Success(body, Freshness.FALLBACK, cause=failure.cause)``, or the failure if there is nothing to say.
"""


def standing_in(stand_in: StandIn) -> Layer:
    """Answer a failure with *stand_in*; a success of any freshness passes as it is."""

    def wrap(inner: Source) -> Source:
        async def backed(call: Call) -> Outcome:
            outcome = await inner(call)
            if outcome.__class__ is Failure:
                assert isinstance(outcome, Failure)
                return stand_in(outcome, call.inputs)
            return outcome

        return backed

    return wrap

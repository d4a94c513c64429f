"""Statuses that mean "there is none": the step answers null, and that is no failure."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from gateway.call import Call, Layer, Source
from gateway.outcome import Failure, Outcome, Success


def answering_nothing(statuses: AbstractSet[int]) -> Layer:
    """Turn a failure with one of these HTTP *statuses* into a live ``null``."""

    def wrap(inner: Source) -> Source:
        async def tolerant(call: Call) -> Outcome:
            outcome = await inner(call)
            if outcome.__class__ is Failure and outcome.status in statuses:
                assert outcome.status is not None
                return Success(b"null", status=outcome.status)
            return outcome

        return tolerant

    return wrap

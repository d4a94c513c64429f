"""The answer of a step in another form: below it is the upstream's own, above it the step's.

Above the cache, so that copies are the upstream's answers; below the fallback, which is written in the form
that the step is to have, and which stands in for an answer that its shape does not fit.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.call import Call, Layer, Source
from gateway.outcome import Outcome, Success

Shaping = Callable[[Success], Outcome]
"""From an answer to the same with another body; ``Failure(unreadable)`` if it has not the form for it."""


def shaping(shape: Shaping) -> Layer:
    """Give every answer, of any freshness, to *shape*."""

    def wrap(inner: Source) -> Source:
        async def shaped(call: Call) -> Outcome:
            outcome = await inner(call)
            return shape(outcome) if outcome.__class__ is Success else outcome

        return shaped

    return wrap

"""What an upstream would answer, from the configuration: for `gateway try --mock`, which calls nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.outcome import Outcome, Success

if TYPE_CHECKING:
    from gateway.call import Call, Source


def example_source(body: bytes) -> Source:
    """Answers every call with *body*, which is JSON, at once."""

    async def answered(_call: Call) -> Outcome:
        return Success(body)

    return answered

"""Puts what the items of a list ended with together: one list, and how complete and how fresh it is.

every item answered       the list, as fresh as its least fresh item
a copy stands in          the same, with the cause of the first item that it stands in for
some items are missing    ``null`` in their places, and *partial*: ``meta`` says how many of how many, and why
no item answered          the failure of the first one, as if the list were a single call
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from gateway.outcome import Failure, Freshness, Outcome, Success

ITEMS: Final = b"items"
FAILED: Final = b"failed"
CAUSES: Final = b"causes"
"""What ``meta`` of a partial list holds: two numbers, and the indices of missing items by cause, as JSON."""

NAMED: Final = 100
"""Missing items whose index is told; of more than these the numbers must do."""

_NULL: Final = b"null"
_AGE: Final = b"age"
_RANKS: Final = tuple(Freshness)


def joined(outcomes: Sequence[Outcome | None], unfinished: Failure | None, *, required: bool) -> Outcome:
    """The list's outcome. An item without outcome ended as *unfinished*; *required*: none may be missing."""
    bodies: list[bytes] = []
    missing: list[tuple[int, Failure]] = []
    lesser: list[Success] = []
    for index, outcome in enumerate(outcomes):
        if outcome.__class__ is Success:
            assert isinstance(outcome, Success)
            bodies.append(outcome.body)
            if outcome.freshness is not Freshness.LIVE:
                lesser.append(outcome)
            continue
        failure = outcome if isinstance(outcome, Failure) else unfinished
        assert failure is not None, "an item without outcome was cut"
        bodies.append(_NULL)
        missing.append((index, failure))
    if missing and (required or len(missing) == len(outcomes)):
        return _told(outcomes, missing)
    body = b"[" + b",".join(bodies) + b"]"
    if missing:
        return Success(body, Freshness.PARTIAL, missing[0][1].cause, meta=_report(len(outcomes), missing))
    return _aged(body, lesser) if lesser else Success(body)


def _told(outcomes: Sequence[Outcome | None], missing: Sequence[tuple[int, Failure]]) -> Failure:
    """The failure that a list without an answer ends with: the first that an item had by itself."""
    return next((failure for index, failure in missing if outcomes[index] is failure), missing[0][1])


def _report(count: int, missing: Sequence[tuple[int, Failure]]) -> dict[bytes, bytes]:
    causes: dict[str, list[int]] = {}
    for index, failure in missing[:NAMED]:
        causes.setdefault(failure.cause, []).append(index)
    return {ITEMS: b"%d" % count, FAILED: b"%d" % len(missing), CAUSES: msgspec.json.encode(causes)}


def _aged(body: bytes, lesser: Sequence[Success]) -> Success:
    """A list with copies in it: as fresh as the least fresh, as old as the oldest."""
    freshness = max((outcome.freshness for outcome in lesser), key=_RANKS.index)
    cause = next((outcome.cause for outcome in lesser if outcome.cause is not None), None)
    age = max(
        (int(outcome.meta[_AGE]) for outcome in lesser if outcome.meta and _AGE in outcome.meta), default=0
    )
    return Success(body, freshness, cause, meta={_AGE: b"%d" % age})

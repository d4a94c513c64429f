"""Puts the answer's body together from what the steps ended with, by splicing bytes.

Nothing is decoded and encoded again, so numbers keep their digits and the same outcomes give the same bytes
(docs/contract.md section 2). Only ``merge:``, and the ``degraded`` member of a body that has one already,
look at the top level of an object, and deep merging at the levels that both sides share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

import msgspec

from gateway.outcome import Cause, Failure, Outcome, Success
from gateway.plan.fields import is_null, members
from gateway.plan.model import Scope
from gateway.telemetry.log import note

Read = Callable[[Sequence[Any], Sequence[Outcome | None]], Any]
"""Gives JSON ``bytes`` from ``(inputs, outcomes)``; anything else means that there is no value."""

OnConflict = Literal["error", "first", "last"]

_NULL: Final = b"null"
_BLANKS: Final = b" \t\r\n"
_encode = msgspec.json.Encoder().encode


def splicing(
    parts: Sequence[bytes], bodies: Sequence[tuple[int, int]], reads: Sequence[tuple[int, Read]]
) -> Callable[[Sequence[Any], Sequence[Outcome | None]], bytes]:
    """The function that joins *parts* after filling places of it; a place without a value gets ``null``.

    *bodies* are pairs of place and step index: the step's whole body. *reads* are pairs of place and read.
    """

    def splice(inputs: Sequence[Any], outcomes: Sequence[Outcome | None]) -> bytes:
        filled = list(parts)
        for place, index in bodies:
            outcome = outcomes[index]
            filled[place] = outcome.body if outcome.__class__ is Success else _NULL
        for place, read in reads:
            value = read(inputs, outcomes)
            filled[place] = value if value.__class__ is bytes else _NULL
        return b"".join(filled)

    return splice


def merging(
    steps: Sequence[tuple[str, int]], on_conflict: OnConflict = "error", *, deep: bool = False
) -> Callable[[Scope], bytes | Failure]:
    """The program of ``merge:``: one object with the members of all these steps' objects, in their order.

    *steps* are pairs of name and index. A step that did not answer, or answered ``null``, adds nothing.
    The same member with other bytes in two steps is a conflict: the first stands, the last stands, or the
    result is ``Failure(unreadable)``, as it is for a body that is no object. *deep* merges objects that meet.
    """
    indices = tuple(steps)

    def merge(scope: Scope) -> bytes | Failure:
        try:
            return merge_bodies(scope)
        except RecursionError:  # from Python 3.12 on a body may be deeper than functions may call themselves
            return Failure(Cause.UNREADABLE, "nested too deep to be merged")

    def merge_bodies(scope: Scope) -> bytes | Failure:
        merged: dict[str, Any] = {}
        outcomes = scope.outcomes
        for name, index in indices:
            outcome = outcomes[index]
            if not isinstance(outcome, Success) or is_null(outcome.body):
                continue
            found = members(outcome.body)
            if found is None:
                return Failure(Cause.UNREADABLE, f"{name} is no object and cannot be merged")
            conflict = _merge_into(merged, found, on_conflict, deep=deep)
            if conflict is not None:
                return Failure(
                    Cause.UNREADABLE, f"{name} has another '{note(conflict)}' than a step before it"
                )
        return _encode(merged)

    return merge


def _merge_into(
    merged: dict[str, Any], found: dict[str, msgspec.Raw], on_conflict: OnConflict, *, deep: bool
) -> str | None:
    """Add *found*; returns the name of the first conflict if that is an error."""
    for key, value in found.items():
        if key not in merged:
            merged[key] = value
            continue
        there = merged[key]
        if deep:
            inner, other = there if isinstance(there, dict) else members(there), members(value)
            if inner is not None and other is not None:
                merged[key] = inner
                conflict = _merge_into(inner, other, on_conflict, deep=True)
                if conflict is not None:
                    return f"{key}.{conflict}"
                continue
        if on_conflict == "last":
            merged[key] = value
        elif on_conflict == "error" and (isinstance(there, dict) or bytes(there) != bytes(value)):
            return key
    return None


def with_degraded(body: bytes, degraded: bytes) -> bytes:
    """*body* with the JSON *degraded* as its last top-level member; unchanged if it is no object."""
    text = body.rstrip(_BLANKS)
    if not text.endswith(b"}"):
        return body
    if b"degraded" in text or b"\\u" in text:
        # Perhaps an upstream's own member of that name, or of its letters escaped: no key comes twice.
        found = members(text) or {}
        if found.pop("degraded", None) is not None:
            return _encode(found | {"degraded": msgspec.Raw(degraded)})
    start = text[:-1].rstrip(_BLANKS)
    return start + (b'"degraded":' if start.lstrip(_BLANKS) == b"{" else b',"degraded":') + degraded + b"}"

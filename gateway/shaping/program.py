"""A shape: operations in an order, from the bytes of one document to the bytes of another.

Rules of the file:
1. ``null`` stays ``null``: an upstream that has nothing is not an upstream that is wrong.
2. What is absent or null on the way to a part is left as it is. What is there but of another type than the
   path says makes the document ``unreadable``: an upstream that changed its answers is told, not hidden.
3. A shape takes bytes that are known to be one JSON document, as sources check, and gives one, or a failure.
   It never raises for a document, whatever that is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any, Final

import msgspec

from gateway.outcome import Cause, Failure, Outcome, Success
from gateway.plan.fields import is_null
from gateway.shaping.members import Box, Operation
from gateway.shaping.tree import Raw, Unfit

OnBytes = Callable[[bytes], bytes]
Shape = Callable[[bytes], "bytes | Failure"]

_NULL: Final = b"null"
_encode: Final = msgspec.json.Encoder().encode
_BLANKS: Final = b" \t\r\n"


class Whole:
    """An operation that works on the whole document's bytes."""

    __slots__ = ("run",)

    def __init__(self, run: OnBytes) -> None:
        self.run = run


def shape_of(operations: Iterable[Operation | Whole]) -> Shape:
    """The function that does all *operations* in their order; neighbours on opened documents share them."""
    runs = list(_joined(operations))

    def shape(body: bytes) -> bytes | Failure:
        try:
            for run in runs:
                if is_null(body):
                    return _NULL
                body = run(body)
        except Unfit as unfit:
            return Failure(Cause.UNREADABLE, f"its shape does not fit: {unfit}")
        except (msgspec.DecodeError, UnicodeError):
            # A number beyond all that is a number, where its value is asked for; or nothing a source lets by.
            return Failure(Cause.UNREADABLE, "its shape cannot be decoded")
        except RecursionError:
            return Failure(Cause.UNREADABLE, "nested too deep to be shaped")
        return body

    return shape


def shaped_outcome(shape: Shape) -> Callable[[Success], Outcome]:
    """*shape* for what a step answered: everything but the body stays as it is."""

    def shaped(outcome: Success) -> Outcome:
        body = shape(outcome.body)
        if isinstance(body, Failure):
            return body
        return Success(body, outcome.freshness, outcome.cause, outcome.status, outcome.meta)

    return shaped


def _joined(operations: Iterable[Operation | Whole]) -> Iterator[OnBytes]:
    for whole, several in groupby(operations, lambda each: isinstance(each, Whole)):
        if whole:
            yield from (each.run for each in several)  # type: ignore[union-attr]
        else:
            yield _on_opened(list(several))  # type: ignore[arg-type]


def _on_opened(operations: list[Operation]) -> OnBytes:
    def run(body: bytes) -> bytes:
        document = body.strip(_BLANKS)
        if not document:
            raise Unfit("an empty body")
        box: Box = [Raw(document)]
        for operation in operations:
            operation(box)
            if _is_nothing(box[0]):
                return _NULL
        return _encode(box[0])

    return run


def _is_nothing(value: Any) -> bool:
    return value is None or (value.__class__ is Raw and is_null(bytes(value)))

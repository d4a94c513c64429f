"""Compiles the inputs of one route into the reader that fills their slots from a request.

    path, query, header, cookie   str in canonical form of its type; ``list[str]`` if many
    body                          JSON bytes (``b"null"`` for a ``null`` the client sent)
    now, request                  ``str`` in canonical form of its type; no part of the request
    missing                       None

Rules of the file:
1. Only what is used is parsed: a route without query references never looks at the query.
2. All that is wrong with a request is reported at once, by parameter, never with the value itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from gateway.edge.body_fields import body_part
from gateway.edge.inputs import Filled, FinishedSegment, Input, InputFault, Violation, Wanted
from gateway.edge.own_values import own_part
from gateway.edge.text_parts import Headers, cookie_part, header_part, path_part, query_part
from gateway.edge.values import PLAIN
from gateway.plan.fields import text_of
from gateway.transport.escaping import DOTS

Reader = Callable[[Mapping[str, str], bytes, Headers, bytes | None], list[Any]]
"""``reader(path_parameters, query_string, headers, body)``; raises ``InputFault``."""

_NO_DOTS: Final = PLAIN | {"number"}

_Part = Callable[[Any, list[Any], list[Violation]], None]

_PARTS: Final[dict[str, tuple[int, Callable[[Sequence[Wanted]], _Part]]]] = {
    "path": (0, path_part),
    "query": (1, query_part),
    "header": (2, header_part),
    "cookie": (2, cookie_part),
    "body": (3, body_part),
    "now": (0, own_part),
    "request": (0, own_part),
}
"""By root: which of the reader's arguments it reads, and what compiles its part of the reader."""


def reading(inputs: Sequence[Input], finished: Sequence[FinishedSegment] = ()) -> Reader:
    """Compile the reader of a route. *finished* are the segments to be looked at for dots when filled."""
    count: Final = len(inputs)
    wanted = [Wanted(slot, one) for slot, one in enumerate(inputs)]
    parts: list[tuple[int, _Part]] = []
    for root, (argument, compile_part) in _PARTS.items():
        of_root = [one for one in wanted if one.input.root == root]
        if of_root:
            parts.append((argument, compile_part(of_root)))

    risky = [segment for segment in finished if not any(_never_dots(place, inputs) for place in segment)]

    def read(path: Mapping[str, str], query: bytes, headers: Headers, body: bytes | None) -> list[Any]:
        values: list[Any] = [None] * count
        faults: list[Violation] = []
        request = (path, query, headers, body)
        for argument, part in parts:
            part(request[argument], values, faults)
        if risky and not faults:
            faults = [Violation(inputs[slot].name, message) for slot, message in _dots(risky, values)]
        if faults:
            raise InputFault(faults)
        return values

    return read


def _never_dots(place: str | Filled, inputs: Sequence[Input]) -> bool:
    """Whether the place is always filled with something else than dots: a number, a uuid, a boolean."""
    return isinstance(place, Filled) and inputs[place.slot].type in _NO_DOTS


def _dots(finished: Sequence[FinishedSegment], values: Sequence[Any]) -> list[tuple[int, str]]:
    """The segments that came out as dots: the slot of their first input, and a message."""
    found = []
    for segment in finished:
        text = "".join(piece if isinstance(piece, str) else _filled(piece, values) for piece in segment)
        if text in DOTS:
            slot = next(piece.slot for piece in segment if isinstance(piece, Filled))
            found.append((slot, "makes a path segment of dots"))
    return found


def _filled(place: Filled, values: Sequence[Any]) -> str:
    value = values[place.slot]
    if isinstance(value, bytes):
        value = text_of(value)
    return (place.default or "") if value is None else value

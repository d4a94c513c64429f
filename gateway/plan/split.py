"""Takes the answer to a batch apart: from one document to what belongs to each key.

    by a field      a list of objects; what belongs to a key is the object that says so in this field, or the
                    list of all that do
    no field        an object with a member for each key

Rules of the file:
1. Keys are compared as text, because that is what a URL and the members of an object have: 7 is "7".
2. What is no object, or says no key, belongs to nobody; of several for one key the last counts, unless many
   are asked for.
3. Bytes are passed on as they are; only the levels on the way to the items are decoded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from gateway.outcome import Cause, Failure
from gateway.plan.fields import items, members, pick, text_of

Parts = Mapping[str, msgspec.Raw | bytes]
"""What belongs to each key, by its text."""

Split = Callable[[bytes], "Parts | Failure"]


def splitting(at: Sequence[str] = (), by: str | None = None, *, many: bool = False) -> Split:
    """The function that takes an answer apart whose list, or object, is found *at* these members.

    Its result is ``Failure(unreadable)`` if there is none. *many*: each key has the list of all its items.
    """
    wanted = f"{'a list' if by is not None else 'an object'}{' at ' + '.'.join(at) if at else ''}"
    unreadable = Failure(Cause.UNREADABLE, f"the answer to a batch is not {wanted}")

    def split(body: bytes) -> Parts | Failure:
        found = pick(body, at) if at else body
        if found is None:
            return unreadable
        parts = members(found) if by is None else _by_field(found, by, many=many)
        return unreadable if parts is None else parts

    return split


def _by_field(data: bytes, field: str, *, many: bool) -> Parts | None:
    elements = items(data)
    if elements is None:
        return None
    parts: dict[str, list[msgspec.Raw]] = {}
    for element in elements:
        inside = members(element)
        key = inside.get(field) if inside is not None else None
        text = text_of(bytes(key)) if key is not None else None
        if text is not None:
            parts.setdefault(text, []).append(element)
    if not many:
        return {key: found[-1] for key, found in parts.items()}
    return {key: b"[" + b",".join(map(bytes, found)) + b"]" for key, found in parts.items()}


def failed_by(field: str) -> Callable[[bytes], bool]:
    """Whether an item says by its member *field* that it is an error: it has one, and it is not ``null``."""

    def failed(item: bytes) -> bool:
        return pick(item, (field,)) is not None

    return failed

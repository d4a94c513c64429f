"""Turns one resolved reference into the closure that reads its value while a request runs.

A read takes ``(inputs, outcomes)`` (see ``plan.Scope``) and returns

    the value                 JSON ``bytes``, ``str`` or ``list[str]``, by the kind of read
    None                      there is no value: the request part or the field is absent or ``null``
    Failure(skipped)          the step it reads did not answer, or answered something unfit

A default takes the place of ``None`` and of failures. What ``None`` means then is decided by the place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from gateway.compiler.input_table import Slot
from gateway.compiler.names import Use
from gateway.edge.values import checked_json, json_of
from gateway.outcome import Cause, Failure, Outcome, Success
from gateway.plan.fields import is_null, items, pick, text_of
from gateway.shaping.piping import as_json, as_text, piped
from gateway.shaping.tree import Unfit

T = TypeVar("T")

Read = Callable[[Sequence[Any], Sequence[Outcome | None]], T | Failure | None]

NULL: Final = b"null"


def skipped(use: Use, why: str) -> Failure:
    """The failure of a step that cannot be called for want of *use*; *why* continues the sentence."""
    return Failure(Cause.SKIPPED, f"{use} {why}")


def json_read(use: Use) -> Read[bytes]:
    """Reads the value as JSON. A ``null`` the client sent itself is the value ``null``, unless defaulted."""
    read = _json_of(use)
    if use.ref.functions:
        read = _through(use, read, as_json)
    default = use.ref.default
    if default is None:
        return read
    instead = default.json

    def defaulted(inputs: Sequence[Any], outcomes: Sequence[Outcome | None]) -> bytes:
        value = read(inputs, outcomes)
        return instead if value.__class__ is not bytes or value == NULL else value

    return defaulted


def text_read(use: Use) -> Read[str]:
    """Reads the value as text: strings decoded, numbers and booleans as written."""
    if use.ref.functions:
        read = _through(use, _json_of(use), as_text)
    else:
        read = _text_of_slot(use.slot) if use.slot is not None else _text_of_step(use)
    default = use.ref.default
    if default is None:
        return read
    instead = default.text

    def defaulted(inputs: Sequence[Any], outcomes: Sequence[Outcome | None]) -> str | None:
        value = read(inputs, outcomes)
        return value if value.__class__ is str else instead

    return defaulted


def list_read(use: Use) -> Read[list[str]]:
    """Reads the value as a list of texts: of a reference with ``[]``, whose only default is ``[]``, or with
    functions that make one.
    """
    slot = use.slot
    if slot is not None and slot.root != "body" and not use.ref.functions:
        index = slot.index
        return lambda inputs, _: inputs[index]
    source = _through(use, _json_of(use), as_json) if use.ref.functions else _json_of(use)
    default = use.ref.default
    instead: Any = None
    if default is not None and use.ref.functions:
        instead = [text_of(bytes(one)) for one in items(default.json) or ()]

    def read(inputs: Sequence[Any], outcomes: Sequence[Outcome | None]) -> list[str] | Failure | None:
        value = source(inputs, outcomes)
        if not isinstance(value, bytes) or value == NULL:
            return value if isinstance(value, Failure) and default is None else instead
        texts = [text_of(bytes(element)) for element in items(value) or ()]
        if None in texts:
            return None if use.ref.default else skipped(use, "holds more than texts, numbers and booleans")
        return texts  # type: ignore[return-value]

    return read


def _json_of(use: Use) -> Read[bytes]:
    return _json_of_slot(use.slot) if use.slot is not None else _json_of_step(use)


def _through(use: Use, read: Read[bytes], write: Callable[[str | bytes], T]) -> Read[T]:
    """What *read* gives after all functions of the reference, in the form that *write* gives it."""
    functions = use.ref.functions

    def functioned(inputs: Sequence[Any], outcomes: Sequence[Outcome | None]) -> T | Failure | None:
        value = read(inputs, outcomes)
        if value is None or value == NULL or isinstance(value, Failure):
            return value if isinstance(value, Failure) else None
        try:
            result = piped(value, functions)
            return None if result is None else write(result)
        except Unfit as unfit:
            return skipped(use, str(unfit))

    return functioned


def _json_of_slot(slot: Slot) -> Read[bytes]:
    index = slot.index
    if slot.root == "body":
        return lambda inputs, _: inputs[index]
    write = json_of(slot.final_type)

    def read(inputs: Sequence[Any], _: Sequence[Outcome | None]) -> bytes | None:
        value = inputs[index]
        return None if value is None else write(value)

    def read_list(inputs: Sequence[Any], _: Sequence[Outcome | None]) -> bytes | None:
        values = inputs[index]
        return None if values is None else b"[" + b",".join(map(write, values)) + b"]"

    return read_list if slot.many else read


def _text_of_slot(slot: Slot) -> Read[str]:
    index = slot.index
    if slot.root != "body":
        return lambda inputs, _: inputs[index]

    def read(inputs: Sequence[Any], _: Sequence[Outcome | None]) -> str | None:
        value = inputs[index]
        return None if value is None else text_of(value)

    return read


def _text_of_step(use: Use) -> Read[str]:
    source = _json_of_step(use)
    if use.local is not None and use.local.joins:
        use.local.as_text = True
        return _joined(source)

    def read(inputs: Sequence[Any], outcomes: Sequence[Outcome | None]) -> str | Failure | None:
        value = source(inputs, outcomes)
        if not isinstance(value, bytes):
            return value
        text = text_of(value)
        return skipped(use, "is an object or array, not a text") if text is None else text

    return read


def _joined(source: Read[bytes]) -> Read[str]:
    """A list of texts, numbers and booleans as one text, with commas between them."""

    def read(inputs: Sequence[Any], outcomes: Sequence[Outcome | None]) -> str | Failure | None:
        value = source(inputs, outcomes)
        if not isinstance(value, bytes):
            return value
        return ",".join(text_of(bytes(element)) or "" for element in items(value) or ())

    return read


def _json_of_step(use: Use) -> Read[bytes]:
    """Reads a step's body or a field of it, checked if the reference names a type or a list."""
    read = _part_of_step(use)
    ref = use.ref
    if ref.type is None and not ref.many:
        return read
    check = _checked_list(ref.type) if ref.many else checked_json(ref.type or "str")
    kind = f"{'list of ' if ref.many else ''}{ref.type or 'values'}"

    def checked(inputs: Sequence[Any], outcomes: Sequence[Outcome | None]) -> bytes | Failure | None:
        value = read(inputs, outcomes)
        if not isinstance(value, bytes):
            return value
        fit = check(value)
        return skipped(use, f"is not of the kind {kind}") if fit is None else fit

    return checked


def _checked_list(type_: str | None) -> Callable[[bytes], bytes | None]:
    """The check of an array, and of its elements if they are typed."""
    check = checked_json(type_) if type_ is not None else None

    def checked(data: bytes) -> bytes | None:
        elements = items(data)
        if elements is None:
            return None
        if check is None:
            return data
        checked_elements = [check(bytes(element)) for element in elements]
        if None in checked_elements:
            return None
        return b"[" + b",".join(element for element in checked_elements if element is not None) + b"]"

    return checked


def _part_of_step(use: Use) -> Read[bytes]:
    index, keys = use.step, use.ref.keys
    assert index is not None
    needed = f"needs {use.step_name}"

    def unanswered(outcome: Outcome | None) -> Failure:
        need = outcome if isinstance(outcome, Failure) else None
        return Failure(Cause.SKIPPED, needed, need=need)

    def whole(_: Sequence[Any], outcomes: Sequence[Outcome | None]) -> bytes | Failure | None:
        outcome = outcomes[index]
        if not isinstance(outcome, Success):
            return unanswered(outcome)
        return None if is_null(outcome.body) else outcome.body

    if not keys:
        return whole
    first, rest = keys[0], keys[1:]
    if not isinstance(first, str):

        def element(_: Sequence[Any], outcomes: Sequence[Outcome | None]) -> bytes | Failure | None:
            outcome = outcomes[index]
            return pick(outcome.body, keys) if isinstance(outcome, Success) else unanswered(outcome)

        return element

    def field(_: Sequence[Any], outcomes: Sequence[Outcome | None]) -> bytes | Failure | None:
        outcome = outcomes[index]
        if not isinstance(outcome, Success):
            return unanswered(outcome)
        value = outcome.members.get(first)
        return None if value is None else pick(value, rest)

    return field

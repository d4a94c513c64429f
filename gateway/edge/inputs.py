"""What a route takes from a client's request, and what can be wrong with it.

Whether a value may stand where templates put it (a path segment, a header) is checked here, so that rendering
need not: a client's fault is a 400 before the first call, never a skipped step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.edge.values import PLAIN, canonical
from gateway.transport.escaping import header_fault, path_fault, segment_fault


@dataclass(frozen=True, slots=True)
class Input:
    """One part of a request that templates read; where it stands decides what it may be.

    ``root`` is path, query, header, cookie, body, or one of ``own_values``; ``keys`` lead to the part (header
    names in lower case). ``type`` is a type of the grammar, or ``json`` for an untyped part of a body.
    ``required``: a request without it is a 400 (its defaults, if any, are the templates'). ``text``: it is
    written as text somewhere, so a body field must not be an object or array. ``segment``: it stands inside
    one segment of an upstream path; ``segments``: it is the end of one. ``header_safe``: it stands in a
    header. ``most``: there is a call for each of many, so they must be there, and no more than these.
    """

    root: str
    keys: tuple[str | int, ...] = ()
    type: str = "str"
    many: bool = False
    required: bool = False
    text: bool = False
    segment: bool = False
    segments: bool = False
    header_safe: bool = False
    most: int | None = None

    @property
    def name(self) -> str:
        """What problems call it: ``query.id``, ``body.items[0].id``; a path parameter by its bare name."""
        keys = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in self.keys)
        return keys[1:] if self.root == "path" else self.root + keys


@dataclass(frozen=True, slots=True)
class Filled:
    """A place in a path segment, filled by the input in ``slot``, or by ``default`` if that is missing."""

    slot: int
    default: str | None = None


FinishedSegment = tuple[str | Filled, ...]
"""A path segment that may come out as ``.`` or ``..``, from nothing but text and inputs."""


@dataclass(frozen=True, slots=True)
class Violation:
    """What is wrong with one parameter; ``message`` continues the sentence that its name begins."""

    parameter: str
    message: str


class InputFault(Exception):  # noqa: N818 - a fault, in the words of this project
    """A request that no step was called for: the client gets a problem with ``status``."""

    def __init__(self, violations: Sequence[Violation], status: int = 400) -> None:
        super().__init__("; ".join(f"{v.parameter} {v.message}" for v in violations))
        self.violations = tuple(violations)
        self.status = status


class Wanted:
    """One input with its slot, and how what was found for it gets there."""

    __slots__ = ("check", "check_place", "input", "name", "slot")

    def __init__(self, slot: int, wanted: Input) -> None:
        self.slot = slot
        self.input = wanted
        self.name = wanted.name
        self.check_place = _placing(wanted)
        self.check = _checking(wanted, self.check_place)

    def take(self, found: Sequence[str], values: list[Any], faults: list[Violation]) -> None:
        """Check the texts *found* for it, and store them."""
        if not found:
            if self.input.required:
                faults.append(Violation(self.name, "is missing"))
            return
        if len(found) > 1 and not self.input.many:
            faults.append(Violation(self.name, f"is given {len(found)} times"))
            return
        if self.input.most is not None and len(found) > self.input.most:
            faults.append(Violation(self.name, f"has more than {self.input.most} items"))
            return
        checked = [self.check(text) for text in found]
        wrong = next((value for value in checked if isinstance(value, Violation)), None)
        if wrong is not None:
            faults.append(wrong)
        else:
            values[self.slot] = checked if self.input.many else checked[0]


def _placing(wanted: Input) -> Callable[[str], str | None]:
    """Why a text must not stand where templates put it; ``None`` if it may."""
    places = (
        (wanted.segment, segment_fault),
        (wanted.segments, path_fault),
        (wanted.header_safe, header_fault),
    )
    refusals = [refusal for applies, refusal in places if applies]

    def refused(text: str) -> str | None:
        for refusal in refusals:
            fault = refusal(text)
            if fault is not None:
                return fault
        return None

    return refused


def _checking(wanted: Input, refused: Callable[[str], str | None]) -> Callable[[str], str | Violation]:
    """The check of one text: its canonical form, or what is wrong with it."""
    convert, type_, name = canonical(wanted.type), wanted.type, wanted.name
    not_one = Violation(name, f"is not {'an' if type_ == 'int' else 'a'} {type_}")

    def check_typed(text: str) -> str | Violation:
        assert convert is not None
        converted = convert(text)
        return not_one if converted is None else converted

    def check(text: str) -> str | Violation:
        value = text if convert is None else check_typed(text)
        if isinstance(value, Violation):
            return value
        fault = refused(value)
        return value if fault is None else Violation(name, fault)

    return check_typed if type_ in PLAIN else check

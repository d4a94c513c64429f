"""Reads route patterns: ``/user/{id:int}/x`` becomes literal segments and parameters.

Grammar: ``/`` between segments; a segment is literal text, or ``{name}``, ``{name:type}`` as a whole. Types:
``int`` ``uuid`` ``str`` (the default) and ``path``, which takes all the rest and so stands last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_LITERAL: Final = re.compile(r"[^\x00-\x20\x7f-\x9f{}%?#\\/]+")
_RESERVED: Final = {
    "health": "/health… answers for the gateway itself",
    "docs": "/docs is the gateway's documentation",
    "openapi.json": "/openapi.json describes the gateway's routes",
}


class ParameterType(StrEnum):
    """What a path parameter may hold; earlier ones are tried first."""

    INT = "int"
    UUID = "uuid"
    STR = "str"
    PATH = "path"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A segment whose text is a value."""

    name: str
    type: ParameterType


@dataclass(frozen=True, slots=True)
class Pattern:
    """A route's path. Two patterns of one ``shape`` match the same paths, whatever their names."""

    text: str
    segments: tuple[str | Parameter, ...]

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters, in path order."""
        return tuple(segment for segment in self.segments if isinstance(segment, Parameter))

    @property
    def shape(self) -> tuple[str | ParameterType, ...]:
        """The segments without the parameters' names."""
        return tuple(s.type if isinstance(s, Parameter) else s for s in self.segments)

    @property
    def reserved(self) -> str:
        """Why no route may have this path, or ``""``."""
        first = self.segments[0]
        return _RESERVED.get(first, "") if not isinstance(first, Parameter) else ""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class PatternFault:
    """What is wrong with a pattern, and where: ``offset`` counts characters from its start."""

    message: str
    offset: int
    hint: str = ""


def parse_pattern(text: str) -> Pattern | PatternFault:
    """Parse *text*; faults are values. A trailing slash is kept: ``/a/`` is another path than ``/a``."""
    if not text.startswith("/"):
        return PatternFault("a path starts with `/`", 0, f"write `/{text}`")
    segments: list[str | Parameter] = []
    names: set[str] = set()
    offset = 1
    pieces = text[1:].split("/")
    for position, piece in enumerate(pieces):
        last = position == len(pieces) - 1
        segment = _parse_segment(piece, offset, last=last)
        if isinstance(segment, PatternFault):
            return segment
        if isinstance(segment, Parameter):
            if segment.name in names:
                return PatternFault(f"the parameter `{segment.name}` stands here twice", offset + 1)
            names.add(segment.name)
        segments.append(segment)
        offset += len(piece) + 1
    return Pattern(text, tuple(segments))


def _parse_segment(piece: str, offset: int, *, last: bool) -> str | Parameter | PatternFault:
    if piece.startswith("{") and piece.endswith("}") and piece.count("{") == piece.count("}") == 1:
        return _parse_parameter(piece[1:-1], offset + 1, last=last)
    for position, char in enumerate(piece):
        if char in "{}":
            return PatternFault(
                "a parameter fills a whole segment", offset + position, "as in `/user/{id}/x`"
            )
    if piece in {".", ".."}:
        return PatternFault(f"a segment `{piece}` is never matched: clients resolve it away", offset)
    if not piece:
        return piece if last else PatternFault("a segment is empty", offset, "write one `/`")
    sound = _LITERAL.match(piece)
    end = sound.end() if sound else 0
    if end < len(piece):
        hint = "write the character itself, decoded" if piece[end] == "%" else ""
        return PatternFault(f"{_shown(piece[end])} cannot stand in a path", offset + end, hint)
    return piece


def _shown(char: str) -> str:
    if char == " ":
        return "a blank"
    return f"`{char}`" if char.isprintable() else f"the character U+{ord(char):04X}"


def _parse_parameter(inner: str, offset: int, *, last: bool) -> Parameter | PatternFault:
    name, colon, word = inner.partition(":")
    if not _NAME.fullmatch(name):
        return PatternFault(f"`{name}` is not a name", offset, "letters, digits, _ and -, a letter first")
    try:
        kind = ParameterType(word if colon else ParameterType.STR)
    except ValueError:
        known = ", ".join(ParameterType)
        return PatternFault(f"`{word}` is not a type of a path parameter", offset + len(name) + 1, known)
    if kind is ParameterType.PATH and not last:
        return PatternFault("a parameter of type path takes all the rest, so it stands last", offset)
    return Parameter(name, kind)

"""Reads the paths that shapes name parts of a document by: text in, keys out.

    path = "@" | first { "." key | "[" digits "]" | "['" text "']" | ".*" }
    first = key | "[" digits "]" | "['" text "']" | "*"

``@`` is the whole document, ``*`` every element of an array or every member of an object. A key is letters,
digits and ``_ $ @ # -``; others stand in ``['…']``, where ``''`` is one quote.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

_KEY = re.compile(r"[\w$@#-]+")
_INDEX = re.compile(r"\[([0-9]{1,9})\]")
_QUOTED = re.compile(r"\['((?:[^']|'')*)'\]")


class Star(Enum):
    """The type of ``STAR``."""

    STAR = "*"

    def __repr__(self) -> str:
        return "*"


STAR: Final = Star.STAR
"""Every element of an array, every member of an object."""

Key = str | int | Star


class PathFault(Exception):  # noqa: N818 - a fault, in the words of this project
    """What is wrong with a path (or an expression), ``offset`` characters into its text.

    ``width`` is for the caret, 0 for all that follows.
    """

    def __init__(self, message: str, offset: int = 0, hint: str = "", width: int = 0) -> None:
        super().__init__(message)
        self.width = width
        self.message = message
        self.offset = offset
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Path:
    """The keys that lead to a part; none for the whole document. ``text`` is the path as it was written."""

    keys: tuple[Key, ...]
    text: str

    @property
    def stars(self) -> int:
        """How many of its keys are ``*``."""
        return self.keys.count(STAR)

    def __str__(self) -> str:
        return self.text


def parse_path(text: str) -> Path:
    """The path that *text* says. Raises ``PathFault``."""
    if text == "@":
        return Path((), text)
    keys: list[Key] = []
    at = 0
    while at < len(text):
        if keys and text[at] == ".":
            at += 1
        elif keys and text[at] != "[":
            raise _unexpected(text, at)
        key, at = _key(text, at, first=not keys)
        keys.append(key)
    if not keys:
        raise PathFault("an empty path", 0, "write `@` for the whole document")
    return Path(tuple(keys), text)


def _key(text: str, at: int, *, first: bool) -> tuple[Key, int]:
    if match := _INDEX.match(text, at):
        return int(match[1]), match.end()
    if match := _QUOTED.match(text, at):
        return match[1].replace("''", "'"), match.end()
    if text.startswith("*", at):
        return STAR, at + 1
    if match := _KEY.match(text, at):
        return match.group(), match.end()
    if text.startswith("[*]", at):
        raise PathFault("`[*]` is not expected here", at, "write `.*` for every element")
    if text.startswith("['", at):
        raise PathFault("the quote is never closed", at, "write `['key']`")
    if at >= len(text) or text[at] == ".":
        raise PathFault("expected a key" if first else "expected a key after the dot", min(at, len(text) - 1))
    raise _unexpected(text, at)


def _unexpected(text: str, at: int) -> PathFault:
    shown = f"`{text[at]}`" if text[at].isprintable() and text[at] != " " else "a blank"
    return PathFault(f"{shown} is not expected in a path", at, "other keys are written `['so']`")

"""A place in a template's text that moves forward over what it reads: literals, blanks, words.

Texts in quotes are read with the braces of templates: ``{{`` and ``}}`` are one brace each, and a single one
is a fault, so that text from the environment (whose braces come doubled) can never become structure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import msgspec

_QUOTED = re.compile(r"'((?:[^']|'')*)'")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![A-Za-z0-9_.+-])")
WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_LITERALS: Final = {"true": (b"true", "true"), "false": (b"false", "false"), "null": (b"null", None)}


class TemplateFault(Exception):  # noqa: N818 - a fault, in the words of this project
    """What is wrong with a template. ``offset`` counts characters in its text (of the string at ``path``).

    ``path`` leads from the value that was compiled to the string at fault: keys and list indices.
    """

    def __init__(
        self, message: str, offset: int = 0, hint: str = "", path: tuple[str | int, ...] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.hint = hint
        self.path = path

    def under(self, *path: str | int) -> TemplateFault:
        """The same fault, seen from the value that holds the one at fault under *path*."""
        return TemplateFault(self.message, self.offset, self.hint, (*path, *self.path))


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: ``json`` is it as JSON (a number keeps its digits).

    ``text`` is its form inside text; ``None`` for ``null``, ``[]`` and ``{}``, which have none.
    """

    json: bytes
    text: str | None


class Cursor:
    """Reads *text* from the offset *at* on. What it reads is taken; what is not there is left alone."""

    def __init__(self, text: str, at: int = 0) -> None:
        self.text = text
        self.at = at

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What matches *pattern* here."""
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match

    def eat(self, text: str) -> bool:
        """Whether *text* stands here."""
        found = self.text.startswith(text, self.at)
        if found:
            self.at += len(text)
        return found

    def word(self) -> str:
        """The word that stands here, not taken; ``""`` if there is none."""
        match = WORD.match(self.text, self.at)
        return match.group() if match else ""

    def fault(self, message: str, hint: str = "") -> TemplateFault:
        """A fault that lies here."""
        return TemplateFault(message, self.at, hint)

    def literal(self) -> Literal | None:
        """The literal that stands here; ``None`` if none does. Raises ``TemplateFault``."""
        for written in ("[]", "{}"):
            if self.eat(written):
                return Literal(written.encode(), None)
        if self.text.startswith("'", self.at):
            text = self.quoted()
            return Literal(msgspec.json.encode(text), text)
        if number := self.take(_NUMBER):
            return Literal(number.group().encode(), number.group())
        word = self.word()
        if word in _LITERALS:
            self.at += len(word)
            return Literal(*_LITERALS[word])
        return None

    def quoted(self) -> str:
        """The text in quotes that stands here. Raises ``TemplateFault``."""
        quoted = self.take(_QUOTED)
        if quoted is None:
            raise self.fault("the quote is never closed")
        inner, start = quoted.group(1), quoted.start(1)
        for brace in re.finditer(r"\{\{|\}\}|[{}]", inner):
            if len(brace.group()) == 1:
                raise TemplateFault(
                    f"a single `{brace.group()}` in text",
                    start + brace.start(),
                    "double it for a literal brace",
                )
        return inner.replace("{{", "{").replace("}}", "}").replace("''", "'")


def shown(char: str) -> str:
    """One character of a template, as faults show it."""
    if char == " ":
        return "a blank"
    return f"`{char}`" if char.isprintable() else f"the character U+{ord(char):04X}"

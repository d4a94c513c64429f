"""What is wrong with a configuration, where, and how it is told: place, message, excerpt, hint.

Rules of the file:
1. A fault names a place in a file; nobody has to search.
2. What came from the environment is shown as ``${NAME}``, never as its value.
3. Faults are collected; a `ConfigError` carries all of them, in the order of the files.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

EXCERPT_WIDTH = 100
"""Characters of a source line shown in an excerpt; longer lines are cut around the caret."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that was read: its name as shown to people, its lines, its turn in the loading order."""

    name: str
    lines: tuple[str, ...] = ()
    order: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands. ``line`` and ``column`` count from one; ``width`` is for the caret."""

    file: File
    line: int = 1
    column: int = 1
    width: int = 1

    def __str__(self) -> str:
        return f"{self.file.name}:{self.line}:{self.column}"

    @property
    def text(self) -> str:
        """The whole source line, ``""`` if the file could not be read."""
        return self.file.lines[self.line - 1] if self.line <= len(self.file.lines) else ""

    def narrowed(self, part: str) -> Place:
        """The place of *part*, if it stands on this line at or after this place; else this place."""
        start = self.text.find(part, self.column - 1)
        if not part or start < 0:
            return self
        return Place(self.file, self.line, start + 1, len(part))

    def excerpt(self) -> tuple[str, ...]:
        """The source line and a caret line under it; nothing for a file that could not be read."""
        if not self.text.strip():
            return ()
        start = max(0, self.column - 1 - EXCERPT_WIDTH // 2) if len(self.text) > EXCERPT_WIDTH else 0
        shown = self.text[start : start + EXCERPT_WIDTH].replace("\t", " ").rstrip()
        offset = self.column - 1 - start
        width = max(1, min(self.width, len(shown) - offset))
        margin = " " * len(str(self.line))
        return (f"  {self.line} | {shown}", f"  {margin} | {' ' * offset}{'^' * width}")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. ``also`` are further places that have to do with it."""

    place: Place
    message: str
    hint: str = ""
    also: tuple[Place, ...] = ()

    def __str__(self) -> str:
        lines = [f"{self.place}: {self.message}", *self.place.excerpt()]
        lines += [f"    see also {place}" for place in self.also]
        if self.hint:
            lines.append(f"    hint: {self.hint}")
        return "\n".join(lines)


class ConfigError(Exception):
    """A configuration that cannot be used, with every fault found, in the order of the files."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        unique = dict.fromkeys(faults)
        ordered = sorted(unique, key=lambda f: (f.place.file.order, f.place.line, f.place.column))
        self.faults: tuple[Fault, ...] = tuple(ordered)
        super().__init__(self.faults)

    def __str__(self) -> str:
        count = len(self.faults)
        summary = "1 fault" if count == 1 else f"{count} faults"
        return "\n\n".join([*map(str, self.faults), summary])


class Wrong(ValueError):  # noqa: N818 - `raise Wrong(...)` is how the readers read
    """What a reader of one value raises; whoever knows the place makes a `Fault` of it.

    ``{it}`` in message and hint stands for the value as it is written in the file. ``at`` leads from
    the value that was being read to the part that is wrong, ``also`` to parts that belong to it.
    """

    def __init__(
        self,
        message: str,
        hint: str = "",
        at: tuple[str | int, ...] = (),
        also: tuple[tuple[str | int, ...], ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.at = at
        self.also = also


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that *word* was probably meant to be."""
    known = {_folded(candidate): candidate for candidate in candidates}
    found = difflib.get_close_matches(_folded(word), known, n=1, cutoff=0.6)
    return known[found[0]] if found else None


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """A question for a hint, or ``""``."""
    found = closest(word, candidates)
    return f"did you mean `{found}`?" if found else ""


def one_of(words: Iterable[str]) -> str:
    """``a, b or c``, each in backticks."""
    *most, last = [f"`{word}`" for word in words]
    return f"{', '.join(most)} or {last}" if most else last


def _folded(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "")

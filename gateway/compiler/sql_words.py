"""Takes a SQL statement apart as far as the gateway must: strings, names, comments, words, parameters.

What is right SQL only the server knows. Here is decided where a reference may stand, whether a statement
reads or writes, and where its main part begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

READS: Final = frozenset({"select", "values", "table"})
WRITES: Final = frozenset({"insert", "update", "delete", "merge", "replace"})
_MAIN: Final = READS | WRITES
_BLANK: Final = frozenset({"comment", "space"})


class Token(NamedTuple):
    """A piece of a statement. ``whole`` is false for a string or comment that never ends."""

    kind: str
    start: int
    end: int
    text: str
    whole: bool = True


_COMMON = r"""
| (?P<parameter>\$\d+)
| (?P<word>[^\W\d][\w$]*)
| (?P<number>\d[\w.]*)
| (?P<space>\s+)
| (?P<mark>.)
"""
POSTGRES: Final = re.compile(
    r"""
  (?P<comment>--[^\n]*) | (?P<block>/\*)
| (?P<escaped>[eE]'(?:[^'\\]|\\.|'')*(?P<escaped_end>')?)
| (?P<string>'(?:[^']|'')*(?P<string_end>')?)
| (?P<name>"(?:[^"]|"")*(?P<name_end>")?)
| (?P<dollar>\$(?:[^\W\d]\w*)?\$)
"""
    + _COMMON,
    re.VERBOSE | re.DOTALL,
)
"""PostgreSQL's lexical rules, with ``standard_conforming_strings``, as far as they matter here."""

MYSQL: Final = re.compile(
    r"""
  (?P<comment>(?:--(?=\s|$)|\#)[^\n]*) | (?P<block>/\*)
| (?P<string>'(?:[^'\\]|\\.|'')*(?P<string_end>')?)
| (?P<escaped>"(?:[^"\\]|\\.|"")*(?P<escaped_end>")?)
| (?P<name>`(?:[^`]|``)*(?P<name_end>`)?)
"""
    + _COMMON,
    re.VERBOSE | re.DOTALL,
)
"""MySQL's and MariaDB's, without ``ANSI_QUOTES`` and ``NO_BACKSLASH_ESCAPES``."""

_STAR_OR_SLASH = re.compile(r"/\*|\*/")


def tokens(text: str, dialect: re.Pattern[str]) -> Iterator[Token]:
    """The pieces of *text*, which they make up without gaps."""
    at = 0
    while at < len(text):
        match = dialect.match(text, at)
        assert match is not None, "the last alternative takes any character"
        kind = match.lastgroup if match.lastgroup in _BLANK else _kind(match)
        end, whole = match.end(), True
        if kind == "block":
            kind, (end, whole) = "comment", _block_end(text, match.start(), nested=dialect is POSTGRES)
        elif kind == "dollar":
            closing = text.find(match.group(), match.end())
            whole = closing >= 0
            kind, end = "string", closing + len(match.group()) if whole else len(text)
        elif kind in {"string", "escaped", "name"}:
            whole = match.group(f"{kind}_end") is not None
            kind = "string" if kind == "escaped" else kind
        yield Token(kind, at, end, text[at:end], whole)
        at = end


def _kind(match: re.Match[str]) -> str:
    """The alternative that matched; its closing quote is a group within it."""
    return next(name for name, value in match.groupdict().items() if value is not None)


def _block_end(text: str, start: int, *, nested: bool) -> tuple[int, bool]:
    depth, at = 0, start
    while match := _STAR_OR_SLASH.search(text, at):
        depth += 1 if match.group() == "/*" and (nested or not depth) else -(match.group() == "*/")
        at = match.end()
        if depth == 0:
            return at, True
    return len(text), False


@dataclass(frozen=True, slots=True)
class Shape:
    """What a statement is. ``verb`` is its main one, in lower case, ``""`` if there is none that is known.

    ``main`` is where that begins, behind a ``with …``; ``end`` is the end without semicolon and what follows.
    ``hidden``: something in its ``with`` writes. ``returning``: it gives back rows that it wrote.
    ``second`` is where a further statement begins, ``None`` if there is one statement only.
    """

    verb: str
    main: int
    end: int
    hidden: bool
    returning: bool
    second: int | None

    @property
    def writes(self) -> bool:
        """Whether it can be seen to write. (A function that it calls may, too.)"""
        return self.hidden or self.verb in WRITES


def shape_of(found: Sequence[Token]) -> Shape:
    """The shape of a statement that was taken apart."""
    said = [token for token in found if token.kind not in _BLANK]
    depth, verb, main, second = 0, "", 0, None
    end = said[-1].end if said else 0
    hidden = returning = False
    before = ""
    for index, token in enumerate(said):
        word = token.text.lower()
        if token.kind == "mark":
            depth += (word == "(") - (word == ")")
            if word == ";":
                end = said[index - 1].end if index else 0
                second = said[index + 1].start if index + 1 < len(said) else None
                break
        elif token.kind == "word":
            # `(insert into …`, and not a function of that name.
            written = before == "(" and word in WRITES
            hidden = hidden or (written and said[index + 1 : index + 2] != [] and said[index + 1].text != "(")
            if not verb and depth == 0 and word in _MAIN and (index == 0 or before == ")"):
                verb, main = word, token.start
            elif not verb and index == 0 and word != "with":
                break
            returning = returning or (depth == 0 and word == "returning" and bool(verb))
        before = word
    # A select in parentheses, as the parts of a union may be, reads.
    if not verb and said and said[0].text == "(":
        verb = "select"
    return Shape(verb, main, end, hidden, returning, second)

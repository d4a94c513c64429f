"""What the YAML parser complains about, in plain words."""

from __future__ import annotations

import re

from yaml.error import MarkedYAMLError, YAMLError
from yaml.reader import ReaderError

from gateway.config.faults import Fault, File, Place

FLOW_HINT = "inside `{ … }` and `[ … ]` a value with any of `? { } [ ] ,` in it needs quotes"
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")

_UNCLOSED = "unexpected end of stream"
# Fragment of PyYAML's text → our message and hint. The first that occurs wins.
_WORDS = (
    ("expected a single document", "a second document starts here", "one file holds one document"),
    ("<document start>", "a second document starts here", "one file holds one document"),
    (r"character '\t'", "a tab cannot indent or start a value", "use spaces"),
    ("character '%'", "a value cannot start with `%`", "put it in quotes"),
    ("character '@'", "a value cannot start with `@`", "put it in quotes"),
    ("character '`'", "a value cannot start with a backtick", "put it in quotes"),
    ("mapping values are not allowed", "a `:` is not expected here",
     "a value with `: ` in it needs quotes; a key must stand in the column of its siblings"),
    ("could not find expected ':'", "a key without a `:`", "every line of a mapping is `key: value`"),
    ("unknown escape character", "an unknown escape after `\\`",
     "in single quotes a backslash is just a backslash"),
    (_UNCLOSED, "the quotes are never closed",
     "close them with the same kind of quote"),
    ("undefined alias", "this alias has no anchor before it",
     "write `&name` at the value it stands for"),
    ("sequence entries are not allowed", "a list item is not expected here",
     "a value that begins with `- ` needs quotes"),
    ("expected alphabetic or numeric character", "`&` and `*` begin an anchor's or an alias's name",
     "a value that begins with one of them needs quotes"),
    ("scanning a block scalar", "`|` and `>` begin a block of text on the next lines",
     "a value that begins with one of them needs quotes"),
    ("expected the node content", "a value is expected here",
     "a value with `,` `]` or `}` in it needs quotes"),
    ("duplicate anchor", "this anchor is defined twice", "give each anchor a name of its own"),
    ("<block end>", "this does not belong here", "a key must stand in the column of its siblings"),
)  # fmt: skip


class TooDeepError(MarkedYAMLError):
    """More levels of nesting than any configuration has."""


def lines_of(text: str) -> tuple[str, ...]:
    """The lines of *text* as the YAML parser counts them."""
    return tuple(_LINE_BREAK.split(text))


def fault_of(error: YAMLError, file: File, text: str) -> Fault:
    """The fault that *error* tells of."""
    if isinstance(error, ReaderError):
        before = lines_of(text[: error.position])
        place = Place(file, len(before), len(before[-1]) + 1)
        return Fault(place, f"the character U+{ord(text[error.position]):04X} cannot stand in YAML")
    if not isinstance(error, MarkedYAMLError):
        return Fault(Place(file), "this is not YAML")
    mark = error.problem_mark or error.context_mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    problem, context = error.problem or "", error.context or ""
    if isinstance(error, TooDeepError):
        return Fault(place, problem)
    if "flow" in context:
        start = error.context_mark
        opened = Place(file, start.line + 1, start.column + 1) if start else place
        also = () if opened == place else (opened,)
        return Fault(place, _in_plain_words(problem), FLOW_HINT, also)
    for fragment, message, hint in _WORDS:
        if fragment in problem or fragment in context:
            if fragment == _UNCLOSED and error.context_mark:
                # The parser ran to the end of the file; people look for where the quotes open.
                place = Place(file, error.context_mark.line + 1, error.context_mark.column + 1)
            return Fault(place, message, hint)
    return Fault(place, _in_plain_words(problem))


def _in_plain_words(problem: str) -> str:
    """``expected ',' or '}', but got '?'`` with the tokens as people write them."""
    words = problem.replace("<scalar>", "a value").replace("<stream end>", "the end of the file")
    words = re.sub(r"'(the end of the file|a value)'", r"\1", words)
    return "syntax: " + re.sub(r"'(\S+?)'", r"`\1`", words)

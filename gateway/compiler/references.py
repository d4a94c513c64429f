"""Reads the reference grammar of docs/contract.md section 4: text in, frozen ``Template`` out.

    template = { text | "{{" | "}}" | "{" ref [ "|" literal ] "}" }
    ref      = name { "." key | "[" digits "]" | "['" text "']" } [ "[]" ] [ ":" type ]
    literal  = JSON number | true | false | null | 'text' | [] | {}

Rules of the file:
1. A brace is never text by accident: doubled it is a literal brace, else it belongs to a reference, else
   it is a fault. This holds inside ``'…'`` too, so text from the environment (whose braces come doubled)
   can never become structure.
2. Blanks are allowed around ``|`` and nowhere else. ``''`` inside ``'…'`` is one quote.
3. What a name *means* is not decided here (``names.py``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Final

import msgspec

from gateway.config.environment import NO_TEXT

TYPES: Final = ("int", "str", "uuid", "number", "bool", "path")

_BRACE = re.compile(r"[{}]")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*|[0-9]+")
_DIGITS = re.compile(r"\[([0-9]{1,9})\]")
_QUOTED = re.compile(r"'((?:[^']|'')*)'")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![A-Za-z0-9_.+-])")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_WORDS: Final = {"true": (b"true", "true"), "false": (b"false", "false"), "null": (b"null", None)}
_BLANKS = re.compile(r"[ \t]*")


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
class Default:
    """What follows ``|``: ``json`` is the literal as JSON (a number keeps its digits).

    ``text`` is its form inside text; ``None`` for ``null``, ``[]`` and ``{}``, which have none.
    """

    json: bytes
    text: str | None


@dataclass(frozen=True, slots=True)
class Ref:
    """One reference. ``text`` is how it was written, without braces, and starts at ``offset``.

    ``many`` is the ``[]`` behind it; ``type`` is ``None`` where none is written.
    """

    name: str
    keys: tuple[str | int, ...] = ()
    many: bool = False
    type: str | None = None
    default: Default | None = None
    offset: int = 0
    text: str = ""

    def __str__(self) -> str:
        return "{" + self.text + "}"


@dataclass(frozen=True, slots=True)
class Template:
    """Text and references in the order written; neighbouring pieces of text are one piece."""

    parts: tuple[str | Ref, ...]

    @property
    def whole(self) -> Ref | None:
        """The reference, if the template is one reference and nothing else."""
        if len(self.parts) == 1 and isinstance(self.parts[0], Ref):
            return self.parts[0]
        return None

    @property
    def refs(self) -> tuple[Ref, ...]:
        """All its references."""
        return tuple(part for part in self.parts if isinstance(part, Ref))

    @property
    def constant(self) -> str | None:
        """The text, if there is no reference in it."""
        return None if self.refs else "".join(part for part in self.parts if isinstance(part, str))


def parse_template(text: str) -> Template:
    """Read *text*; a ``str`` with a ``template`` attribute (text from the environment) by that attribute.

    Raises ``TemplateFault`` at the first fault.
    """
    text = getattr(text, "template", text)
    parts: list[str | Ref] = []
    literal, at = "", 0
    while brace := _BRACE.search(text, at):
        start = brace.start()
        literal += text[at:start]
        if text.startswith(("{{", "}}"), start):
            literal, at = literal + text[start], start + 2
            continue
        if text[start] == "}":
            raise TemplateFault("a single `}` in text", start, "write `}}` for a literal brace")
        if literal:
            parts.append(literal)
            literal = ""
        ref, at = _Scan(text, start + 1).reference()
        parts.append(ref)
    literal += text[at:]
    if literal:
        parts.append(literal)
    return Template(tuple(parts))


def constant_text(text: str, what: str) -> str:
    """*text* with its doubled braces made single; a reference in it is a fault that begins with *what*."""
    template = parse_template(text)
    if template.constant is None:
        raise TemplateFault(f"{what} is text without references", template.refs[0].offset)
    return template.constant


def shown(char: str) -> str:
    """One character of a template, as faults show it."""
    if char == " ":
        return "a blank"
    return f"`{char}`" if char.isprintable() else f"the character U+{ord(char):04X}"


class _Scan:
    """A cursor over the inside of one pair of braces."""

    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.start = at
        self.at = at

    def reference(self) -> tuple[Ref, int]:
        """The reference from the cursor to its closing brace, and the offset behind that."""
        if NO_TEXT in self.text[self.at :].partition("}")[0]:
            raise self._fault("a variable cannot stand inside a reference", "only in quotes, in its default")
        name = self._take(_NAME)
        if name is None:
            raise self._no_name()
        ref = Ref(name.group(), self._keys(), self._eat("[]"), self._type(), offset=self.start)
        ref = replace(ref, text=self.text[self.start : self.at])
        if self._bar():
            ref = replace(ref, default=self._default())
        if not self._eat("}"):
            raise self._unclosed()
        return ref, self.at

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match

    def _eat(self, text: str) -> bool:
        found = self.text.startswith(text, self.at)
        if found:
            self.at += len(text)
        return found

    def _fault(self, message: str, hint: str = "") -> TemplateFault:
        return TemplateFault(message, self.at, hint)

    def _keys(self) -> tuple[str | int, ...]:
        keys: list[str | int] = []
        while True:
            if self._eat("."):
                key = self._take(_KEY)
                if key is None:
                    raise self._fault("expected a key after the dot", "other keys are written `['so']`")
                keys.append(key.group())
            elif index := self._take(_DIGITS):
                keys.append(int(index.group(1)))
            elif self.text.startswith("['", self.at):
                self.at += 1
                keys.append(self._quoted())
                if not self._eat("]"):
                    raise self._fault("expected `]` after the quoted key")
            else:
                return tuple(keys)

    def _type(self) -> str | None:
        if not self._eat(":"):
            return None
        start = self.at
        word = self._take(_NAME)
        if word is not None and word.group() in TYPES:
            return word.group()
        self.at = start
        close = get_close_matches(word.group() if word else "", TYPES, 1)
        hint = f"did you mean `{close[0]}`?" if close else f"types: {', '.join(TYPES)}"
        raise self._fault(
            f"`{word.group()}` is not a type" if word else "expected a type after the colon", hint
        )

    def _bar(self) -> bool:
        start = self.at
        self._take(_BLANKS)
        if self._eat("|"):
            self._take(_BLANKS)
            return True
        self.at = start
        return False

    def _default(self) -> Default:
        default = self._literal()
        self._take(_BLANKS)
        return default

    def _literal(self) -> Default:
        for written in ("[]", "{}"):
            if self._eat(written):
                return Default(written.encode(), None)
        if self.text.startswith("'", self.at):
            text = self._quoted()
            return Default(msgspec.json.encode(text), text)
        if number := self._take(_NUMBER):
            return Default(number.group().encode(), number.group())
        word = _WORD.match(self.text, self.at)
        if word is not None and word.group() in _WORDS:
            self.at = word.end()
            return Default(*_WORDS[word.group()])
        if word is not None:
            raise self._fault(
                f"`{word.group()}` after `|` is a function, and functions are not built yet",
                f"a default text is written `'{word.group()}'`",
            )
        raise self._fault(
            "expected a default after `|`",
            "a default is a JSON number, `true`, `false`, `null`, `'text'`, `[]` or `{}`",
        )

    def _quoted(self) -> str:
        quoted = self._take(_QUOTED)
        if quoted is None:
            raise self._fault("the quote is never closed")
        inner, start = quoted.group(1), quoted.start(1)
        for brace in re.finditer(r"\{\{|\}\}|[{}]", inner):
            if len(brace.group()) == 1:
                raise TemplateFault(
                    f"a single `{brace.group()}` in text",
                    start + brace.start(),
                    "double it for a literal brace",
                )
        return inner.replace("{{", "{").replace("}}", "}").replace("''", "'")

    def _no_name(self) -> TemplateFault:
        rest = self.text[self.at :]
        if rest.startswith("}"):
            return self._fault("nothing between the braces", "write `{{}}` for literal braces")
        if rest[:1] in {" ", "\t"}:
            return self._fault(
                "a blank in a reference", "write `{name}` without blanks, or `{{` for a literal brace"
            )
        return self._fault("expected a name after `{`", "write `{{` for a literal brace")

    def _unclosed(self) -> TemplateFault:
        if self.at >= len(self.text) or _BRACE.search(self.text, self.at) is None:
            return TemplateFault(
                "the brace is never closed", self.start - 1, "write `{{` for a literal brace"
            )
        found = self.text[self.at]
        hint = "blanks stand only around `|`" if found in {" ", "\t"} else "other keys are written `['so']`"
        return self._fault(f"{shown(found)} is not expected here", hint)

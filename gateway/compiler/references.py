"""Reads the reference grammar of docs/contract.md section 4: text in, frozen ``Template`` out.

    template = { text | "{{" | "}}" | "{" ref { "|" ( function | literal ) } "}" }
    ref      = name { "." key | "[" digits "]" | "['" text "']" } [ "[]" ] [ ":" type ]
    function = name [ "(" literal { "," literal } ")" ]
    literal  = JSON number | true | false | null | 'text' | [] | {}

Rules of the file:
1. A brace is never text by accident: doubled it is a literal brace, else it belongs to a reference, else
   it is a fault. This holds inside ``'…'`` too, so text from the environment (whose braces come doubled)
   can never become structure.
2. Blanks are allowed around ``|`` and in a function's parentheses only. ``''`` inside ``'…'`` is one quote.
3. What a name *means* is not decided here (``names.py``).
4. A default goes through the functions behind it here, once; a reference has at most one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Final

from gateway.compiler.cursor import Cursor, Literal, TemplateFault, shown
from gateway.compiler.pipes import Pipe, after, read_pipe
from gateway.config.environment import NO_TEXT
from gateway.shaping.piping import Kind

__all__ = ["Default", "Ref", "Template", "TemplateFault", "constant_text", "parse_template", "shown"]

Default = Literal
"""What stands behind ``|`` for a value that is missing."""

TYPES: Final = ("int", "str", "uuid", "number", "bool", "path")

_BRACE = re.compile(r"[{}]")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*|[0-9]+")
_DIGITS = re.compile(r"\[([0-9]{1,9})\]")
_BLANKS = re.compile(r"[ \t]*")


@dataclass(frozen=True, slots=True)
class Ref:
    """One reference. ``text`` is how it was written, without braces, and starts at ``offset``.

    ``many`` is the ``[]`` behind it; ``type`` is ``None`` where none is written. ``functions`` are what the
    value goes through, all of them; the ``default`` is the one behind them.
    """

    name: str
    keys: tuple[str | int, ...] = ()
    many: bool = False
    type: str | None = None
    default: Default | None = None
    offset: int = 0
    text: str = ""
    functions: tuple[Pipe, ...] = ()

    @property
    def takes(self) -> Kind:
        """What the value must be where it comes from: ``text`` if a function takes it so."""
        return self.functions[0][0].takes if self.functions else "json"

    @property
    def gives(self) -> Kind:
        """What comes out: a ``list`` (of texts, where lists are written), a ``text``, or any JSON."""
        if self.functions:
            return self.functions[-1][0].gives
        return "list" if self.many else "json"

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


def parse_reference(text: str, at: int) -> tuple[Ref, int]:
    """The reference whose inside begins at the offset *at*, and the offset behind its closing brace.

    Raises ``TemplateFault``.
    """
    return _Scan(text, at).reference()


class _Scan(Cursor):
    """A cursor over the inside of one pair of braces."""

    def __init__(self, text: str, at: int) -> None:
        super().__init__(text, at)
        self.start = at

    def reference(self) -> tuple[Ref, int]:
        """The reference from the cursor to its closing brace, and the offset behind that."""
        if NO_TEXT in self.text[self.at :].partition("}")[0]:
            raise self.fault("a variable cannot stand inside a reference", "only in quotes, in its default")
        name = self.take(_NAME)
        if name is None:
            raise self._no_name()
        ref = Ref(name.group(), self._keys(), self.eat("[]"), self._type(), offset=self.start)
        ref = replace(ref, text=self.text[self.start : self.at])
        while self._bar():
            ref = self._piped(ref)
        if not self.eat("}"):
            raise self._unclosed()
        return ref, self.at

    def _piped(self, ref: Ref) -> Ref:
        """*ref* with the function or the default that stands here."""
        start = self.at
        literal = self.literal()
        if literal is None:
            pipe = read_pipe(self, ref.gives)
            default = after(ref.default, pipe, start) if ref.default is not None else None
            ref = replace(ref, functions=(*ref.functions, pipe), default=default)
        elif ref.default is not None:
            raise TemplateFault("a second default", start, "only what is missing has one, and only once")
        else:
            ref = replace(ref, default=literal)
        self.take(_BLANKS)
        return ref

    def _keys(self) -> tuple[str | int, ...]:
        keys: list[str | int] = []
        while True:
            if self.eat("."):
                key = self.take(_KEY)
                if key is None:
                    raise self.fault("expected a key after the dot", "other keys are written `['so']`")
                keys.append(key.group())
            elif index := self.take(_DIGITS):
                keys.append(int(index.group(1)))
            elif self.text.startswith("['", self.at):
                self.at += 1
                keys.append(self.quoted())
                if not self.eat("]"):
                    raise self.fault("expected `]` after the quoted key")
            else:
                return tuple(keys)

    def _type(self) -> str | None:
        if not self.eat(":"):
            return None
        start = self.at
        word = self.take(_NAME)
        if word is not None and word.group() in TYPES:
            return word.group()
        self.at = start
        close = get_close_matches(word.group() if word else "", TYPES, 1)
        hint = f"did you mean `{close[0]}`?" if close else f"types: {', '.join(TYPES)}"
        raise self.fault(
            f"`{word.group()}` is not a type" if word else "expected a type after the colon", hint
        )

    def _bar(self) -> bool:
        start = self.at
        self.take(_BLANKS)
        if self.eat("|"):
            self.take(_BLANKS)
            return True
        self.at = start
        return False

    def _no_name(self) -> TemplateFault:
        rest = self.text[self.at :]
        if rest.startswith("}"):
            return self.fault("nothing between the braces", "write `{{}}` for literal braces")
        if rest[:1] in {" ", "\t"}:
            return self.fault(
                "a blank in a reference", "write `{name}` without blanks, or `{{` for a literal brace"
            )
        return self.fault("expected a name after `{`", "write `{{` for a literal brace")

    def _unclosed(self) -> TemplateFault:
        if self.at >= len(self.text) or _BRACE.search(self.text, self.at) is None:
            return TemplateFault(
                "the brace is never closed", self.start - 1, "write `{{` for a literal brace"
            )
        found = self.text[self.at]
        hint = "blanks stand only around `|`" if found in {" ", "\t"} else "other keys are written `['so']`"
        return self.fault(f"{shown(found)} is not expected here", hint)

"""Compiles the ``sql`` of a step: every reference becomes a parameter, and none becomes text.

Rules of the file:
1. A reference stands where a value can stand by itself. In a string, a quoted name or a comment it is a
   fault: there it would be text.
2. One reference written twice is one parameter.
3. An absent request part and an absent field are NULL; a step that did not answer skips this one
   (docs/contract.md section 4, column "whole JSON value").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from gateway.compiler.identity import encoded
from gateway.compiler.names import Names, Use, Where
from gateway.compiler.reads import Read, json_read, list_read, text_read
from gateway.compiler.references import Ref, TemplateFault, parse_template
from gateway.compiler.sql_words import Shape, Token, shape_of, tokens
from gateway.outcome import Failure
from gateway.sources.database.query import Value

if TYPE_CHECKING:
    from gateway.plan.model import Scope

_LITERAL: Final = frozenset({"int", "number", "bool"})
_STANDS_IN: Final = {"string": "quotes", "name": "quotes", "comment": "a comment"}


class SqlTemplate:
    """A statement with references. ``faults`` has all that is wrong with it, each under ``sql``.

    ``pieces`` are text and numbers of parameters, from 1 on; from ``main`` on they are the main statement,
    behind its ``with``. ``uses`` are the parameters. ``shape`` is what kind of statement it is.
    """

    def __init__(self, names: Names, sql: str, dialect: re.Pattern[str]) -> None:
        self.faults: list[TemplateFault] = []
        self.uses: list[Use] = []
        self.pieces: tuple[str | int, ...] = ()
        self.main = 0
        self.shape: Shape | None = None
        self._numbers: dict[Ref, int] = {}
        self._marks: dict[int, Ref] = {}
        try:
            text = self._marked(names, sql)
            found = list(tokens(text, dialect))
            self._check(found)
        except TemplateFault as fault:
            self.faults.append(fault.under("sql"))
            return
        self.shape = shape_of(found)
        self.pieces = self._cut(text, found, self.shape)
        self._check_shape(text, self.shape)

    @property
    def literal(self) -> tuple[bool, ...]:
        """Of each parameter, whether its text is JSON as it stands. Known once all templates are read."""
        return tuple(
            _is_input(use) and use.slot is not None and use.slot.final_type in _LITERAL for use in self.uses
        )

    def values(self) -> Callable[[Scope], tuple[Value, ...] | Failure]:
        """The function that reads all parameters, or gives the failure that skips the step."""
        reads = [_read(use) for use in self.uses]

        def values(scope: Scope) -> tuple[Value, ...] | Failure:
            inputs, outcomes = scope.inputs, scope.outcomes
            found = []
            for read in reads:
                value = read(inputs, outcomes)
                if value.__class__ is Failure:
                    return value
                found.append(value)
            return tuple(found)  # type: ignore[arg-type]

        return values

    def _marked(self, names: Names, sql: str) -> str:
        """*sql* with ``$1`` in place of its first reference, and so on."""
        text = ""
        for part in parse_template(sql).parts:
            if isinstance(part, str):
                text += part
                continue
            # Nothing may grow together with it: `{id}0` is not the tenth parameter.
            text += " "
            self._marks[len(text)] = part
            text += f"${self._number(names, part)} "
        return text

    def _number(self, names: Names, ref: Ref) -> int:
        key = Ref(ref.name, ref.keys, ref.many, ref.type, ref.default, functions=ref.functions)
        if key not in self._numbers:
            self.uses.append(names.resolve(ref, Where.STEP))
            self._numbers[key] = len(self.uses)
        return self._numbers[key]

    def _check(self, found: Sequence[Token]) -> None:
        parameters = {token.start for token in found if token.kind == "parameter"}
        for token in found:
            inside = [ref for at, ref in self._marks.items() if token.start <= at < token.end]
            if inside and token.kind in _STANDS_IN:
                what = _STANDS_IN[token.kind]
                hint = "a reference is a value by itself; put texts together in SQL: '%' || {query.q} || '%'"
                raise TemplateFault(
                    f"`{inside[0]}` stands in {what}, where it is text", inside[0].offset, hint
                )
            if not token.whole:
                raise TemplateFault(f"a {token.kind} that begins here never ends: {token.text[:20]}")
        foreign = sorted(parameters - set(self._marks))
        if foreign:
            raise TemplateFault("`$1` and the like are not written", 0, "write references: {user_id}")

    def _cut(self, text: str, found: Sequence[Token], shape: Shape) -> tuple[str | int, ...]:
        pieces: list[str | int] = []
        at = 0
        for token in found:
            if token.start == shape.main and shape.main:
                pieces.append(text[at : token.start])
                self.main, at = len(pieces), token.start
            if token.kind == "parameter" and token.start < shape.end:
                pieces += [text[at : token.start], int(token.text[1:])]
                at = token.end
        return (*pieces, text[at : shape.end]) if at < shape.end else tuple(pieces)

    def _check_shape(self, text: str, shape: Shape) -> None:
        fault = None
        if shape.second is not None:
            fault = TemplateFault("a second statement", 0, "a step makes one; put more into a function")
        elif not shape.verb:
            word = text.split(None, 1)[0] if text.strip() else ""
            said = (
                f"`{word}` is not what a step's statement begins with" if word else "the statement is empty"
            )
            fault = TemplateFault(said, 0, "select, with, values, insert, update, delete or merge")
        if fault is not None:
            self.faults.append(fault.under("sql"))


def telling_apart(values: Sequence[Value]) -> list[bytes]:
    """What tells calls of one statement apart: each value, and of what kind it is."""
    pieces = []
    for value in values:
        if value is None:
            pieces.append(b"-")
        elif isinstance(value, list):
            pieces.append(b"[" + encoded(each.encode() for each in value))
        else:
            pieces.append(b'"' + value.encode() if isinstance(value, str) else b"=" + value)
    return pieces


def _read(use: Use) -> Read[Any]:
    if not _is_input(use):
        return json_read(use)
    return list_read(use) if use.ref.many else text_read(use)


def _is_input(use: Use) -> bool:
    """Whether it is a text that the client sent, as it came."""
    return use.slot is not None and use.slot.root != "body" and not use.ref.functions

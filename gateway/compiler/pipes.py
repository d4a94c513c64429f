"""Reads one function behind a ``|`` of a reference: its name, its arguments, whether it fits the value."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any, Final

import msgspec

from gateway.compiler.cursor import Cursor, Literal, TemplateFault
from gateway.shaping.piping import FUNCTIONS, Function, Kind, as_json, piped
from gateway.shaping.tree import Unfit

Pipe = tuple[Function, tuple[Any, ...]]
"""A function and its arguments."""

_BLANKS = re.compile(r"[ \t]*")
_SAID: Final = {str: "a text in quotes", int: "a whole number"}


def read_pipe(cursor: Cursor, given: Kind) -> Pipe:
    """The function that stands at *cursor*, for a value of the kind *given*. Raises ``TemplateFault``."""
    start, name = cursor.at, cursor.word()
    if not name:
        hint = "a default is a JSON number, `true`, `false`, `null`, `'text'`, `[]` or `{}`"
        raise cursor.fault("expected a default or a function after `|`", hint)
    function = FUNCTIONS.get(name)
    if function is None:
        close = get_close_matches(name, FUNCTIONS, 1)
        meant = f"did you mean `{close[0]}`?" if close else f"there are: {', '.join(FUNCTIONS)}."
        raise cursor.fault(f"no function is called `{name}`", f"{meant} A text is written `'{name}'`")
    cursor.at += len(name)
    arguments = _arguments(cursor) if cursor.eat("(") else ()
    _check(name, function, arguments, start)
    if given == "list" and function.takes == "text":
        raise TemplateFault(
            f"`{name}` takes one text, and this is a list", start, "`join` makes a text of it"
        )
    if given == "text" and function.takes == "list":
        raise TemplateFault(f"`{name}` takes a list, and this is a text", start, "`split` makes a list of it")
    return function, arguments


def after(default: Literal, pipe: Pipe, at: int) -> Literal:
    """*default* after the function behind it; ``null`` stays ``null``. Raises ``TemplateFault``."""
    if default.json == b"null":
        return default
    try:
        value = piped(default.json, (pipe,))
    except Unfit as unfit:
        raise TemplateFault(f"the default {unfit}", at) from None
    if value is None:
        return Literal(b"null", None)
    if isinstance(value, str):
        return Literal(as_json(value), value)
    try:
        return Literal(value, msgspec.json.decode(value, type=str))
    except msgspec.ValidationError:
        return Literal(value, None if value[:1] in b"[{n" else value.decode())


def _arguments(cursor: Cursor) -> tuple[Any, ...]:
    found: list[Any] = []
    cursor.take(_BLANKS)
    while not cursor.eat(")"):
        if found:
            if not cursor.eat(","):
                raise cursor.fault("expected `,` or `)` after an argument")
            cursor.take(_BLANKS)
        literal = cursor.literal()
        if literal is None:
            raise cursor.fault("expected an argument", "texts stand in single quotes")
        found.append(msgspec.json.decode(literal.json))
        cursor.take(_BLANKS)
    return tuple(found)


def _check(name: str, function: Function, given: tuple[Any, ...], at: int) -> None:
    most = len(function.arguments)
    if not function.least <= len(given) <= most:
        wanted = (str(most) if most else "no") if most == function.least else f"{function.least} to {most}"
        many = "" if wanted == "1" else "s"
        raise TemplateFault(f"`{name}` takes {wanted} argument{many}, not {len(given)}", at)
    for value, kind in zip(given, function.arguments, strict=False):
        if type(value) is not kind:
            raise TemplateFault(f"`{name}` takes {_SAID[kind]}", at)

"""YAML as JSON, by the 1.2 core schema: what JSON would read as a number is one, and dates stay text.

Read event by event with a stack of our own, so that depth is bounded whatever the library does. Aliases and
tags are refused: with them a few bytes can stand for any number of values, or of types.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec
import yaml

from gateway.outcome import Cause, Failure
from gateway.sources.bodies import MAX_DEPTH
from gateway.sources.encodings.text import text_of

_LOADER: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?").fullmatch
_WORDS: Final = {"": None, "~": None, "null": None, "Null": None, "NULL": None} | {
    word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")
}


class _RefusedError(Exception):
    """Why it is not taken, in our own words."""


def decode_yaml(body: bytes, content_type: bytes | None) -> Any:
    """The value of *body*, one document, or the ``Failure`` that it is."""
    text = text_of(body, content_type)
    if isinstance(text, Failure):
        return text
    try:
        return _built(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f", at line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        return Failure(Cause.UNREADABLE, f"not YAML{where}")
    except yaml.YAMLError:
        return Failure(Cause.UNREADABLE, "not YAML")
    except _RefusedError as error:
        return Failure(Cause.UNREADABLE, str(error))


class _Building:
    """A list or mapping that is being filled; ``key`` waits for its value."""

    __slots__ = ("key", "value")

    def __init__(self, value: list[Any] | dict[str, Any]) -> None:
        self.value = value
        self.key: str | None = None

    def take(self, value: Any, scalar: yaml.ScalarEvent | None) -> None:
        if isinstance(self.value, list):
            self.value.append(value)
        elif self.key is None:
            if scalar is None:
                raise _RefusedError("a key of a YAML mapping that is no text")
            self.key = str(scalar.value)
            if self.key in self.value:
                raise _RefusedError("the same key twice in a YAML mapping")
        else:
            self.value[self.key] = value
            self.key = None


def _built(events: Iterable[yaml.Event]) -> Any:
    root = _Building([])
    stack = [root]
    for event in events:
        if isinstance(event, yaml.AliasEvent):
            raise _RefusedError("YAML with aliases")
        if getattr(event, "tag", None) not in {None, "!"}:
            raise _RefusedError("YAML with tags")
        if isinstance(event, yaml.ScalarEvent):
            stack[-1].take(_scalar(event), event)
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            made = _Building([] if isinstance(event, yaml.SequenceStartEvent) else {})
            stack[-1].take(made.value, None)
            stack.append(made)
            if len(stack) > MAX_DEPTH + 1:
                raise _RefusedError(f"nested more than {MAX_DEPTH} levels deep")
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            stack.pop()
    documents = root.value
    if len(documents) > 1:
        raise _RefusedError("more than one YAML document")
    return documents[0] if documents else None  # type: ignore[index]  # the root is a list


def _scalar(event: yaml.ScalarEvent) -> Any:
    text = event.value
    if event.style or event.tag == "!":
        return text
    if text in _WORDS:
        return _WORDS[text]
    return msgspec.Raw(text.encode()) if _NUMBER(text) else text

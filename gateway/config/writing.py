"""Plain data → YAML that our reader reads back as the same data, in the style of our examples.

What fits on a line stands on one, as ``{ … }`` or ``[ … ]``; a text stands without quotes only where nobody
could take it for anything else. YAML emitters quote by YAML 1.1, in which ``off`` is a boolean; here it is a
word (scalars.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from gateway.config.faults import Wrong
from gateway.config.scalars import resolve

_WIDTH: Final = 100
"""Columns that a value in one line may take, its indentation included."""

_OPEN: Final = 2
"""Levels that are never put on one line: the top level, and the names of upstreams and routes."""

_BRACES: Final = frozenset("{}")

_plain = re.compile(r"[A-Za-z0-9_./$][A-Za-z0-9_./$+ -]*(?<! )").fullmatch
_plain_url = re.compile(r"https?://[A-Za-z0-9_./:-]*[A-Za-z0-9_/-]").fullmatch
_plain_key = re.compile(r"(?:[A-Z]+ )?[A-Za-z0-9_./-][A-Za-z0-9_./{}:-]*(?<!:)").fullmatch
_unprintable = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


def yaml_text(data: Mapping[str, Any]) -> str:
    """*data* (mappings with text keys, lists, texts, numbers, booleans, None) as a YAML document."""
    return "\n".join(_block(data, 0)) + "\n"


def _block(data: Mapping[str, Any], depth: int) -> Iterator[str]:
    """The lines of a mapping, indented for *depth*."""
    indent = "  " * depth
    for key, value in data.items():
        yield from _entry(f"{indent}{_key(key)}:", value, depth)


def _entry(start: str, value: Any, depth: int) -> Iterator[str]:
    """The lines that begin with *start* and hold *value*."""
    line = f"{start} {_flow(value)}"
    nested = isinstance(value, Mapping | list | tuple) and bool(value)
    if not nested or (depth >= _OPEN - 1 and len(line) <= _WIDTH and _is_shallow(value)):
        yield line
    elif isinstance(value, Mapping):
        yield start
        yield from _block(value, depth + 1)
    else:
        yield start
        yield from _items(value, depth + 1)


def _items(items: Sequence[Any], depth: int) -> Iterator[str]:
    """The lines of a list; a mapping in it begins on the line of its dash."""
    indent = "  " * depth
    for item in items:
        lines = [line.removeprefix(indent) for line in _entry(f"{indent}-", item, depth)]
        if lines[0] == "-":
            first, *others = lines[1:]
            lines = [f"- {first.removeprefix('  ')}", *others]
        yield from (f"{indent}{line}" for line in lines)


def _flow(value: Any) -> str:
    """*value* on one line."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_members(value)) + " }" if value else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        return value if _is_plain(value) else _quoted(value)
    return json.dumps(value, allow_nan=False)


def _members(value: Mapping[str, Any]) -> Iterable[str]:
    # On one line a brace in a key would begin or end a mapping.
    for key, inner in value.items():
        yield f"{_quoted(key) if set(key) & _BRACES else _key(key)}: {_flow(inner)}"


def _is_shallow(value: Any) -> bool:
    """Whether people would read it on one line: at most two levels of braces."""
    inner = value.values() if isinstance(value, Mapping) else value
    return all(
        not isinstance(each, Mapping | list | tuple)
        or all(not isinstance(one, Mapping | list | tuple) for one in _children(each))
        for each in inner
    )


def _children(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, Mapping) else value


def _key(key: str) -> str:
    return key if _plain_key(key) and _resolves_to_itself(key) else _quoted(key)


def _is_plain(text: str) -> bool:
    return bool(_plain_url(text) or (_plain(text) and "${" not in text and _resolves_to_itself(text)))


def _resolves_to_itself(text: str) -> bool:
    """Whether our reader takes *text* without quotes for this text."""
    try:
        return bool(resolve(text) == text)
    except Wrong:
        return False


def _quoted(text: str) -> str:
    """JSON's form of a text is YAML's too, but for a few characters that YAML wants escaped."""
    return _unprintable.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))

"""The kinds of values a setting can have: how each is read, described to editors and shown in docs.

Every kind reads the plain YAML value itself and raises `Wrong` in plain words, so that pydantic is left
with structure only and no jargon of its own reaches a config author.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Final

from pydantic import PlainValidator, WithJsonSchema

from gateway.config.faults import Wrong, did_you_mean, one_of
from gateway.config.units import (
    DURATION_PATTERN,
    RATIO_PATTERN,
    SIZE_PATTERN,
    duration,
    duration_text,
    ratio,
    ratio_text,
    size,
    size_text,
)


class Absent(Enum):
    """The type of `ABSENT`."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent.ABSENT
"""Stands where nothing is written, and ``null`` would mean something: ``fallback: null``."""

NAME_PATTERN = r"[A-Za-z][A-Za-z0-9_-]*"
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_NAME = re.compile(NAME_PATTERN)


@dataclass(frozen=True, slots=True)
class Shown:
    """How a value of this kind is written in the docs and in the JSON Schema's defaults."""

    text: Callable[[Any], str]


def flag(value: Any) -> bool:
    """``true`` or ``false``."""
    if isinstance(value, bool):
        return value
    meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(str(value).lower())
    raise Wrong("{it} is neither `true` nor `false`", f"write {meant}" if meant else "")


def switch(value: Any) -> bool:
    """``on`` or ``off``, ``true`` or ``false``."""
    if isinstance(value, bool):
        return value
    if value == "on" or value == "off":  # noqa: PLR1714 - a set would hash what may be a mapping
        return bool(value == "on")
    raise Wrong("{it} is neither `on` nor `off`", did_you_mean(str(value), ("on", "off")))


def text(value: Any) -> str:
    """Any text; `EnvText` stays what it is."""
    if isinstance(value, str):
        return value
    if value is None:
        raise Wrong("there is no value")
    if isinstance(value, bool | int | float):
        raise Wrong("{it} is not text", "put it in quotes")
    raise Wrong("this must be text", "text with braces needs quotes")


def name(value: Any) -> str:
    """A name: a letter, then letters, digits, ``_`` and ``-``."""
    if isinstance(value, str) and _NAME.fullmatch(value):
        return value
    raise Wrong("{it} is not a name", "a name is a letter, then letters, digits, `_` and `-`")


def header_name(value: Any) -> str:
    """An HTTP field name (RFC 9110 token)."""
    if isinstance(value, str) and _TOKEN.fullmatch(value):
        return value
    raise Wrong("{it} is not a header name")


def header_value(value: Any) -> str:
    """Text of one header line."""
    line = text(value)
    if re.search(r"[\r\n\0]", line):
        raise Wrong("a header value is one line")
    return line


def network(value: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """An address range such as ``10.0.0.0/8``; one address is a range of one."""
    try:
        return ipaddress.ip_network(text(value))
    except ValueError as error:
        if isinstance(error, Wrong):
            raise
        raise Wrong("{it} is not an address range", "write 10.0.0.0/8 or 127.0.0.1") from None


def count(least: int, most: int = 1_000_000) -> Callable[[Any], int]:
    """A reader of whole numbers from *least* to *most*."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Wrong("{it} is not a whole number")
        if not least <= value <= most:
            raise Wrong(f"{{it}} is not between {least} and {most}")
        return value

    return read


def choice(*words: str) -> Callable[[Any], str]:
    """A reader of one of a few words."""

    def read(value: Any) -> str:
        if value is False and "off" in words:
            raise Wrong("{it} is not a choice here", "write off")
        if isinstance(value, str) and value in words:
            return str(value)
        raise Wrong(f"{{it}} is not {one_of(words)}", did_you_mean(str(value), words))

    return read


def or_off(read: Callable[[Any], Any], off: Any = None) -> Callable[[Any], Any]:
    """A reader that also takes ``off``, and reads it as *off*."""

    def read_or_off(value: Any) -> Any:
        if isinstance(value, str) and value == "off":
            return off
        if value is False or (isinstance(value, str) and did_you_mean(value, ("off",))):
            raise Wrong("{it} is not a setting", "did you mean `off`?")
        return read(value)

    return read_or_off


def _schema(pattern: str, *words: str) -> WithJsonSchema:
    """Text of a pattern, or a ``${NAME}``, or one of *words*."""
    alternatives = "|".join([pattern, *words, r".*\$\{.*"])
    return WithJsonSchema({"type": "string", "pattern": f"^({alternatives})$"})


def _whole(least: int, *words: str) -> WithJsonSchema:
    choices: list[dict[str, Any]] = [{"type": "integer", "minimum": least}, _VARIABLE]
    return WithJsonSchema({"anyOf": [*choices, *({"const": word} for word in words)]})


_VARIABLE: dict[str, Any] = {"type": "string", "pattern": r"^\$\{.*\}$"}
_RATIO_SCHEMA = WithJsonSchema(
    {
        "anyOf": [
            {"type": "number", "minimum": 0, "maximum": 1},
            {"type": "string", "pattern": f"^{RATIO_PATTERN}$"},
            _VARIABLE,
        ]
    }
)


def _words(yes: str, no: str) -> Shown:
    return Shown(lambda value: "" if value is None else yes if value else no)


def _shown_or_off(show: Callable[[Any], str]) -> Shown:
    return Shown(lambda value: "off" if value is None else show(value))


def words_schema(*words: str) -> WithJsonSchema:
    """One of *words*."""
    return WithJsonSchema({"enum": list(words)})


def _on_or_off(value: Any) -> Any:
    """A duration, ``on`` (read as zero: its owner knows what it means) or ``off``."""
    return 0.0 if value is True or value == "on" else or_off(duration)(value)


def _above_zero(value: Any) -> float:
    number = ratio(value)
    if number == 0:
        raise Wrong("{it} is not above zero")
    return number


Duration = Annotated[float, PlainValidator(duration), _schema(DURATION_PATTERN), Shown(duration_text)]
"""Seconds."""
Timeout = Annotated[
    float, PlainValidator(or_off(duration, math.inf)), _schema(DURATION_PATTERN, "off"), Shown(duration_text)
]
"""Seconds; ``off`` is infinity."""
MaybeTimeout = Annotated[
    float | None,
    PlainValidator(or_off(duration, math.inf)),
    _schema(DURATION_PATTERN, "off"),
]
"""Seconds; ``off`` is infinity, None what somebody else says."""
MaybeDuration = Annotated[
    float | None,
    PlainValidator(_on_or_off),
    _schema(DURATION_PATTERN, "on", "off"),
    _shown_or_off(duration_text),
]
"""Seconds; ``off`` is None, ``on`` is zero until the owner has worked it out."""
DurationOrOff = Annotated[
    float,
    PlainValidator(or_off(duration, 0.0)),
    _schema(DURATION_PATTERN, "off"),
    Shown(lambda value: duration_text(value) if value else "off"),
]
"""Seconds; ``off`` is zero."""
Size = Annotated[int, PlainValidator(size), _schema(SIZE_PATTERN), Shown(size_text)]
"""Bytes."""
Ratio = Annotated[float, PlainValidator(ratio), _RATIO_SCHEMA, Shown(ratio_text)]
"""0 to 1."""
Share = Annotated[float, PlainValidator(_above_zero), _RATIO_SCHEMA, Shown(ratio_text)]
"""Above 0, up to 1."""
Count = Annotated[int, PlainValidator(count(1)), _whole(1)]
CountFromZero = Annotated[int, PlainValidator(count(0)), _whole(0)]
MaybeCount = Annotated[int | None, PlainValidator(or_off(count(1))), _whole(1, "off"), _shown_or_off(str)]
Flag = Annotated[bool, PlainValidator(flag), WithJsonSchema({"type": "boolean"}), _words("true", "false")]
Switch = Annotated[
    bool, PlainValidator(switch), WithJsonSchema({"enum": ["on", "off", True, False]}), _words("on", "off")
]
MaybeFlag = Annotated[bool | None, PlainValidator(flag), WithJsonSchema({"type": "boolean"})]
MaybeText = Annotated[str | None, PlainValidator(text), WithJsonSchema({"type": "string"})]
Text = Annotated[str, PlainValidator(text), WithJsonSchema({"type": "string"})]
Name = Annotated[
    str, PlainValidator(name), WithJsonSchema({"type": "string", "pattern": f"^{NAME_PATTERN}$"})
]
MaybeName = Annotated[
    str | None,
    PlainValidator(or_off(name)),
    WithJsonSchema({"type": "string", "pattern": f"^{NAME_PATTERN}$"}),
]
"""A name; ``off`` is None."""
HeaderName = Annotated[str, PlainValidator(header_name), WithJsonSchema({"type": "string"})]
HeaderValue = Annotated[
    str, PlainValidator(header_value), WithJsonSchema({"type": ["string", "number", "boolean"]})
]
Network = Annotated[
    ipaddress.IPv4Network | ipaddress.IPv6Network, PlainValidator(network), WithJsonSchema({"type": "string"})
]

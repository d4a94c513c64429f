"""The forms that an answer can have, and which of them a client gets by its ``Accept``.

Rules of the file:
1. The most specific range of ``Accept`` that fits a media type gives its quality (RFC 9110 section 12.5.1).
2. The best quality wins, and of equals the one that the route names first; without ``Accept``, or where it
   takes anything, that is the route's default.
3. A client that takes none of them is told so (406) before anything is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.edge.msgpack import to_msgpack
from gateway.edge.xml import to_xml


@dataclass(frozen=True, slots=True, eq=False)
class Format:
    """One form. ``media_types``: the first is what answers say, the others are names for the same.

    ``encode`` makes it of a whole JSON answer; ``None``: JSON itself, or one that goes part by part.
    """

    name: str
    media_types: tuple[bytes, ...]
    encode: Callable[[bytes], bytes] | None = None
    by_parts: bool = False


FORMATS: Final = {
    each.name: each
    for each in (
        Format("json", (b"application/json",)),
        Format(
            "msgpack",
            (b"application/msgpack", b"application/x-msgpack", b"application/vnd.msgpack"),
            to_msgpack,
        ),
        Format("xml", (b"application/xml", b"text/xml"), to_xml),
        Format(
            "ndjson",
            (b"application/x-ndjson", b"application/ndjson", b"application/jsonl"),
            by_parts=True,
        ),
        Format("events", (b"text/event-stream",), by_parts=True),
    )
}


class Formats:
    """Those of one route, the first of them its default."""

    __slots__ = ("_formats", "_known")

    def __init__(self, formats: Sequence[Format]) -> None:
        self._formats = tuple(formats)
        self._known: dict[bytes, Format | None] = {b"": self._formats[0]}

    def __iter__(self) -> Iterator[Format]:
        return iter(self._formats)

    @property
    def media_types(self) -> list[str]:
        """What can be asked for."""
        return [each.media_types[0].decode() for each in self._formats]

    def chosen(self, headers: Sequence[tuple[bytes, bytes]]) -> Format | None:
        """The one that a request with these headers gets; ``None``: it takes none of them."""
        accept = b",".join([value for name, value in headers if name == b"accept"])
        if accept in self._known:
            return self._known[accept]
        best = self._best(accept)
        if len(self._known) < _KNOWN:
            self._known[accept] = best
        return best

    def _best(self, accept: bytes) -> Format | None:
        ranges = [_range(part) for part in accept.split(b",") if part.strip(_BLANKS)]
        best, highest = None, 0.0
        for each in self._formats:
            quality = max(_quality(media_type, ranges) for media_type in each.media_types)
            if quality > highest:
                best, highest = each, quality
        return best


_KNOWN: Final = 256
"""Values of ``Accept`` that are remembered; clients send few different ones."""

_BLANKS: Final = b" \t"


def _range(part: bytes) -> tuple[bytes, float]:
    """A media range in lower case, without parameters, and its quality; a senseless one takes nothing."""
    media_range, *parameters = part.split(b";")
    quality = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition(b"=")
        if name.strip(_BLANKS).lower() == b"q":
            try:
                quality = min(max(float(value), 0.0), 1.0)
            except ValueError:
                quality = 0.0
    return media_range.strip(_BLANKS).lower(), quality if quality == quality else 0.0  # noqa: PLR0124 - NaN


def _quality(media_type: bytes, ranges: Sequence[tuple[bytes, float]]) -> float:
    family = media_type.partition(b"/")[0] + b"/*"
    for wanted in (media_type, family, b"*/*"):
        found = [quality for media_range, quality in ranges if media_range == wanted]
        if found:
            return max(found)
    return 0.0

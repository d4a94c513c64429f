"""Writes spans as OTLP's protobuf, which the exporters' own encoder does in ten times the time.

That encoder makes three message objects of every attribute: 30 µs for a span, more than everything else that
tracing costs. Most attributes are the same in every request, so here their bytes are looked up. The tests
hold both encoders together: what one writes the other reads.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from struct import Struct
from typing import Any, Final

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Link, SpanKind, StatusCode

_KNOWN: Final = 4096
"""Attributes whose bytes are remembered; paths and ids differ in every request."""

BREATH: Final = 32
"""Spans, or requests, after which the thread lets go of the interpreter: about 0.2 ms, as otherwise the event
loop would wait 5 ms (``sys.getswitchinterval``) for it."""

_KINDS: Final = {kind: b"\x30" + bytes([kind.value + 1]) for kind in SpanKind}
_ERROR: Final = b"\x7a\x02\x18\x02"
_LOCAL, _REMOTE = (b"\x85\x01" + Struct("<I").pack(flags) for flags in (0x100, 0x300))
"""Whether the parent is another process's: two bits of a span's flags."""

_IDS: Final = Struct(">2sQQ2sQ").pack
_PARENT: Final = Struct(">2sQ").pack
_TIMES: Final = Struct("<cQcQ").pack
_TIME: Final = Struct("<cQ").pack
_DOUBLE: Final = Struct("<cd").pack


class Encoder:
    """Writes the spans of one process; they all have the same resource and scope."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str, Any, type], bytes] = {}

    def request(self, spans: Iterable[ReadableSpan]) -> tuple[int, bytes]:
        """How many *spans* there are, at least one, and an export request with them."""
        owner = b""
        parts = [owner]
        for span in spans:
            if not owner:
                owner, parts[0] = self._head(span)
            parts.append(_field(2, self._span(span)))
            if not len(parts) % BREATH:
                time.sleep(0)
        return len(parts) - 1, _field(1, owner + _field(2, b"".join(parts)))

    def _head(self, span: ReadableSpan) -> tuple[bytes, bytes]:
        """The resource and the scope of *span*, which all have in common."""
        owner = _field(1, b"".join(self._attributes(1, span.resource.attributes)))
        scope = span.instrumentation_scope
        if scope is None:
            return owner, b""
        named = _field(1, scope.name.encode())
        return owner, _field(1, named + _field(2, scope.version.encode()) if scope.version else named)

    def _span(self, span: ReadableSpan) -> bytes:
        context, parent = span.context, span.parent
        trace_id = context.trace_id
        parts = [
            _IDS(b"\x0a\x10", trace_id >> 64, trace_id & 0xFFFFFFFFFFFFFFFF, b"\x12\x08", context.span_id)
        ]
        if context.trace_state:
            parts.append(_field(3, context.trace_state.to_header().encode()))
        if parent is not None:
            parts.append(_PARENT(b"\x22\x08", parent.span_id))
        parts += (
            _field(5, span.name.encode()),
            _KINDS[span.kind],
            _TIMES(b"\x39", span.start_time, b"\x41", span.end_time),
            *self._attributes(9, span.attributes),
        )
        if span.events:
            parts += (_field(11, self._event(event)) for event in span.events)
        if span.links:
            parts += (_field(13, self._link(link)) for link in span.links)
        parts.append(_ERROR if span.status.status_code is StatusCode.ERROR else b"\x7a\x00")
        parts.append(_REMOTE if parent is not None and parent.is_remote else _LOCAL)
        return b"".join(parts)

    def _event(self, event: Event) -> bytes:
        head = _TIME(b"\x09", event.timestamp) + _field(2, event.name.encode())
        return b"".join([head, *self._attributes(3, event.attributes)])

    def _link(self, link: Link) -> bytes:
        context = link.context
        trace_id = context.trace_id
        ids = _IDS(b"\x0a\x10", trace_id >> 64, trace_id & 0xFFFFFFFFFFFFFFFF, b"\x12\x08", context.span_id)
        return b"".join([ids, *self._attributes(4, link.attributes), b"\x35\x00\x01\x00\x00"])

    def _attributes(self, number: int, attributes: Mapping[str, Any] | None) -> Iterable[bytes]:
        known = self._known
        for key, value in (attributes or {}).items():
            written = known.get((number, key, value, value.__class__))  # True is 1, and 1 is 1.0
            if written is None:
                if len(known) >= _KNOWN:
                    known.clear()
                written = known[number, key, value, value.__class__] = _field(number, _pair(key, value))
            yield written


def _pair(key: str, value: Any) -> bytes:
    return _field(1, key.encode()) + _field(2, _value(value))


def _value(value: Any) -> bytes:
    """A scalar, or a tuple of scalars (some resources have them), as the library keeps attributes."""
    if isinstance(value, bool):
        return b"\x10\x01" if value else b"\x10\x00"
    if isinstance(value, int):
        return b"\x18" + _varint(value & 0xFFFFFFFFFFFFFFFF)
    if isinstance(value, float):
        return _DOUBLE(b"\x21", value)
    if isinstance(value, tuple):
        return _field(5, b"".join(_field(1, _value(each)) for each in value))
    return _field(1, str(value).encode())


def _field(number: int, data: bytes) -> bytes:
    """A field that holds bytes, text or a message."""
    return _head(number, len(data)) + data


def _head(number: int, length: int) -> bytes:
    tag = number << 3 | 2  # all numbers here are below 16
    return bytes((tag, length)) if length < 128 else bytes((tag,)) + _varint(length)


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    written.append(number)
    return bytes(written)

"""Writes spans as OTLP's protobuf, which the exporters' own encoder does in ten times the time.

That encoder makes three message objects of every attribute: 30 µs for a span, more than everything else that
tracing costs. Most attributes are the same in every request, so here their bytes are looked up. The tests
hold both encoders together: what one writes the other reads.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from struct import Struct
from typing import Any, Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanKind, StatusCode

_KNOWN: Final = 4096
"""Attributes whose bytes are remembered; paths and ids differ in every request."""

BREATH: Final = 32
"""Spans, or requests, after which the thread lets go of the interpreter: about 0.2 ms, as otherwise the event
loop would wait 5 ms (``sys.getswitchinterval``) for it."""

_KINDS: Final = {kind: b"\x30" + bytes([kind.value + 1]) for kind in SpanKind}
_ERROR: Final = b"\x7a\x02\x18\x02"
_UNSET: Final = b"\x7a\x00"
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

    def request(self, spans: Iterable[ReadableSpan]) -> bytes:
        """An export request with *spans*, of which there is at least one."""
        owner = b""
        parts = [owner]
        for span in spans:
            if not owner:
                owner, parts[0] = self.head(span.resource, span.instrumentation_scope)
            parts.append(self.span(span))
            if not len(parts) % BREATH:
                time.sleep(0)
        return whole(owner, parts)

    def head(self, resource: Resource, scope: InstrumentationScope | None) -> tuple[bytes, bytes]:
        """What all spans have in common: *resource*, and *scope* as the first of what it holds."""
        owner = field(1, b"".join(self._attributes(1, resource.attributes)))
        if scope is None:
            return owner, b""
        named = field(1, scope.name.encode())
        return owner, field(1, named + field(2, scope.version.encode()) if scope.version else named)

    def fixed(
        self, name: str, kind: SpanKind, attributes: Mapping[str, Any], *, remote: bool = False
    ) -> bytes:
        """What a span that is no error says beside its ids and times; *remote*: its parent is elsewhere."""
        flags = _REMOTE if remote else _LOCAL
        return b"".join(
            (field(5, name.encode()), _KINDS[kind], *self._attributes(9, attributes), _UNSET, flags)
        )

    def span(self, span: ReadableSpan) -> bytes:
        """*span*, as one of what its scope holds."""
        context, parent = span.context, span.parent
        trace_id = context.trace_id
        parts = [
            _IDS(b"\x0a\x10", trace_id >> 64, trace_id & 0xFFFFFFFFFFFFFFFF, b"\x12\x08", context.span_id)
        ]
        if context.trace_state:
            parts.append(field(3, context.trace_state.to_header().encode()))
        if parent is not None:
            parts.append(_PARENT(b"\x22\x08", parent.span_id))
        parts += (
            field(5, span.name.encode()),
            _KINDS[span.kind],
            _TIMES(b"\x39", span.start_time, b"\x41", span.end_time),
            *self._attributes(9, span.attributes),
        )
        if span.events:
            parts += (field(11, self._event(event)) for event in span.events)
        if span.links:
            parts += (field(13, self._link(link)) for link in span.links)
        parts.append(_ERROR if span.status.status_code is StatusCode.ERROR else _UNSET)
        parts.append(_REMOTE if parent is not None and parent.is_remote else _LOCAL)
        return field(2, b"".join(parts))

    def _event(self, event: Event) -> bytes:
        head = _TIME(b"\x09", event.timestamp) + field(2, event.name.encode())
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
                written = known[number, key, value, value.__class__] = field(number, _pair(key, value))
            yield written


def _pair(key: str, value: Any) -> bytes:
    return field(1, key.encode()) + field(2, _value(value))


def _value(value: Any) -> bytes:
    """A scalar, or a tuple of scalars (some resources have them), as the library keeps attributes."""
    if isinstance(value, bool):
        return b"\x10\x01" if value else b"\x10\x00"
    if isinstance(value, int):
        return b"\x18" + _varint(value & 0xFFFFFFFFFFFFFFFF)
    if isinstance(value, float):
        return _DOUBLE(b"\x21", value)
    if isinstance(value, tuple):
        return field(5, b"".join(field(1, _value(each)) for each in value))
    return field(1, str(value).encode())


def whole(owner: bytes, parts: Sequence[bytes | bytearray]) -> bytes:
    """An export request of one *owner* (a resource) and one scope, which consists of *parts*."""
    length = sum(map(len, parts))
    held = head(2, length)
    return b"".join((head(1, len(owner) + len(held) + length), owner, held, *parts))


def field(number: int, data: bytes) -> bytes:
    """A field that holds bytes, text or a message."""
    return head(number, len(data)) + data


def head(number: int, length: int) -> bytes:
    """What comes before *length* bytes of such a field."""
    tag = number << 3 | 2  # all numbers here are below 16
    return bytes((tag, length)) if length < 128 else bytes((tag,)) + _varint(length)


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    written.append(number)
    return bytes(written)

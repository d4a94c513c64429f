"""Writes ended recordings as OTLP's protobuf: what ``spans`` makes of them, without making it.

The spans of one request differ from those of the one before it in their ids and times, and in a path. All
the rest is bytes: joined once, from the same attributes that ``spans`` gives to the library's objects, and
then looked up. What is told rarely (failures, other tries, links, events, a ``tracestate``) is made by
``spans`` and written by ``otlp``. Fields of a message may stand in any order: what is fixed comes together.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from typing import Final, TypeVar

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind

from gateway.recording import Kind, Peer, Record, Recording
from gateway.telemetry import attributes as names
from gateway.telemetry.otlp import Encoder, field, head
from gateway.telemetry.spans import Spans, of_part, of_whole

_KNOWN: Final = 4096
"""Spans whose fixed bytes are remembered. A few for every step are needed, but clients may invent methods."""

_LONG: Final = 256
"""Bytes from which on a text is written by ``otlp``, too."""

_ATTEMPT: Final = Kind.ATTEMPT
_CALL: Final = Kind.CALL

_ROOT: Final = Struct(">2s16s2sQ").pack
_IDS: Final = Struct(">2s16s2sQ2sQ").pack
_TIMES: Final = Struct("<cQcQ").pack
_TIMED_ROOT: Final = 46
"""Bytes of a span's trace, its own id, and its times."""
_TIMED: Final = 56
"""The same with the id of its parent."""

_Key = TypeVar("_Key")
_Fixed = TypeVar("_Fixed")


def _before(name: str) -> tuple[bytes, ...]:
    """What comes before the value of the text attribute *name*, by the size of the value."""
    key = field(1, name.encode())
    written = (field(9, key + field(2, field(1, b"x" * size))) for size in range(_LONG))
    return tuple(each[: len(each) - size] for size, each in enumerate(written))


_BEFORE_SPAN: Final = tuple(head(2, size) for size in range(1024))
"""What comes before a span, by its size."""
_BEFORE_URL: Final = _before(names.URL.name)
_BEFORE_PATH: Final = _before(names.PATH.name)
_BEFORE_ID: Final = _before(names.REQUEST_ID.name)


class Writer:
    """Writes the spans of one process, which its *resource* describes; *version* is this program's.

    ``owner`` and ``scope`` are what goes before them (``otlp.whole``).
    """

    def __init__(self, resource: Resource, version: str) -> None:
        self._spans = Spans(resource, version)
        self._encoder = Encoder()
        self.owner, self.scope = self._encoder.head(resource, self._spans.scope)
        self._wholes: dict[tuple[object, ...], bytes] = {}
        self._parts: dict[tuple[str, str, object], bytes] = {}
        self._attempts: dict[tuple[str, Peer | None, str, int | None], tuple[bytes, bytes | None]] = {}

    def of(self, recording: Recording) -> tuple[int, bytes]:
        """How many spans there are of an ended *recording*, and all of them."""
        if recording.tracestate:
            return self._made(self._spans.of(recording))
        trace_id = bytes.fromhex(recording.trace_id)
        ended = recording.ended
        spans = [
            self._part(recording, record, trace_id)
            for record in recording.records
            if 0.0 < record.ended <= ended
        ]
        spans.insert(0, self._whole(recording, trace_id))
        return len(spans), b"".join(spans)

    def late(self, recording: Recording, record: Record) -> tuple[int, bytes]:
        """What ended after its request."""
        return self._made([self._spans.late(recording, record)])

    def _made(self, spans: Iterable[ReadableSpan]) -> tuple[int, bytes]:
        written = [self._encoder.span(span) for span in spans]
        return len(written), b"".join(written)

    def _whole(self, recording: Recording, trace_id: bytes) -> bytes:
        request = recording.request
        request_id = recording.request_id.encode()
        path = b"" if request is None else request.path.encode()
        if request is None or _is_told_rarely(recording) or len(path) >= _LONG or len(request_id) >= _LONG:
            return self._encoder.span(self._spans.whole(recording))
        route, method, _, scheme, server, version = request
        remote = recording.parent_id != ""
        key = (route, recording.status, method, server, scheme, version, recording.degraded, remote)
        fixed = self._wholes.get(key)
        if fixed is None:
            fixed = _remember(self._wholes, key, self._fixed_of_whole(recording, route))
        before_id, before_path = _BEFORE_ID[len(request_id)], _BEFORE_PATH[len(path)]
        parent = b"\x22\x08" + bytes.fromhex(recording.parent_id) if remote else b""
        size = _TIMED_ROOT + len(parent) + len(fixed)
        size += len(before_id) + len(request_id) + len(before_path) + len(path)
        return b"".join(
            (
                _BEFORE_SPAN[size] if size < 1024 else head(2, size),
                _ROOT(b"\x0a\x10", trace_id, b"\x12\x08", recording.span_id),
                parent,
                _times(recording.wall, recording.started, recording.ended),
                fixed,
                before_id,
                request_id,
                before_path,
                path,
            )
        )

    def _fixed_of_whole(self, recording: Recording, route: str) -> bytes:
        attributes = of_whole(recording)
        del attributes[names.REQUEST_ID.name], attributes[names.PATH.name]
        return self._encoder.fixed(route, SpanKind.SERVER, attributes, remote=recording.parent_id != "")

    def _part(self, recording: Recording, record: Record, trace_id: bytes) -> bytes:
        text = b""
        if record.links or record.changes:
            fixed = None
        elif record.kind is _ATTEMPT:
            fixed, text = self._attempt(record)
        elif record.kind is _CALL:
            fixed = self._call(record) if record.freshness else None
        else:
            fixed = self._store(record)
        if fixed is None:
            return self._encoder.span(self._spans.part(recording, record))
        size = _TIMED + len(fixed) + len(text)
        return b"".join(
            (
                _BEFORE_SPAN[size] if size < 1024 else head(2, size),
                _IDS(b"\x0a\x10", trace_id, b"\x12\x08", record.span_id, b"\x22\x08", record.parent_id),
                _times(recording.wall, record.started, record.ended),
                fixed,
                text,
            )
        )

    def _call(self, record: Record) -> bytes:
        key = (record.name, record.freshness, record.cause)
        return self._parts.get(key) or _remember(self._parts, key, self._fixed(record))

    def _store(self, record: Record) -> bytes:
        key = (record.name, record.system, record.hit)
        return self._parts.get(key) or _remember(self._parts, key, self._fixed(record))

    def _attempt(self, record: Record) -> tuple[bytes | None, bytes]:
        """A first try that succeeded: what is fixed, and its address; ``None``: something else."""
        if record.cause or record.attempt > 1:
            return None, b""
        key = (record.name, record.peer, record.method, record.status)
        known = self._attempts.get(key)
        if known is None:
            known = _remember(self._attempts, key, self._fixed_of_attempt(record))
        fixed, base = known
        if base is None:
            return fixed, b""
        path = record.target.partition(b"?")[0]
        size = len(base) + len(path)
        if size >= _LONG or not path.isascii():
            return None, b""
        return fixed, _BEFORE_URL[size] + base + path

    def _fixed_of_attempt(self, record: Record) -> tuple[bytes, bytes | None]:
        name, kind, attributes = of_part(record)
        located = attributes.pop(names.URL.name, None) is not None and record.peer is not None
        base = record.peer.base.encode() if located and record.peer is not None else None
        return self._encoder.fixed(name, kind, attributes), base

    def _fixed(self, record: Record) -> bytes:
        return self._encoder.fixed(*of_part(record))


def _is_told_rarely(recording: Recording) -> bool:
    return not recording.sampled or recording.failed or recording.cause != "" or bool(recording.links)


def _times(wall: float, started: float, ended: float) -> bytes:
    return _TIMES(b"\x39", int((wall + started) * 1e9), b"\x41", int((wall + ended) * 1e9))


def _remember(known: dict[_Key, _Fixed], key: _Key, fixed: _Fixed) -> _Fixed:
    if len(known) >= _KNOWN:
        known.clear()
    known[key] = fixed
    return fixed

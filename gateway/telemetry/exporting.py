"""The way out for recordings: a bounded queue, a thread, and an exporter.

For OTLP a recording is written when its request is over (``writing``), and the thread only sends. For any
other exporter it is queued as it is, and the thread makes spans of it.

Where to and how is OpenTelemetry's own affair: its exporters read ``OTEL_EXPORTER_OTLP_*``, its batch
processor ``OTEL_BSP_*``, and its resource ``OTEL_SERVICE_NAME`` and ``OTEL_RESOURCE_ATTRIBUTES``.

Only ``tracing`` imports this module, and only when a gateway that traces opens: it brings in the library.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanContext, TraceFlags

from gateway.recording import Record, Recording
from gateway.telemetry.exporters import Written, exporter_of
from gateway.telemetry.otlp import BREATH, whole
from gateway.telemetry.spans import Spans
from gateway.telemetry.writing import Writer

_QUEUE: Final = 2048
"""Requests that may wait for the thread (OTEL_BSP_MAX_QUEUE_SIZE; the specification's number, for spans)."""

_BATCH: Final = 512
"""Requests that wake the thread early (OTEL_BSP_MAX_EXPORT_BATCH_SIZE): 1 MB with seven spans each, as a
request to the collector costs 1.8 ms whatever is in it."""

_RECORDINGS: Final = 128
"""The same where recordings wait as they are: more would live so long that the garbage collector looks
through them."""

_PAGE: Final = 32
"""Requests that wait in one place: 60 kB for three calls each."""

_SPANS_AT_ONCE: Final = 1024
"""Spans in one request to the collector, 280 kB: with 256, sending costs as much as encoding."""

_SERVICE: Final = "gateway"

_ANY: Final = SpanContext(1, 1, False, TraceFlags(TraceFlags.SAMPLED))
"""Makes the batch processor take an item, which asks only whether it is sampled."""


class Waiting(ReadableSpan):
    """A place in the queue: a recording, or one late *record* of it, that spans are made of later."""

    def __init__(self, recording: Recording, record: Record | None) -> None:
        # Not the library's own __init__: this is no span yet, only what becomes some.
        self._context = _ANY
        self.recording = recording
        self.record = record


class Page(ReadableSpan):
    """A place in the queue for spans of several requests, which are written already.

    It waits in the queue from its first one on and takes more while it is ``open``: thousands of texts that
    wait one by one cost more than their writing does.
    """

    def __init__(self, spans: int, written: bytes) -> None:
        self._context = _ANY
        self.open = True
        self.requests = 1
        self.spans = spans
        self.written = bytearray(written)


class Outlet(SpanExporter):
    """What comes out of the queue. ``taken`` places, ``exported`` and ``failed`` spans are counted."""

    def __init__(self, inner: SpanExporter) -> None:
        self.taken = 0
        self.exported = 0
        self.failed = 0
        self._inner = inner

    def place(self, recording: Recording, record: Record | None) -> ReadableSpan | None:
        """What is to be queued for *recording*, or for one late *record* of it; ``None``: nothing more."""
        raise NotImplementedError

    def shutdown(self) -> None:
        """End what is under way; nothing is retried any more."""
        self._inner.shutdown()

    def _count(self, count: int, *, delivered: bool) -> None:
        if delivered:
            self.exported += count
        else:
            self.failed += count


class Making(Outlet):
    """Makes spans of recordings, in the queue's thread, and gives them to *inner* in portions."""

    def __init__(self, inner: SpanExporter, spans: Spans) -> None:
        super().__init__(inner)
        self._spans = spans

    def place(self, recording: Recording, record: Record | None) -> ReadableSpan:
        """The recording as it is."""
        return Waiting(recording, record)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export all, also if a portion fails: the next may succeed."""
        made = self._made(spans)
        while portion := list(islice(made, _SPANS_AT_ONCE)):
            self._count(len(portion), delivered=self._inner.export(portion) is SpanExportResult.SUCCESS)
        return SpanExportResult.SUCCESS

    def _made(self, waiting: Sequence[ReadableSpan]) -> Iterator[ReadableSpan]:
        for each in waiting:
            self.taken += 1
            if not self.taken % BREATH:
                time.sleep(0)  # lets go of the interpreter, which the event loop waits for
            if isinstance(each, Waiting):
                if each.record is None:
                    yield from self._spans.of(each.recording)
                else:
                    yield self._spans.late(each.recording, each.record)


class Sending(Outlet):
    """Sends what was written when its request was over: the thread has nothing to do but to send."""

    def __init__(self, inner: Written, writer: Writer, page: int = _PAGE) -> None:
        super().__init__(inner)
        self._send = inner.send
        self._writer = writer
        self._size = page
        self._page: Page | None = None
        self._lock = threading.Lock()  # held for an instant; whoever writes a page asks whether it is open

    def place(self, recording: Recording, record: Record | None) -> Page | None:
        """Write its spans: into the page that waits, or into a new one."""
        writer = self._writer
        spans, written = writer.of(recording) if record is None else writer.late(recording, record)
        page = self._page
        if page is not None:
            with self._lock:
                if page.open:
                    page.written += written
                    page.spans += spans
                    page.requests += 1
                    page.open = page.requests < self._size
                    return None
        self._page = page = Page(spans, written)
        page.open = self._size > 1
        return page

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send all in one request."""
        writer = self._writer
        parts: list[bytes | bytearray] = [writer.scope]
        count = 0
        for page in spans:
            assert isinstance(page, Page), "nothing else is queued"
            with self._lock:
                page.open = False
            parts.append(page.written)
            count += page.spans
            self.taken += page.requests
        self._count(count, delivered=self._send(whole(writer.owner, parts)))
        return SpanExportResult.SUCCESS


class Pipeline:
    """From recordings to *exporter*: its thread, its queue of at most *room* recordings."""

    def __init__(
        self,
        exporter: SpanExporter,
        resource: Resource,
        version: str,
        room: int = _QUEUE,
        batch: int = _RECORDINGS,
    ) -> None:
        batch = min(batch, room)
        if isinstance(exporter, Written):
            page = min(_PAGE, batch)
            self._outlet: Outlet = Sending(exporter, Writer(resource, version), page)
            batch = batch // page + (page > 1)  # that one has begun does not mean that it is full
        else:
            self._outlet = Making(exporter, Spans(resource, version))
        self._room = room
        self._handed = 0
        self._processor = BatchSpanProcessor(
            self._outlet, max_queue_size=max(room, batch), max_export_batch_size=batch
        )

    def take(self, recording: Recording, record: Record | None) -> bool:
        """Queue it; ``False`` if there is no room."""
        if self._handed - self._outlet.taken >= self._room:
            return False
        self._handed += 1
        place = self._outlet.place(recording, record)
        if place is not None:
            self._processor.on_end(place)
        return True

    def counts(self) -> tuple[int, int]:
        """Spans exported, and those that the exporter could not deliver."""
        return self._outlet.exported, self._outlet.failed

    async def close(self, grace: float) -> None:
        """Export what is waiting, within *grace* seconds, and end the thread."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()

        def shut_down() -> None:
            self._processor.shutdown()  # type: ignore[no-untyped-call]
            with contextlib.suppress(RuntimeError):  # the loop did not wait so long
                loop.call_soon_threadsafe(_resolve, done)

        # A thread that dies with the process: an exporter may hold on longer than anybody wants to wait.
        threading.Thread(target=shut_down, daemon=True, name="gateway-traces-closing").start()
        if not (await asyncio.wait([done], timeout=grace))[0]:
            self._outlet.shutdown()


def _resolve(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)


def pipeline(version: str, environ: Mapping[str, str] = os.environ) -> Pipeline:
    """The pipeline that the environment describes. Raises ``MissingExporterError``."""
    room = _number(environ, "OTEL_BSP_MAX_QUEUE_SIZE", _QUEUE)
    exporter = exporter_of(environ)
    usual = _BATCH if isinstance(exporter, Written) else _RECORDINGS
    batch = _number(environ, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", usual)
    return Pipeline(exporter, resource_of(version), version, room, batch)


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    written = environ.get(name, "").strip()
    return int(written) if written.isdecimal() and int(written) else default


def resource_of(version: str) -> Resource:
    """What describes this process; its name is ``gateway`` unless the environment says so."""
    resource = Resource.create({SERVICE_VERSION: version})
    if str(resource.attributes.get(SERVICE_NAME, "")).startswith("unknown_service"):
        resource = resource.merge(Resource({SERVICE_NAME: _SERVICE}))
    return resource

"""The way out for recordings: a bounded queue, a thread that makes spans of them, and an OTLP exporter.

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
from itertools import chain, islice
from typing import Final

from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanContext, TraceFlags

from gateway.recording import Record, Recording
from gateway.telemetry.exporters import Written, exporter_of
from gateway.telemetry.otlp import BREATH
from gateway.telemetry.spans import Spans

_QUEUE: Final = 2048
"""Requests that may wait for the thread (OTEL_BSP_MAX_QUEUE_SIZE; the specification's number, for spans)."""

_BATCH: Final = 128
"""Requests that wake the thread early (OTEL_BSP_MAX_EXPORT_BATCH_SIZE): with seven spans each, one request to
the collector. Four times as many would live so long that the garbage collector looks through them."""

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


class Making(SpanExporter):
    """Makes spans of what comes out of the queue, and gives them to *inner* in portions."""

    def __init__(self, inner: SpanExporter, spans: Spans) -> None:
        self.taken = 0
        self.exported = 0
        self.failed = 0
        self._inner = inner
        self._spans = spans

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export all, also if a portion fails: the next may succeed."""
        made = self._made(spans)
        while (first := next(made, None)) is not None:
            portion = islice(chain([first], made), _SPANS_AT_ONCE)
            count, delivered = self._deliver(portion)
            if delivered:
                self.exported += count
            else:
                self.failed += count
        return SpanExportResult.SUCCESS

    def _deliver(self, portion: Iterator[ReadableSpan]) -> tuple[int, bool]:
        if isinstance(self._inner, Written):
            return self._inner.deliver(
                portion
            )  # span by span: a thousand at once would keep the collector busy
        spans = list(portion)
        return len(spans), self._inner.export(spans) is SpanExportResult.SUCCESS

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

    def shutdown(self) -> None:
        """End what is under way; nothing is retried any more."""
        self._inner.shutdown()


class Pipeline:
    """From recordings to *exporter*: its thread, its queue of at most *room* recordings."""

    def __init__(
        self,
        exporter: SpanExporter,
        resource: Resource,
        version: str,
        room: int = _QUEUE,
        batch: int = _BATCH,
    ) -> None:
        self._making = Making(exporter, Spans(resource, version))
        self._room = room
        self._handed = 0
        self._processor = BatchSpanProcessor(
            self._making, max_queue_size=room, max_export_batch_size=min(batch, room)
        )

    def take(self, recording: Recording, record: Record | None) -> bool:
        """Queue it; ``False`` if there is no room."""
        if self._handed - self._making.taken >= self._room:
            return False
        self._handed += 1
        self._processor.on_end(Waiting(recording, record))
        return True

    def counts(self) -> tuple[int, int]:
        """Spans exported, and those that the exporter could not deliver."""
        return self._making.exported, self._making.failed

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
            self._making.shutdown()


def _resolve(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)


def pipeline(version: str, environ: Mapping[str, str] = os.environ) -> Pipeline:
    """The pipeline that the environment describes. Raises ``MissingExporterError``."""
    room = _number(environ, "OTEL_BSP_MAX_QUEUE_SIZE", _QUEUE)
    batch = _number(environ, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", _BATCH)
    return Pipeline(exporter_of(environ), resource_of(version), version, room, batch)


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    written = environ.get(name, "").strip()
    return int(written) if written.isdecimal() and int(written) else default


def resource_of(version: str) -> Resource:
    """What describes this process; its name is ``gateway`` unless the environment says so."""
    resource = Resource.create({SERVICE_VERSION: version})
    if str(resource.attributes.get(SERVICE_NAME, "")).startswith("unknown_service"):
        resource = resource.merge(Resource({SERVICE_NAME: _SERVICE}))
    return resource

"""The way out: the thread makes the spans, the queue is bounded, and nothing holds the gateway up."""

import asyncio
import threading
import time

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from gateway.recording import Kind
from gateway.telemetry.exporters import Written
from gateway.telemetry.exporting import Pipeline, pipeline, resource_of
from tests.support.gateways import eventually
from tests.support.otlp import collecting, spans_of
from tests.support.recordings import KeptRecordings, recorded_trace

RESOURCE = Resource({"service.name": "gateway"})


class KeptSpans(SpanExporter):
    """Keeps what it is given; waits for *gate* first, and says that it failed if it *fails*."""

    def __init__(self, *, fails=False):
        self.gate = threading.Event()
        self.gate.set()
        self.fails = fails
        self.spans = []
        self.portions = []
        self.ended = False

    def export(self, spans):
        self.gate.wait(5)
        self.spans += spans
        self.portions.append(len(spans))
        return SpanExportResult.FAILURE if self.fails else SpanExportResult.SUCCESS

    def shutdown(self):
        self.ended = True
        self.gate.set()


def ended_recording(attempts=0):
    recording = recorded_trace(KeptRecordings(), time.monotonic).recording
    for _ in range(attempts):
        record = recording.begin(Kind.ATTEMPT, "orders", time.monotonic())
        record.ended = time.monotonic()
    recording.finish()
    return recording


async def test_recordings_become_spans_in_another_thread():
    exporter = KeptSpans()
    way = Pipeline(exporter, RESOURCE, "1")

    assert way.take(ended_recording(attempts=2), None)
    await way.close(5.0)

    assert len(exporter.spans) == 3
    assert way.counts() == (3, 0)


async def test_late_record_becomes_one_span():
    exporter = KeptSpans()
    way = Pipeline(exporter, RESOURCE, "1")
    recording = ended_recording(attempts=2)

    way.take(recording, recording.records[0])
    await way.close(5.0)

    assert [span.context.span_id for span in exporter.spans] == [recording.records[0].span_id]


async def test_what_would_be_too_much_is_refused_and_there_is_room_again_later():
    exporter = KeptSpans()
    exporter.gate.clear()
    way = Pipeline(exporter, RESOURCE, "1", room=4, batch=2)
    taken = [way.take(ended_recording(), None) for _ in range(20)]
    assert 4 <= taken.count(True) <= 6  # those that the thread took meanwhile are no longer in the queue

    exporter.gate.set()
    await eventually(lambda: len(exporter.spans) >= 2)
    await eventually(lambda: way.take(ended_recording(), None))
    await way.close(5.0)


async def test_spans_are_exported_in_portions():
    exporter = KeptSpans()
    way = Pipeline(exporter, RESOURCE, "1")

    for _ in range(6):
        way.take(ended_recording(attempts=399), None)
    await way.close(5.0)

    assert sum(exporter.portions) == 2400
    assert max(exporter.portions) <= 1024


async def test_spans_that_nobody_took_are_counted():
    way = Pipeline(KeptSpans(fails=True), RESOURCE, "1")

    way.take(ended_recording(), None)
    await way.close(5.0)

    assert way.counts() == (0, 1)


async def test_closing_does_not_wait_for_an_exporter_that_hangs():
    exporter = KeptSpans()
    exporter.gate.clear()
    way = Pipeline(exporter, RESOURCE, "1")
    way.take(ended_recording(), None)
    began = time.monotonic()

    await way.close(0.1)

    assert time.monotonic() - began < 2.0
    assert exporter.ended


def test_service_is_called_gateway_unless_the_environment_says_so(monkeypatch):
    monkeypatch.delenv("OTEL_SERVICE_NAME", raising=False)
    assert resource_of("1.2").attributes["service.name"] == "gateway"
    assert resource_of("1.2").attributes["service.version"] == "1.2"

    monkeypatch.setenv("OTEL_SERVICE_NAME", "shop")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
    named = resource_of("1.2").attributes
    assert (named["service.name"], named["deployment.environment.name"]) == ("shop", "test")


async def test_pipeline_of_the_environment_reaches_a_collector(monkeypatch):
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        way = pipeline("1.2", {"OTEL_BSP_MAX_QUEUE_SIZE": "10", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "many"})
        way.take(ended_recording(attempts=1), None)
        await asyncio.wait_for(way.close(5.0), 10)

    assert [span.kind for span in collector.spans] == ["internal", "client"]
    assert {span.service for span in collector.spans} == {"gateway"}


@pytest.mark.parametrize("batch", [1, 2, 32, 40, 512])
async def test_every_span_reaches_the_collector_once_however_requests_share_pages(batch):
    sent = []

    def send(data):
        sent.append([span.span_id for span in spans_of(data)])
        return True

    way = Pipeline(Written(KeptSpans(), send), RESOURCE, "1", batch=batch)
    recordings = [ended_recording(attempts=2) for _ in range(150)]
    for recording in recordings:
        assert way.take(recording, None)
        await asyncio.sleep(0)
    way.take(recordings[0], recordings[0].records[0])
    await way.close(5.0)

    ids = [f"{each.span_id:016x}" for recording in recordings for each in (recording, *recording.records)] + [
        f"{recordings[0].records[0].span_id:016x}"
    ]
    assert [each for portion in sent for each in portion] == ids
    assert way.counts() == (451, 0)

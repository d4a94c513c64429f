"""Which exporter the environment means, and that both take our writing."""

import sys
import time
from concurrent import futures

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExportResult

from gateway.recording import Kind
from gateway.telemetry.exporters import Written, exporter_of
from gateway.telemetry.spans import Spans
from tests.support.otlp import collecting
from tests.support.recordings import KeptRecordings, recorded_trace


def spans():
    recording = recorded_trace(KeptRecordings(), time.monotonic).recording
    record = recording.begin(Kind.ATTEMPT, "orders", time.monotonic())
    record.ended = time.monotonic()
    recording.finish()
    return list(Spans(Resource({"service.name": "shop"}), "1").of(recording))


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps what came over gRPC."""

    def __init__(self):
        self.requests = []

    def Export(self, request, context):  # noqa: N802 - the service's name for it
        self.requests.append(request)
        return trace_service_pb2.ExportTraceServiceResponse()


def test_spans_reach_a_collector_over_http(monkeypatch):
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        exporter = exporter_of({})
        assert isinstance(exporter, Written)  # the library still has what the short cut touches

        assert exporter.export(spans()) is SpanExportResult.SUCCESS
        exporter.shutdown()

    assert [(span.service, span.kind) for span in collector.spans] == [
        ("shop", "internal"),
        ("shop", "client"),
    ]


def test_spans_reach_a_collector_over_grpc(monkeypatch):
    server = grpc.server(futures.ThreadPoolExecutor(1))
    collector = Collector()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
    try:
        exporter = exporter_of({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})
        assert exporter.export(spans()) is SpanExportResult.SUCCESS
        exporter.shutdown()
    finally:
        server.stop(None).wait()

    [request] = collector.requests
    assert len(request.resource_spans[0].scope_spans[0].spans) == 2


def test_collector_that_refuses_is_a_failure(monkeypatch):
    with collecting(status=400) as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        exporter = exporter_of({})

        assert exporter.export(spans()) is SpanExportResult.FAILURE
        exporter.shutdown()


@pytest.mark.parametrize(
    ("environ", "module"),
    [
        ({}, "opentelemetry.exporter.otlp.proto.http.trace_exporter"),
        (
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"},
            "opentelemetry.exporter.otlp.proto.http.trace_exporter",
        ),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "opentelemetry.exporter.otlp.proto.grpc.trace_exporter"),
        (
            {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc"},
            "opentelemetry.exporter.otlp.proto.grpc.trace_exporter",
        ),
        ({"OTEL_TRACES_EXPORTER": "console"}, ConsoleSpanExporter.__module__),
    ],
)
def test_exporter_is_the_environments(environ, module):
    exporter = exporter_of(environ)
    exporter.shutdown()

    kinds = [type(getattr(exporter, "_inner", exporter)), *type(exporter).__mro__]
    assert module in {kind.__module__ for kind in kinds}


@pytest.mark.parametrize(("protocol", "extra"), [("grpc", "otlp-grpc"), ("http/protobuf", "otlp")])
def test_missing_exporter_is_named_with_its_remedy(protocol, extra, monkeypatch):
    kind = protocol.partition("/")[0]
    monkeypatch.setitem(sys.modules, f"opentelemetry.exporter.otlp.proto.{kind}.trace_exporter", None)

    with pytest.raises(ModuleNotFoundError, match=rf"pip install 'fanin-gateway\[{extra}\]'"):
        exporter_of({"OTEL_EXPORTER_OTLP_PROTOCOL": protocol})

"""OpenTelemetry's exporters, by what the environment says; spans reach them in our own writing (``otlp``).

Connections, retries, headers, TLS and time limits are the library's. The short cut past its encoder reaches
into it, so it is guarded: where a version does not have what it touches, that version encodes by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExporter, SpanExportResult

from gateway.telemetry.otlp import Encoder
from gateway.telemetry.tracing import MissingExporterError


class Written(SpanExporter):
    """*inner*, of which only ``send`` is used: whether it delivered the bytes of an export request."""

    def __init__(self, inner: SpanExporter, send: Callable[[bytes], bool]) -> None:
        self.send = send
        self._inner = inner
        self._encoder = Encoder()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Deliver *spans*, of which there is at least one."""
        delivered = self.send(self._encoder.request(spans))
        return SpanExportResult.SUCCESS if delivered else SpanExportResult.FAILURE

    def shutdown(self) -> None:
        """End what is under way; nothing is retried any more."""
        self._inner.shutdown()


def exporter_of(environ: Mapping[str, str]) -> SpanExporter:
    """``OTEL_TRACES_EXPORTER`` (otlp, console) and the protocol of OTLP (http/protobuf, grpc).

    Raises ``MissingExporterError``.
    """
    if environ.get("OTEL_TRACES_EXPORTER", "").strip() == "console":
        return ConsoleSpanExporter()
    protocol = environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or environ.get("OTEL_EXPORTER_OTLP_PROTOCOL")
    return _over_grpc() if protocol == "grpc" else _over_http()


def _over_http() -> SpanExporter:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise _missing("otlp", error) from error
    exporter = OTLPSpanExporter()
    client: Any = getattr(exporter, "_client", None)
    if not callable(getattr(client, "export", None)):
        return exporter
    return Written(exporter, lambda data: bool(client.export(data).success))


def _over_grpc() -> SpanExporter:
    try:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: PLC0415
            ExportTraceServiceRequest,
        )
    except ModuleNotFoundError as error:
        raise _missing("otlp-grpc", error) from error
    encoder = Encoder()

    class Grpc(OTLPSpanExporter):
        """Where the library does not ask this any more, it encodes by itself."""

        def _translate_data(
            self, data: Sequence[ReadableSpan]
        ) -> Any:  # an ExportTraceServiceRequest, which has no types
            return ExportTraceServiceRequest.FromString(encoder.request(data))

    return Grpc()


def _missing(extra: str, error: ModuleNotFoundError) -> MissingExporterError:
    remedy = f"pip install 'fanin-gateway[{extra}]'"
    return MissingExporterError(f"traces need an exporter: {remedy}", name=error.name)

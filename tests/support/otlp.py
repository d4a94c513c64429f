"""A receiver of OTLP over HTTP, for tests: what a collector is given, as plain spans."""

import contextlib
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

KINDS = {number: name.removeprefix("SPAN_KIND_").lower() for name, number in Span.SpanKind.items()}


@dataclass
class Received:
    """One span as it was sent. Ids are hex digits, times nanoseconds."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    start: int
    end: int
    error: bool
    attributes: dict
    events: list
    links: list


def _attributes(pairs):
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


def spans_of(data):
    """The spans of an export request."""
    for resource_spans in ExportTraceServiceRequest.FromString(data).resource_spans:
        service = _attributes(resource_spans.resource.attributes)["service.name"]
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                yield Received(
                    service=service,
                    name=span.name,
                    kind=KINDS[span.kind],
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    start=span.start_time_unix_nano,
                    end=span.end_time_unix_nano,
                    error=span.status.code == 2,
                    attributes=_attributes(span.attributes),
                    events=[(event.name, _attributes(event.attributes)) for event in span.events],
                    links=[
                        (link.trace_id.hex(), link.span_id.hex(), _attributes(link.attributes))
                        for link in span.links
                    ],
                )


class Collector(ThreadingHTTPServer):
    """``spans`` in the order in which they came; ``url`` is for OTEL_EXPORTER_OTLP_ENDPOINT."""

    daemon_threads = True

    def __init__(self, status):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = status
        self.spans = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def by(self, **attributes):
        """The spans with these attributes (``service`` and ``name`` are the span's own)."""
        own = {key: attributes.pop(key) for key in ("service", "name", "kind") if key in attributes}
        return [
            span
            for span in self.spans
            if all(getattr(span, key) == value for key, value in own.items())
            and attributes.items() <= span.attributes.items()
        ]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        data = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            raise AssertionError("nothing asks for compression here")
        self.server.spans += spans_of(data)
        self.send_response(self.server.status)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


@contextlib.contextmanager
def collecting(status=200):
    """A collector that listens, and answers *status*."""
    with Collector(status) as collector:
        thread = threading.Thread(target=collector.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield collector
        finally:
            collector.shutdown()
            thread.join()

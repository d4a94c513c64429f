"""A service that continues its caller's trace, by OpenTelemetry's own SDK: ``python -m … PORT STATUS``.

It answers everything with STATUS, exports one server span for each request, and knows nothing of the gateway.
"""

import asyncio
import sys

import uvicorn
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

PROVIDER = TracerProvider()  # its name is OTEL_SERVICE_NAME, its receiver OTEL_EXPORTER_OTLP_ENDPOINT
PROVIDER.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
TRACER = PROVIDER.get_tracer("service")
PROPAGATOR = TraceContextTextMapPropagator()


def app_of(status):
    async def app(scope, receive, send):
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        context = PROPAGATOR.extract(headers)
        with TRACER.start_as_current_span(scope["path"], context, kind=SpanKind.SERVER):
            body = b'{"name": "Ann"}'
            lines = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
            await send({"type": "http.response.start", "status": status, "headers": lines})
        await send({"type": "http.response.body", "body": body})

    return app


if __name__ == "__main__":
    port, status = map(int, sys.argv[1:])
    config = uvicorn.Config(app_of(status), host="127.0.0.1", port=port, log_level="warning", lifespan="off")
    asyncio.run(uvicorn.Server(config).serve())

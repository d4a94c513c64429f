"""Our writing of spans is what the library's own encoder means, byte order and all."""

import random

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags, TraceState
from opentelemetry.trace.status import Status, StatusCode

from gateway.telemetry.otlp import Encoder
from tests.support.seeded import seeded

__all__ = ["seeded"]

RESOURCE = Resource({"service.name": "gateway", "process.command_args": ("run", "x.yaml"), "process.pid": 7})
SCOPE = InstrumentationScope("gateway", "1.2.3")
FLAGS = TraceFlags(TraceFlags.SAMPLED)
VALUES = [True, False, 0, 1, 127, 128, -1, 2**62, 1.0, 0.25, "", "x", "ä" * 100, "y" * 20_000]


def context_of(random, *, remote=False, state=False):
    header = TraceState.from_header(["a=1,b=2"]) if state else None
    return SpanContext(random.getrandbits(128) or 1, random.getrandbits(64) or 1, remote, FLAGS, header)


def span_of(random):
    """Any span: few attributes or many, of every kind, with or without parent, events and links."""

    def attributes():
        return {
            f"key.{number}" * random.choice([1, 40]): random.choice(VALUES)
            for number in range(random.randrange(9))
        }

    events = [Event("changed", attributes(), random.getrandbits(60)) for _ in range(random.randrange(3))]
    links = [Link(context_of(random), attributes()) for _ in range(random.randrange(3))]
    parent = context_of(random, remote=random.random() < 0.5) if random.random() < 0.7 else None
    return ReadableSpan(
        random.choice(["GET /a", "", "ä" * 200]),
        context=context_of(random, state=random.random() < 0.3),
        parent=parent,
        resource=RESOURCE,
        attributes=attributes(),
        events=events,
        links=links,
        kind=random.choice(list(SpanKind)),
        status=Status(random.choice([StatusCode.UNSET, StatusCode.ERROR])),
        start_time=random.getrandbits(60),
        end_time=random.getrandbits(60),
        instrumentation_scope=SCOPE,
    )


def test_both_encoders_mean_the_same(seeded):
    encoder = Encoder()
    for _ in range(50):
        spans = [span_of(seeded) for _ in range(seeded.randrange(1, 20))]

        assert ExportTraceServiceRequest.FromString(encoder.request(spans)) == encode_spans(spans)


@pytest.mark.parametrize("value", [1, 1.0, True])
def test_equal_values_of_different_types_stay_what_they_are(value):
    encoder = Encoder()
    context = context_of(random.Random(1))
    for each in (1, 1.0, True, value):
        spans = [
            ReadableSpan(
                "x",
                context,
                resource=RESOURCE,
                attributes={"n": each},
                start_time=1,
                end_time=2,
                instrumentation_scope=SCOPE,
            )
        ]
        assert ExportTraceServiceRequest.FromString(encoder.request(spans)) == encode_spans(spans)


def test_what_is_remembered_of_attributes_is_bounded():
    encoder = Encoder()
    context = context_of(random.Random(1))
    for number in range(50):
        attributes = {"url.path": f"/{number}", **{f"k{n}": f"{number} {n}" for n in range(100)}}
        encoder.request(
            [ReadableSpan("x", context, resource=RESOURCE, attributes=attributes, start_time=1, end_time=2)]
        )

    assert len(encoder._known) <= 4096

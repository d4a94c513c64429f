"""Exemplars of a running gateway lead to spans that a collector really got, and to no others."""

import http.client

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics

from gateway.telemetry.exposition import OPENMETRICS, PROMETHEUS
from tests.support.gateways import gateway_process
from tests.support.otlp import collecting
from tests.support.processes import free_ports, running, until

pytestmark = pytest.mark.slow

CONFIG = """
server: { trust: [127.0.0.1/32] }
telemetry: { traces: { ratio: 0 } }
upstreams:
  users: { url: "${USERS}" }
routes:
  GET /traced/{id:int}: { steps: { user: { get: "users/people/{id}" } } }
  GET /plain/{id:int}: { steps: { user: { get: "users/people/{id}" } } }
"""
SAMPLED, PLAIN = "a" * 32, "b" * 32


def ask(port, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(
        "GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    try:
        answer = connection.getresponse()
        return answer.read().decode()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A sampled and an unsampled request: the collector's spans, and what is scraped in both formats."""
    users = free_ports(1)[0]
    env = {"USERS": f"http://127.0.0.1:{users}", "OTEL_BSP_SCHEDULE_DELAY": "50"}
    folder = tmp_path_factory.mktemp("gateway")
    with collecting() as collector:
        env["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url
        command = ["-m", "tests.support.traced_service", str(users), "200"]
        with (
            running(*command, ports=[users], env={**env, "OTEL_TRACES_EXPORTER": "none"}),
            gateway_process(CONFIG, folder, env=env) as process,
        ):
            ask(process.port, "/traced/1", traceparent=f"00-{SAMPLED}-{'1' * 16}-01")
            ask(process.port, "/plain/1", traceparent=f"00-{PLAIN}-{'1' * 16}-00")
            until(lambda: len(collector.by(service="gateway")) >= 3, what="three spans")
            texts = {
                kind: ask(process.admin_port, "/metrics", accept=kind) for kind in (OPENMETRICS, PROMETHEUS)
            }
    return collector, texts


def examples(text):
    samples = (sample for family in read_openmetrics(text) for sample in family.samples)
    return {
        (sample.name, sample.labels.get("route"), *map(sample.exemplar.labels.get, ("trace_id", "span_id")))
        for sample in samples
        if sample.exemplar is not None
    }


def test_request_step_and_attempt_lead_to_their_spans(scene):
    collector, texts = scene
    spans = {each.kind: each.span_id for each in collector.by(service="gateway")}

    assert examples(texts[OPENMETRICS]) == {
        ("gateway_request_duration_seconds_bucket", "GET /traced/{id:int}", SAMPLED, spans["server"]),
        ("gateway_call_duration_seconds_bucket", "GET /traced/{id:int}", SAMPLED, spans["internal"]),
        ("gateway_attempt_duration_seconds_bucket", None, SAMPLED, spans["client"]),
    }


def test_request_that_is_not_sampled_is_no_example(scene):
    _, texts = scene

    assert PLAIN not in texts[OPENMETRICS]
    assert (
        'gateway_requests_total{route="GET /plain/{id:int}",status="200",degraded="no"} 1'
        in texts[OPENMETRICS]
    )


def test_prometheus_text_has_none(scene):
    _, texts = scene

    assert "trace_id" not in texts[PROMETHEUS]


def test_spans_are_counted(scene):
    _, texts = scene

    assert 'gateway_spans_total{result="dropped"} 0' in texts[OPENMETRICS]
    assert 'gateway_spans_total{result="exported"}' in texts[OPENMETRICS]

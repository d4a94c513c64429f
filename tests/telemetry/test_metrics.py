"""A gateway's metrics are its own, and come out as Prometheus text."""

from types import SimpleNamespace

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_prometheus

from gateway.outcome import Cause, Failure, Success
from gateway.telemetry.exposition import OPENMETRICS
from gateway.telemetry.metrics import Metrics

ROUTE = "GET /user/{id:int}"


def scraped(metrics):
    text, content_type = metrics.exposition()
    assert content_type.startswith("text/plain")
    return {
        (sample.name, *(v for k, v in sorted(sample.labels.items()))): sample.value
        for metric in read_prometheus(text.decode())
        for sample in metric.samples
    }


def values(metric):
    return {(sample.name, *sorted(sample.labels.items())): sample.value for sample in metric.samples}


def test_meters_come_out_under_their_labels():
    metrics = Metrics()
    metrics.calls(ROUTE, "orders").record(Failure(Cause.TIMEOUT), 0.3)
    metrics.attempts("orders").record(Success(b"1"), 0.1)
    metrics.requests(ROUTE).record(200, True, 0.3)
    metrics.requests(ROUTE).client_gone()
    found = scraped(metrics)

    assert found["gateway_calls_total", "timeout", ROUTE, "nothing", "orders"] == 1
    assert found["gateway_attempts_total", "none", "orders"] == 1
    assert found["gateway_requests_total", "yes", ROUTE, "200"] == 1
    assert found["gateway_request_duration_seconds_count", ROUTE] == 1
    assert found["gateway_client_gone_total", ROUTE] == 1


def test_meter_is_made_once_per_place():
    metrics = Metrics()

    assert metrics.calls(ROUTE, "a") is metrics.calls(ROUTE, "a")
    assert metrics.calls(ROUTE, "a") is not metrics.calls(ROUTE, "b")
    assert metrics.attempts("a") is metrics.attempts("a")
    assert metrics.requests(ROUTE) is metrics.requests(ROUTE)


def test_transitions_are_counted():
    metrics = Metrics()
    change = SimpleNamespace(name="orders", old="closed", new="open", reason="failure_rate")
    metrics.count_transition("orders", change)
    metrics.count_transition("orders", change)

    assert (
        scraped(metrics)["gateway_breaker_transitions_total", "open", "closed", "failure_rate", "orders"] == 2
    )


def test_refused_heads_are_counted_by_their_status():
    metrics = Metrics()
    metrics.count_refused_head(431)
    found = scraped(metrics)

    assert found["gateway_heads_refused_total", "431"] == 1
    assert found["gateway_heads_refused_total", "400"] == 0
    assert found["gateway_heads_refused_total", "408"] == 0


def test_clients_that_do_not_read_are_counted():
    metrics = Metrics()
    metrics.count_stalled()

    assert scraped(metrics)["gateway_clients_stalled_total",] == 1


def test_two_gateways_do_not_mix():
    one, other = Metrics(), Metrics()
    one.requests(ROUTE).record(200, False, 0.1)

    assert not [key for key in scraped(other) if key[0] == "gateway_requests_total"]


def test_openmetrics_is_written_for_who_accepts_it():
    text, content_type = Metrics().exposition("application/openmetrics-text;version=1.0.0")

    assert content_type == OPENMETRICS
    assert text.endswith(b"# EOF\n")
    assert text.count(b"# EOF") == 1


@pytest.mark.parametrize(("accept", "read"), [("", read_prometheus), (OPENMETRICS, read_openmetrics)])
def test_page_says_what_the_registry_says(accept, read):
    metrics = Metrics()
    metrics.calls(ROUTE, "orders").record(Failure(Cause.TIMEOUT), 0.3)
    metrics.requests(ROUTE).record(200, True, 0.3)
    page = {each.name: each for each in read(metrics.exposition(accept)[0].decode())}
    registry = {each.name: each for each in metrics.registry.collect()}

    assert set(page) == set(registry)
    assert {name for name in page if name.startswith("process_")} >= {"process_cpu_seconds"}
    ours = [name for name in page if name.startswith("gateway_")]
    assert {name: values(page[name]) for name in ours} == {name: values(registry[name]) for name in ours}

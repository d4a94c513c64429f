"""One degraded request as a collector sees it: the gateway's spans and those of two services that go on."""

import contextlib
import http.client
import time
from dataclasses import dataclass

import pytest

from tests.support.otlp import collecting
from tests.support.processes import free_ports, running, until

pytestmark = pytest.mark.slow

CONFIG = """
server: { trust: [127.0.0.1/32] }
telemetry: { traces: { ratio: 0 } }
upstreams:
  users: { url: "${USERS}" }
  orders:
    url: "${ORDERS}"
    breaker: { consecutive: 4 }
    retry: { attempts: 2, backoff: 10ms }
    budget: off
routes:
  GET /user/{id:int}:
    steps:
      user: { get: "users/people/{id}?full=1", required: true }
      orders: { get: "orders/of/{id}", fallback: [] }
"""
PARENT_ID = "b7ad6b7169203331"
TRACED = "0af7651916cd43dd8448eb211c80319c"
UNTRACED = "1af7651916cd43dd8448eb211c80319c"


@dataclass
class Trace:
    """What a collector was given of one request, which began at *began*; *port* is the gateway's."""

    spans: list
    began: int
    port: int

    def by(self, **facts):
        """The spans with these facts, in the order in which they began."""
        found = [each for each in self.spans if facts.items() <= vars(each).items()]
        return sorted(found, key=lambda span: span.start)


@pytest.fixture(scope="module")
def traced(tmp_path_factory):
    """A degraded request to a gateway with two services that trace, each a process of its own."""
    users, orders, port, admin = free_ports(4)
    path = tmp_path_factory.mktemp("traces") / "gateway.yaml"
    path.write_text(CONFIG)
    with contextlib.ExitStack() as stack:
        collector = stack.enter_context(collecting())
        traces = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "50"}
        for name, at, status in (("users", users, 200), ("orders", orders, 503)):
            command = ["-m", "tests.support.traced_service", str(at), str(status)]
            stack.enter_context(running(*command, ports=[at], env={**traces, "OTEL_SERVICE_NAME": name}))
        urls = {"USERS": f"http://127.0.0.1:{users}", "ORDERS": f"http://127.0.0.1:{orders}"}
        command = ["-m", "gateway", "run", str(path), "--port", str(port), "--admin-port", str(admin)]
        environ = {**traces, **urls, "OTEL_SERVICE_NAME": "shop-gateway"}
        stack.enter_context(running(*command, ports=[port, admin], env=environ))
        began = time.time_ns()
        ask(port, UNTRACED, "00")  # leaves no span, only two failures in a row
        assert ask(port, TRACED, "01") == 200
        until(lambda: len(collector.spans) >= 9, what="nine spans")
        yield Trace(list(collector.spans), began, port)


def ask(port, trace_id, flags):
    """The status of an answer to a client that we trust, and that traces or does not."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"traceparent": f"00-{trace_id}-{PARENT_ID}-{flags}", "x-request-id": "r-1"}
    connection.request("GET", "/user/7?secret=s", headers=headers)
    answer = connection.getresponse()
    try:
        return answer.status
    finally:
        connection.close()


def test_degraded_request_is_one_tree_over_three_processes(traced):
    assert {span.trace_id for span in traced.spans} == {TRACED}
    [server] = traced.by(service="shop-gateway", kind="server")
    [user] = traced.by(name="step user")
    [orders] = traced.by(name="step orders")
    [of_user] = traced.by(name="GET users")
    of_orders = traced.by(name="GET orders")
    assert (server.name, server.parent_id) == ("GET /user/{id:int}", PARENT_ID)
    assert {user.parent_id, orders.parent_id} == {server.span_id}
    assert of_user.parent_id == user.span_id
    assert [each.parent_id for each in of_orders] == [orders.span_id] * 2

    # the services' spans are children of exactly the attempts that called them
    assert [each.parent_id for each in traced.by(service="users")] == [of_user.span_id]
    assert [each.parent_id for each in traced.by(service="orders")] == [each.span_id for each in of_orders]
    assert {each.kind for each in traced.by(service="orders") + traced.by(service="users")} == {"server"}


def test_every_span_lies_within_its_parent(traced):
    own = {span.span_id: span for span in traced.by(service="shop-gateway")}
    for span in own.values():
        assert traced.began <= span.start <= span.end
        if span.parent_id in own:
            parent = own[span.parent_id]
            assert parent.start <= span.start <= span.end <= parent.end


def test_spans_of_a_degraded_request_say_what_happened(traced):
    [server] = traced.by(service="shop-gateway", kind="server")
    assert server.attributes == {
        "http.request.method": "GET",
        "http.route": "/user/{id:int}",
        "http.response.status_code": 200,
        "url.path": "/user/7",
        "url.scheme": "http",
        "server.address": "127.0.0.1",
        "server.port": traced.port,
        "network.protocol.version": "1.1",
        "gateway.request_id": "r-1",
        "gateway.degraded": True,
    }
    [orders] = traced.by(name="step orders")
    assert orders.attributes == {
        "gateway.step": "orders",
        "gateway.outcome": "success",
        "gateway.freshness": "fallback",
        "gateway.cause": "failed",
    }
    [user] = traced.by(name="GET users")
    assert user.attributes["url.full"].endswith("/people/7")  # the query may be nobody's business
    assert not user.error


def test_o2_attempts_say_which_try_they_are_and_why_they_failed(traced):
    first, second = traced.by(name="GET orders")

    assert (first.attributes["gateway.attempt"], second.attributes["gateway.attempt"]) == (1, 2)
    assert "gateway.retry" not in first.attributes
    assert second.attributes["gateway.retry"] is True
    assert second.attributes["http.request.resend_count"] == 1
    assert (first.error, second.error) == (True, True)
    for attempt in (first, second):
        assert attempt.attributes["error.type"] == "503"
        assert attempt.attributes["gateway.cause"] == "failed"
        assert attempt.attributes["gateway.upstream"] == "orders"
        assert attempt.attributes["url.full"].endswith("/of/7")


def test_change_of_the_breaker_is_an_event_of_the_attempt_during_which_it_happened(traced):
    first, second = traced.by(name="GET orders")

    assert first.events == []
    [(name, event)] = second.events
    assert name == "gateway.breaker.changed"
    assert (event["gateway.breaker.old"], event["gateway.breaker.new"]) == ("closed", "open")
    assert event["gateway.breaker.reason"] == "consecutive"


def test_service_names_are_those_of_the_environment(traced):
    assert {span.service for span in traced.spans} == {"shop-gateway", "users", "orders"}

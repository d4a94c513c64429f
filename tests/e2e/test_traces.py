"""One degraded request as a collector sees it: the gateway's spans and those of two services that go on."""

import contextlib
import http.client
import time

import pytest

from tests.support.otlp import collecting
from tests.support.processes import free_ports, running, until

pytestmark = pytest.mark.slow

CONFIG = """
server: { trust: [127.0.0.1/32] }
telemetry: { traces: { ratio: 0 } }
upstreams:
  users: { url: "${USERS}" }
  orders: { url: "${ORDERS}", breaker: { consecutive: 2 }, retry: { attempts: 2, backoff: 10ms } }
routes:
  GET /user/{id:int}:
    steps:
      user: { get: "users/people/{id}?full=1", required: true }
      orders: { get: "orders/of/{id}", fallback: [] }
"""
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
PARENT_ID = "b7ad6b7169203331"


@contextlib.contextmanager
def installation(tmp_path):
    """A collector, two services that trace, and a gateway in front of them, each a process of its own."""
    users, orders, port, admin = free_ports(4)
    path = tmp_path / "gateway.yaml"
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
        yield collector, port


def ask(port, flags="01"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"traceparent": f"00-{TRACE_ID}-{PARENT_ID}-{flags}", "x-request-id": "r-1"}
    connection.request("GET", "/user/7?secret=s", headers=headers)
    answer = connection.getresponse()
    try:
        return answer.status, answer.read()
    finally:
        connection.close()


def test_degraded_request_is_one_tree_over_three_processes(tmp_path):
    began = time.time_ns()
    with installation(tmp_path) as (collector, port):
        assert ask(port)[0] == 200
        until(lambda: len(collector.spans) >= 9, what="nine spans")

    assert {span.trace_id for span in collector.spans} == {TRACE_ID}
    [server] = collector.by(service="shop-gateway", kind="server")
    [user, orders] = sorted(
        collector.by(service="shop-gateway", kind="internal"), key=lambda each: each.name
    )[::-1]
    attempts = sorted(collector.by(service="shop-gateway", kind="client"), key=lambda each: each.start)
    assert (server.name, server.parent_id) == ("GET /user/{id:int}", PARENT_ID)
    assert [user.name, orders.name] == ["step user", "step orders"]
    assert {user.parent_id, orders.parent_id} == {server.span_id}
    assert sorted(each.parent_id for each in attempts) == sorted([user.span_id] + [orders.span_id] * 2)

    # the services' spans are children of exactly the attempts that called them
    of_orders = [each for each in attempts if each.parent_id == orders.span_id]
    [of_user] = [each for each in attempts if each.parent_id == user.span_id]
    assert [each.parent_id for each in collector.by(service="users")] == [of_user.span_id]
    assert {each.parent_id for each in collector.by(service="orders")} == {each.span_id for each in of_orders}

    # every span lies within its parent, on one wall clock
    spans = {span.span_id: span for span in collector.spans}
    for span in collector.by(service="shop-gateway"):
        parent = spans.get(span.parent_id)
        assert began <= span.start <= span.end
        assert parent is None or parent.start <= span.start <= span.end <= parent.end


def test_spans_of_a_degraded_request_say_what_happened(tmp_path):
    with installation(tmp_path) as (collector, port):
        ask(port)
        until(lambda: len(collector.spans) >= 9, what="nine spans")

    [server] = collector.by(kind="server", service="shop-gateway")
    assert server.attributes == {
        "http.request.method": "GET",
        "http.route": "/user/{id:int}",
        "http.response.status_code": 200,
        "url.path": "/user/7",
        "url.scheme": "http",
        "server.address": "127.0.0.1",
        "server.port": port,
        "network.protocol.version": "1.1",
        "gateway.request_id": "r-1",
        "gateway.degraded": True,
    }
    [orders] = collector.by(name="step orders")
    assert orders.attributes == {
        "gateway.step": "orders",
        "gateway.outcome": "success",
        "gateway.freshness": "fallback",
        "gateway.cause": "failed",
    }
    first, second = sorted(collector.by(name="GET orders"), key=lambda each: each.start)
    assert first.attributes | second.attributes == second.attributes | {"gateway.attempt": 2}
    assert (first.attributes["gateway.attempt"], first.error, second.error) == (1, True, True)
    assert second.attributes["gateway.retry"] is True
    assert second.attributes["http.request.resend_count"] == 1
    assert second.attributes["error.type"] == "503"
    assert second.attributes["gateway.cause"] == "failed"
    assert second.attributes["url.full"].endswith("/of/7")
    [user] = collector.by(name="GET users")
    assert user.attributes["url.full"].endswith(
        "/people/7"
    )  # no query: it may hold what is nobody's business
    assert not user.error

    # the second failure in a row opened the circuit, while its attempt was under way
    assert first.events == []
    [(name, event)] = second.events
    assert name == "gateway.breaker.changed"
    assert (event["gateway.breaker.old"], event["gateway.breaker.new"]) == ("closed", "open")
    assert event["gateway.breaker.reason"] == "consecutive"


def test_request_that_a_trusted_client_does_not_trace_leaves_nothing(tmp_path):
    with installation(tmp_path) as (collector, port):
        ask(port, flags="00")
        ask(port, flags="01")
        until(lambda: collector.by(kind="server", service="shop-gateway"), what="the second request's span")

    assert len(collector.by(kind="server", service="shop-gateway")) == 1

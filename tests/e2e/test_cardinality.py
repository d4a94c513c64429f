"""No request can add a series: 10,000 that try, and as many metrics as before."""

import itertools

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics

from gateway.telemetry.exposition import OPENMETRICS
from tests.support.asgi import AsgiClient
from tests.support.gateways import Site, serving

CONFIG = """
server: { admission: { in_flight: 1000 } }
upstreams:
  up: { url: "${UP}", breaker: off, retry: off }
routes:
  GET /user/{id:str}:
    steps:
      a: { get: "up/a/{id}?q={query.q}", cache: { ttl: 1s }, headers: { x-who: "{header.x-who}" } }
      b: { get: "up/{query.way | 'b'}", fallback: {} }
  POST /order: { steps: { o: { post: up/b, json: { it: "{body.it}" } } } }
  GET /files/{rest:path}: { steps: { f: { get: "up/{rest}" } } }
"""
MANY = 10_000
EACH = 8
"""Kinds of requests below."""


def requests(n):
    """One of each kind, with *n* wherever a client may write something."""
    who = [
        ("x-who", f"user{n}"),
        ("x-request-id", f"r{n}"),
        ("traceparent", f"00-{n + 1:032x}-{n + 1:016x}-01"),
    ]
    yield AsgiClient(path=f"/user/{n}", query=f"q=word{n}".encode(), headers=who)
    yield AsgiClient(path=f"/user/{n}", query=f"way=ill/{n}".encode())
    yield AsgiClient(path=f"/files/deep/{n}/of/ill")
    yield AsgiClient(path=f"/nowhere/{n}", query=f"a{n}=b{n}".encode())
    yield AsgiClient(f"METHOD{n}", path="/order")
    yield AsgiClient("POST", "/order", headers=[("content-type", f"text/kind{n}")], body=[b"{}"])
    yield AsgiClient(
        "POST", "/order", headers=[("content-type", "application/json")], body=[b'{"it": %d}' % n]
    )
    yield AsgiClient(path=f"/user/a%2F{n}", headers=[("host", f"host{n}"), ("user-agent", f"agent{n}")])


def series(gateway):
    text, _ = gateway.metrics.exposition(OPENMETRICS)
    return {
        (sample.name, *sorted(sample.labels.items()))
        for family in read_openmetrics(text.decode())
        for sample in family.samples
    }


async def ask(gateway, numbers):
    for client in itertools.chain.from_iterable(map(requests, numbers)):
        await gateway(client.scope, client.receive, client.send)


@pytest.mark.slow
async def test_o5_ten_thousand_requests_that_differ_in_everything_add_no_series():
    site = Site({"/b": {}}, default=(503, {}))
    async with serving(CONFIG, UP=site) as served:
        await ask(served.gateway, range(3))
        before = series(served.gateway)
        await ask(served.gateway, range(3, 3 + MANY // EACH))

        assert series(served.gateway) == before
        assert len(before) < 300
        assert len({asked.target for asked in site.asked}) > MANY // EACH

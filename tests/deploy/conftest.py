"""One gateway that has everything, scraped once for all tests of this folder."""

import contextlib
import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics

from gateway.outcome import Cause, Freshness
from gateway.telemetry.meters import NO_CAUSE, NOTHING
from tests.support.gateways import gateway_process
from tests.support.promql import Exposed

CONFIG = """
server: { admission: { in_flight: 1000 } }
stores: { far: { redis: "redis://127.0.0.1:1" } }
upstreams:
  one:
    url: "${UP}"
    hedge: on
    bulkhead: { slots: adaptive }
    warm: on
    breaker: { share: far }
  many: { urls: ["${UP}", "http://127.0.0.1:1"] }
  function:
    url: "${UP}"
    auth: { type: aws_iam, region: eu-west-1, credentials: { access_key_id: a, secret_access_key: b } }
    cold_timeout: 5s
    prewarm: { concurrency: 1, hold: off }
routes:
  GET /function: { steps: { f: { get: function/well } } }
  GET /x/{id:int}:
    steps:
      a: { get: one/well, coalesce: on, cache: { ttl: 1s, stale_if_error: 10s } }
      b: { get: many/ill, cache: { ttl: 1s, store: far }, fallback: [] }
  DELETE /x: { steps: { d: { delete: one/well, undo: { put: one/well } } } }
  GET /passed: { proxy: one/well }
  GET /ill: { steps: { c: { get: one/ill } } }
"""
TOKEN = "operator"
WORDS = {
    "cause": {*Cause, NO_CAUSE},
    "served": {*Freshness, NOTHING},
    "result": {"exported", "failed", "dropped"},
}
"""Words that a label can be and no scrape is sure to have seen."""


class Upstream(BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"a": 1}'
        self.send_response(503 if "ill" in self.path else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def upstream():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(port, path, accept="*/*", order=None):
    headers = {"accept": accept, "host": f"127.0.0.1:{port}"}
    if order is not None:
        headers |= {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    data = None if order is None else json.dumps({"action": order}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, headers)
    with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(request, timeout=5) as answer:
        return answer.read().decode()
    return ""


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    """A gateway that was asked, failed, and had a breaker forced open."""
    folder = tmp_path_factory.mktemp("gateway")
    with upstream() as url:
        env = {"UP": url, "GATEWAY_OPERATOR_TOKEN": TOKEN}
        with gateway_process(CONFIG, folder, env=env) as process:
            for path in ("/x/1", "/x/2", "/passed", "/ill", "/nowhere"):
                ask(process.port, path)
            for order in ("force_open", "reset"):
                ask(process.admin_port, "/upstreams/one/breaker", order=order)
            yield process


@pytest.fixture(scope="session")
def families(running):
    """What it exposes, by name."""
    text = ask(running.admin_port, "/metrics", "application/openmetrics-text")
    return {family.name: family for family in read_openmetrics(text)}


@pytest.fixture(scope="session")
def exposed(families):
    series = [(sample.name, sample.labels) for family in families.values() for sample in family.samples]
    return Exposed(series, WORDS)

"""Function URLs as upstreams, and the pings that keep them warm."""

import json

import pytest

from gateway.compiler.signed_urls import held, url_ping
from gateway.config.cold_starts import PrewarmSpec
from gateway.transport.signed import SignedTransport
from tests.support.compiled import compiled


@pytest.mark.parametrize(
    ("url", "path", "target"),
    [
        ("https://x.example", None, b"/"),
        ("https://x.example/v1", None, b"/v1"),
        ("https://x.example/v1/", "-/warm", b"/v1/-/warm"),
        ("https://x.example", "/warm", b"/warm"),
    ],
)
def test_a_ping_goes_below_the_base_path(url, path, target):
    said = {} if path is None else {"path": path}

    assert url_ping(url, PrewarmSpec(**said))(0.3).target == target


def test_a_ping_is_marked_and_says_how_long_it_is_to_be_held():
    ping = url_ping("https://x.example", PrewarmSpec())(0.325)

    assert (ping.method, ping.body) == ("GET", b"")
    assert ping.headers == b"x-gateway-warmup: 1\r\nx-gateway-hold-ms: 325\r\n"


def test_a_payload_is_posted_with_the_hold_in_it():
    ping = url_ping("https://x.example", PrewarmSpec(payload={"warm": True}))(0.3)

    assert (ping.method, json.loads(ping.body)) == ("POST", {"warm": True, "hold_ms": 300})
    assert b"content-type: application/json" in ping.headers


def test_a_function_that_is_not_asked_to_hold_is_not():
    prewarm = PrewarmSpec(hold="off", payload={"a": 1})

    assert held(prewarm, 0.0) == {"a": 1}
    assert b"hold" not in url_ping("https://x.example", prewarm)(0.0).headers


def test_several_urls_are_signed_each_for_its_own_host():
    text = """
upstreams:
  a: { urls: ["http://127.0.0.1:1", "http://127.0.0.2:1"], auth: { type: aws_iam, region: r } }
routes: { GET /x: { steps: { a: { get: a/x } } } }
"""
    addresses = compiled(text).upstreams["a"].addresses

    assert all(isinstance(address.client, SignedTransport) for address in addresses)
    hosts = {address.client.signing._signer._host for address in addresses}
    assert hosts == {b"127.0.0.1:1", b"127.0.0.2:1"}
    stores = {address.client.signing.store for address in addresses}
    assert len(stores) == 1

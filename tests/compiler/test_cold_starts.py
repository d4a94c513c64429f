"""What is put around an upstream because of its cold starts, and what is told of them."""

import math

from gateway.compiler.cold_starts import cold_start_words, interval, longest_attempt
from gateway.config import UpstreamSettings
from tests.support.compiled import compiled

ROUTES = "routes: { GET /x: { steps: { a: { get: a/x } } } }\n"


def address(settings):
    text = f'upstreams: {{ a: {{ url: "http://127.0.0.1:1", {settings} }} }}\n{ROUTES}'
    return compiled(text).upstreams["a"].addresses[0]


def test_an_upstream_of_which_nothing_is_said_has_nothing():
    plain = address("timeout: 1s")

    assert plain.cold is None
    assert "cold starts" not in plain.layers


def test_the_layer_stands_above_the_permit():
    layers = address("cold_timeout: 8s").layers

    assert layers.index("cold starts") == layers.index("breaker permit") - 1


def test_prewarm_alone_changes_no_timeout():
    cold = address("timeout: off, prewarm: on").cold

    assert cold.unhurried is None
    assert cold.prewarm is not None


def test_a_ping_may_take_what_a_cold_call_may():
    assert address("cold_timeout: 8s, prewarm: on").cold.prewarm._rules.timeout == 8.0
    assert address("prewarm: on").cold.prewarm._rules.timeout == 10.0
    assert address("cold_timeout: 8s, prewarm: { timeout: 3s }").cold.prewarm._rules.timeout == 3.0


def test_inside_of_lambda_nothing_is_repeated():
    assert interval(300.0, {"AWS_LAMBDA_FUNCTION_NAME": "gateway"}) is None
    assert interval(300.0, {}) == 300.0
    assert interval(0.0, {}) is None


def test_several_addresses_have_environments_of_their_own():
    text = 'upstreams: { a: { urls: ["http://127.0.0.1:1", "http://127.0.0.2:1"], cold_timeout: 8s } }\n'
    addresses = compiled(text + ROUTES).upstreams["a"].addresses

    assert addresses[0].cold.warmth is not addresses[1].cold.warmth


def test_an_attempt_may_take_as_long_as_a_cold_start():
    spec = compiled(f'upstreams: {{ a: {{ url: "http://127.0.0.1:1", cold_timeout: 8s }} }}\n{ROUTES}')

    assert longest_attempt(0.5, spec.upstreams["a"].spec) == 8.0
    assert longest_attempt(math.inf, UpstreamSettings()) == math.inf
    assert list(cold_start_words(UpstreamSettings())) == []

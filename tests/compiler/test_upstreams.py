"""Every setting of an upstream reaches the part that it is for, and nothing else."""

import ssl

import pytest

from gateway.compiler.kinds.http import WireOptions
from gateway.compiler.upstreams import build_upstream
from gateway.layers.circuit_rules import CircuitRules
from gateway.layers.circuit_state import CircuitState
from gateway.telemetry.metrics import Metrics
from gateway.transport.decoding import DecodingTransport
from gateway.transport.h1 import H1Transport
from gateway.transport.httpx import HttpxTransport
from tests.config.sample import with_upstream
from tests.support.compiled import shared

URL = "url: http://127.0.0.1:9101"


def built(settings=URL, *, share=None, **environ):
    return build_upstream("u", with_upstream(f"{{ {settings} }}", **environ), share or shared())


def test_defaults_make_the_guards_of_the_contract():
    upstream = built()

    assert upstream.breaker.circuit.rules == CircuitRules(
        failure_ratio=0.5,
        minimum_throughput=20,
        sampling_window=10.0,
        consecutive=10,
        open_for=5.0,
        max_open_for=60.0,
        jitter=0.2,
        probes=3,
        slow_call=None,
        slow_ratio=0.8,
        timeout=1.0,
    )
    bulkhead = upstream.bulkhead
    assert (bulkhead.slots, bulkhead.waiting, bulkhead.max_wait) == (1000, 1000, 0.1)
    assert upstream.timeout == 1.0


def test_every_key_of_a_breaker_becomes_the_rule_of_its_name():
    upstream = built(
        f"{URL}, timeout: 700ms, breaker: {{ failure_ratio: 0.25, minimum_throughput: 7, "
        "sampling_window: 3s, consecutive: 4, open_for: 2s, max_open_for: 9s, jitter: 0.1, probes: 2, "
        "slow_call: 300ms, slow_ratio: 0.6 }"
    )

    assert upstream.breaker.circuit.rules == CircuitRules(
        failure_ratio=0.25,
        minimum_throughput=7,
        sampling_window=3.0,
        consecutive=4,
        open_for=2.0,
        max_open_for=9.0,
        jitter=0.1,
        probes=2,
        slow_call=0.3,
        slow_ratio=0.6,
        timeout=0.7,
    )


def test_slow_call_without_a_value_is_a_share_of_the_timeout():
    upstream = built(f"{URL}, timeout: 500ms, breaker: {{ slow_call: on }}")

    assert upstream.breaker.circuit.rules.slow_call == pytest.approx(0.4)


def test_every_key_of_a_bulkhead_becomes_the_limit_of_its_name():
    bulkhead = built(f"{URL}, bulkhead: {{ slots: 5, waiting: 2, max_wait: 40ms }}").bulkhead

    assert (bulkhead.slots, bulkhead.waiting, bulkhead.max_wait, bulkhead.name) == (5, 2, 0.04, "u")


@pytest.mark.parametrize("transport", ["h1", "httpx"])
def test_pool_is_as_large_as_the_bulkhead(transport):
    upstream = built(f"{URL}, transport: {transport}, bulkhead: {{ slots: 5 }}")

    assert upstream.client.state().limit == 5


def test_pool_without_a_bulkhead_has_the_size_of_the_default_one():
    upstream = built(f"{URL}, bulkhead: off")

    assert (upstream.bulkhead, upstream.client.state().limit) == (None, 1000)


def test_breaker_that_is_off_is_absent():
    upstream = built(f"{URL}, breaker: off")

    assert upstream.breaker is None
    assert upstream.layers == ("observe attempt", "bulkhead", "attempt timeout")


def test_own_transport_is_the_default_and_httpx_is_chosen_by_name():
    assert isinstance(built().client, H1Transport)
    assert isinstance(built(f"{URL}, transport: httpx").client, HttpxTransport)


def test_address_shows_the_name_of_a_variable_not_its_value():
    upstream = built('url: "http://${HOST}:9101"', HOST="10.1.2.3")

    assert upstream.address == "http://${HOST}:9101"
    assert "10.1.2.3" not in repr(upstream)


def test_upstreams_have_circuits_of_their_own():
    share = shared()

    first, second = built(share=share), built(share=share)

    first.breaker.circuit.force(CircuitState.FORCED_OPEN, 0.0)
    assert first.breaker.opened
    assert not second.breaker.opened


def test_transition_of_a_breaker_reaches_the_listener_under_its_name():
    told = []
    upstream = built(share=shared(listener=told.append))

    upstream.breaker.circuit.force(CircuitState.DISABLED, 0.0)

    assert [(each.name, str(each.new)) for each in told] == [("u", "disabled")]


def test_attempts_are_measured_under_the_name_of_the_upstream():
    metrics = Metrics()

    built(share=shared(metrics))

    assert list(metrics._attempts) == ["u"]


@pytest.mark.parametrize("transport", ["h1", "httpx"])
def test_socket_and_name_reach_the_transport(transport):
    settings = "url: https://a, unix_socket: /run/a.sock, tls: { server_name: b.example }"
    made = built(f"{settings}, transport: {transport}").client

    assert made._unix_socket == "/run/a.sock"
    assert "b.example" in {getattr(made, "_server_name", None), *getattr(made, "_extensions", {}).values()}


@pytest.mark.parametrize("transport", ["h1", "httpx"])
def test_compression_is_a_transport_around_the_transport_or_absent(transport):
    plain = built(f"{URL}, transport: {transport}").client
    coding = built(f"{URL}, transport: {transport}, compression: on, max_response: 1KiB").client

    assert type(coding) is DecodingTransport
    assert type(coding.inner) is type(plain)
    assert coding._max_response == 1024


def test_context_reaches_the_transport():
    context = ssl.create_default_context()
    upstream = build_upstream("u", with_upstream("{ url: https://a }"), shared(), WireOptions(context))

    assert upstream.client._ssl_context is context

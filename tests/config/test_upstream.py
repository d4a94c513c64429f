import math

import pytest

from gateway.config import BalanceSpec, BudgetSpec, RetrySpec
from tests.config.sample import faults_of, with_upstream


def test_defaults_are_the_contracts():
    upstream = with_upstream("{ url: http://a }")
    breaker, bulkhead = upstream.breaker, upstream.bulkhead

    assert (upstream.timeout, upstream.connect_timeout, upstream.max_response) == (1.0, 0.5, 5 * 2**20)
    assert (upstream.transport, upstream.http2, upstream.proxy, upstream.propagate) == (
        "h1",
        False,
        None,
        True,
    )
    assert (breaker.failure_ratio, breaker.minimum_throughput, breaker.sampling_window) == (0.5, 20, 10.0)
    assert (breaker.consecutive, breaker.open_for, breaker.max_open_for) == (10, 5.0, 60.0)
    assert (breaker.jitter, breaker.probes, breaker.slow_call, breaker.slow_ratio) == (0.2, 3, None, 0.8)
    assert (bulkhead.slots, bulkhead.waiting, bulkhead.max_wait) == (1000, 1000, 0.1)


def test_what_repeats_calls_has_the_contracts_defaults():
    upstream = with_upstream("{ url: http://a }")

    assert upstream.retry == RetrySpec(attempts=2, backoff="50ms", max_backoff="500ms")
    assert upstream.budget == BudgetSpec(ratio=0.1, per_second=1)
    assert (upstream.hedge, upstream.warm, upstream.balance) == (None, None, BalanceSpec())


@pytest.mark.parametrize("layer", ["breaker", "bulkhead", "retry", "budget", "balance"])
def test_layer_takes_off_on_and_settings(layer):
    assert getattr(with_upstream(f"{{ url: http://a, {layer}: off }}"), layer) is None
    whole = getattr(with_upstream("{ url: http://a }"), layer)
    assert getattr(with_upstream(f"{{ url: http://a, {layer}: on }}"), layer) == whole
    assert getattr(with_upstream(f"{{ url: http://a, {layer}: {{}} }}"), layer) == whole


@pytest.mark.parametrize("value", ["of", "5", "false", "[]", ""])
def test_layer_takes_nothing_else(value):
    assert len(faults_of(with_upstream, f"{{ url: http://a, breaker: {value} }}")) == 1


def test_timeout_that_is_off_is_endless():
    assert with_upstream("{ url: http://a, timeout: off }").timeout == math.inf


def test_slow_call_without_a_value_is_a_share_of_the_timeout():
    def slow_call(settings):
        return with_upstream(f"{{ url: http://a, {settings} }}").breaker.slow_call

    assert slow_call("timeout: 500ms, breaker: { slow_call: on }") == pytest.approx(0.4)
    assert slow_call("timeout: 500ms, breaker: { slow_call: 100ms }") == 0.1
    assert slow_call("timeout: 500ms, breaker: { slow_call: off }") is None
    faults = faults_of(slow_call, "timeout: off, breaker: { slow_call: on }")
    assert faults == ["`slow_call: on` is a share of `timeout`, which is off"]


def test_consecutive_and_slow_call_take_off():
    breaker = with_upstream("{ url: http://a, breaker: { consecutive: off, slow_call: off } }").breaker

    assert (breaker.consecutive, breaker.slow_call) == (None, None)


def test_longest_open_time_is_not_below_the_first():
    faults = faults_of(with_upstream, "{ url: http://a, breaker: { open_for: 61s } }")

    assert faults == ["`max_open_for` is below `open_for`"]


def test_own_transport_beside_what_it_cannot_do_is_a_fault():
    faults = faults_of(with_upstream, "{ url: http://a, http2: on, transport: h1 }")

    assert faults == ["`http2` needs `transport: httpx`"]

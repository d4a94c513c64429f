"""When a circuit opens, and for how long; B and S are the scenarios of docs/scenarios.md."""

import logging

import pytest

from gateway.layers.circuit import Circuit
from gateway.layers.circuit_rules import CircuitRules
from tests.support.circuits import RC, Traffic

# ── opening ────────────────────────────────────────────────────────────────────────────────────────────────


def test_b1_twentieth_failure_opens_and_the_nineteenth_does_not():
    traffic = Traffic()

    traffic.fail(19, over=4.75)
    assert (traffic.state, traffic.events) == ("closed", [])

    traffic.fail()
    assert (traffic.state, traffic.events) == ("open", [("closed", "open", "failure_rate")])


def test_b2_circuit_opens_at_half_of_the_calls_and_not_below():
    traffic = Traffic()
    traffic.fail(9, over=2.5)
    traffic.succeed(11, over=2.5)
    assert traffic.state == "closed"

    traffic.fail()
    assert traffic.state == "closed"

    traffic.fail()
    assert traffic.state == "open"


def test_b2_success_that_brings_the_traffic_to_the_minimum_opens_too():
    traffic = Traffic()
    traffic.fail(15)

    traffic.succeed(5)

    assert traffic.state == "open"


def test_b3_failures_that_left_the_window_do_not_count():
    traffic = Traffic()
    traffic.fail(15)
    traffic.wait(11.0)

    traffic.fail(5)

    assert (traffic.state, traffic.snapshot.total) == ("closed", 5)


def test_failures_in_a_row_open_whatever_their_rate():
    traffic = Traffic(consecutive=10)
    traffic.succeed(100)

    traffic.fail(9)
    assert traffic.state == "closed"

    traffic.fail()
    assert traffic.events == [("closed", "open", "consecutive")]


def test_success_ends_a_row_of_failures():
    traffic = Traffic(consecutive=10)
    traffic.succeed(100)

    traffic.fail(9)
    traffic.succeed()
    traffic.fail(9)

    assert traffic.state == "closed"


def test_slow_success_ends_a_row_of_failures_like_a_quick_one():
    traffic = Traffic(consecutive=10)
    traffic.fail(9)

    traffic.succeed(took=0.45)

    assert traffic.snapshot.in_a_row == 0


def test_slow_trickle_of_failures_opens_by_the_row_across_windows():
    traffic = Traffic(consecutive=10)

    traffic.fail(10, over=100.0)

    assert traffic.events == [("closed", "open", "consecutive")]


def test_neutral_endings_neither_count_nor_end_a_row():
    traffic = Traffic(consecutive=10)
    traffic.fail(9)
    for _ in range(100):
        traffic.circuit.release(traffic.admit())
    assert traffic.snapshot.total == 9

    traffic.fail()

    assert traffic.state == "open"


# ── open ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_b5_open_circuit_refuses_every_call_and_says_when_to_come_back():
    traffic = Traffic()
    traffic.trip()
    traffic.wait(0.8)

    assert [traffic.admit() for _ in range(500)] == [None] * 500
    assert traffic.circuit.refuses(traffic.now)
    assert traffic.circuit.retry_after(traffic.now) == pytest.approx(4.2)


def test_b6_first_probe_goes_out_when_the_open_time_is_over():
    traffic = Traffic()
    traffic.trip()

    traffic.wait(4.99)
    assert traffic.admit() is None

    traffic.wait(0.02)
    assert traffic.admit() is not None
    assert traffic.events[-1] == ("open", "half_open", "open_time_over")


def test_b7_open_time_doubles_with_each_failed_probe_up_to_a_minute():
    traffic = Traffic()
    times = [traffic.trip()]
    for _ in range(5):
        traffic.wait(traffic.open_remaining)
        traffic.fail()
        times.append(traffic.open_remaining)

    assert times == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]
    assert [t.open_for for t in traffic.transitions if t.new == "open"] == times


@pytest.mark.parametrize(("healthy", "next_open_time"), [(1.0, 60.0), (60.0, 5.0)])
def test_b8_open_time_is_forgiven_by_healthy_windows_only(healthy, next_open_time):
    traffic = Traffic()
    traffic.trip()
    for _ in range(5):
        traffic.wait(traffic.open_remaining)
        traffic.fail()
    traffic.recover()

    traffic.succeed(int(healthy), over=healthy)
    traffic.wait(11.0 if healthy > 10 else 0.0)

    assert traffic.trip() == next_open_time


def test_b10_one_retry_after_among_healthy_calls_opens_nothing():
    traffic = Traffic()
    traffic.succeed(50)

    traffic.fail(retry_after=17.0)
    traffic.succeed(50)

    assert traffic.state == "closed"


def test_b10_circuit_that_opens_waits_for_the_longest_retry_after_of_the_window():
    traffic = Traffic()
    traffic.fail(retry_after=17.0)
    traffic.fail(19, retry_after=2.0)

    assert traffic.open_remaining == 17.0


def test_b10_retry_after_of_a_probe_counts_and_that_of_the_time_before_does_not():
    traffic = Traffic()
    traffic.fail(20, retry_after=50.0)
    traffic.wait(50.0)

    traffic.fail(retry_after=15.0)

    assert traffic.open_remaining == 15.0


def test_b10_retry_after_is_capped_by_the_longest_open_time():
    traffic = Traffic()

    traffic.fail(20, retry_after=86_400.0)

    assert traffic.open_remaining == 60.0


# ── clock and listeners ────────────────────────────────────────────────────────────────────────────────────


def test_k3_clock_that_stood_still_and_jumps_leaves_no_negative_counts():
    traffic = Traffic()
    traffic.fail(10, over=9.0)

    traffic.wait(3.0)
    traffic.succeed()

    snapshot = traffic.snapshot
    assert 0 <= snapshot.failed <= snapshot.total <= 11


def test_b14_listener_that_raises_is_counted_and_logged_and_hurts_nobody(caplog):
    circuit = Circuit("users", RC, lambda: 0.5, lambda transition: 1 / 0)
    with caplog.at_level(logging.ERROR):
        for _ in range(20):
            circuit.failed(circuit.acquire(0.0), 0.0, 0.05)

    assert (circuit.state, circuit.listener_errors) == ("open", 1)
    assert "listener of circuit users" in caplog.text


def test_o1_each_transition_is_one_event():
    traffic = Traffic()

    traffic.trip()
    traffic.fail(1000)

    assert len(traffic.transitions) == 1
    assert traffic.transitions[0].detail == "20 of 20 calls failed"


def test_listener_may_reset_the_circuit_it_is_told_about():
    circuit = Circuit("users", RC, lambda: 0.5, lambda t: t.new == "open" and circuit.reset(0.0))

    for _ in range(20):
        circuit.failed(circuit.acquire(0.0), 0.0, 0.05)

    assert circuit.state == "closed"


def test_default_rules_open_after_ten_failures():
    traffic = Traffic(rules=CircuitRules(), random=lambda: 0.5)

    traffic.fail(10)

    assert (traffic.state, traffic.open_remaining) == ("open", pytest.approx(5.0))

"""Slow calls, and calls that were cut after a long time; S are the scenarios of docs/scenarios.md."""

import pytest

from tests.support.circuits import Traffic


def test_s1_sixteen_slow_calls_of_twenty_open():
    traffic = Traffic()
    traffic.succeed(16, took=0.45)
    traffic.succeed(3)
    assert traffic.state == "closed"

    traffic.succeed()

    assert traffic.events == [("closed", "open", "slow_rate")]


def test_s2_fifteen_slow_calls_of_twenty_do_not():
    traffic = Traffic()

    traffic.succeed(15, took=0.45)
    traffic.succeed(5)

    assert traffic.state == "closed"


def test_s4_slow_failure_counts_once_in_each_rate():
    traffic = Traffic()

    traffic.fail(took=0.45)

    snapshot = traffic.snapshot
    assert (snapshot.total, snapshot.failed, snapshot.slow) == (1, 1, 1)


def test_no_call_is_slow_where_slow_call_is_off():
    traffic = Traffic(slow_call=None)

    traffic.succeed(100, took=1e9)

    assert (traffic.state, traffic.snapshot.slow) == ("closed", 0)


@pytest.mark.parametrize(
    ("slow_call", "elapsed", "failures"), [(0.3, 0.29, 0), (0.3, 0.31, 1), (None, 0.39, 0), (None, 0.41, 1)]
)
def test_cut_call_counts_as_failed_only_if_it_had_run_long(slow_call, elapsed, failures):
    traffic = Traffic(slow_call=slow_call, timeout=0.5)

    traffic.circuit.cut(traffic.admit(), traffic.now, elapsed)

    assert (traffic.snapshot.total, traffic.snapshot.failed) == (failures, failures)


def test_upstream_that_only_ever_outlasts_its_clients_opens():
    traffic = Traffic()

    for _ in range(20):
        traffic.circuit.cut(traffic.admit(), traffic.now, elapsed=0.45)

    assert traffic.state == "open"
    assert traffic.snapshot.last_failure == "cut after 450 ms without an answer"


def test_call_that_took_exactly_as_long_as_allowed_is_not_slow():
    traffic = Traffic()

    traffic.succeed(took=0.4)
    traffic.fail(took=0.4)

    assert traffic.snapshot.slow == 0


def test_call_cut_after_exactly_the_long_time_says_nothing():
    traffic = Traffic()

    traffic.circuit.cut(traffic.admit(), traffic.now, elapsed=0.4)

    assert traffic.snapshot.total == 0

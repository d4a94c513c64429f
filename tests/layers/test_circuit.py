"""The state machine of a breaker; B, H and S are the scenarios of docs/scenarios.md."""

import logging

import pytest

from gateway.layers.circuit import Circuit
from gateway.layers.circuit_rules import CircuitRules
from gateway.layers.circuit_state import CircuitState
from tests.support.circuits import RC, Traffic

# ── opening ─────────────────────────────────────────────────────────────────────────────────────────────


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


# ── open ────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── forced states ───────────────────────────────────────────────────────────────────────────────────────


def test_b11_forced_open_stays_whatever_happens():
    traffic = Traffic()
    traffic.circuit.force(CircuitState.FORCED_OPEN, traffic.now)

    assert traffic.succeed(3600, over=3600.0) == 0
    assert traffic.circuit.refuses(traffic.now)
    assert traffic.circuit.retry_after(traffic.now) == 5.0
    assert traffic.events == [("closed", "forced_open", "operator")]


def test_b11_disabled_lets_everything_pass_and_counts_nothing():
    traffic = Traffic()
    traffic.circuit.force(CircuitState.DISABLED, traffic.now)

    assert traffic.fail(1000) == 1000
    assert (traffic.state, traffic.snapshot.total, traffic.snapshot.last_failure) == ("disabled", 0, "")


def test_b11_reset_closes_with_an_empty_window_and_the_first_open_time():
    traffic = Traffic()
    traffic.trip()
    traffic.wait(5.0)
    traffic.fail()

    traffic.circuit.reset(traffic.now)

    assert (traffic.state, traffic.snapshot.total, traffic.snapshot.in_a_row) == ("closed", 0, 0)
    assert traffic.snapshot.last_failure == traffic.snapshot.reason == ""
    assert traffic.trip() == 5.0


@pytest.mark.parametrize("forced", ["forced_open", "disabled", "metrics_only"])
def test_b11_answers_from_before_the_switch_change_nothing(forced):
    traffic = Traffic()
    permits = [traffic.admit() for _ in range(40)]
    traffic.circuit.force(CircuitState(forced), traffic.now)

    for permit in permits:
        traffic.end(permit, failed=True)

    assert (traffic.state, traffic.snapshot.total) == (forced, 0)


def test_answers_of_a_forced_state_change_nothing_after_reset():
    traffic = Traffic()
    traffic.circuit.force(CircuitState.DISABLED, traffic.now)
    permits = [traffic.admit() for _ in range(40)]
    traffic.circuit.reset(traffic.now)

    for permit in permits:
        traffic.end(permit, failed=True)

    assert (traffic.state, traffic.snapshot.total) == ("closed", 0)


@pytest.mark.parametrize("state", ["closed", "open", "half_open"])
def test_only_forced_states_can_be_forced(state):
    traffic = Traffic()

    with pytest.raises(ValueError, match=state):
        traffic.circuit.force(CircuitState(state), traffic.now)
    assert (traffic.state, traffic.events) == ("closed", [])


def test_b15_metrics_only_never_refuses_and_says_what_it_would_do():
    traffic = Traffic()
    traffic.circuit.force(CircuitState.METRICS_ONLY, traffic.now)
    assert not traffic.snapshot.would_open

    assert traffic.fail(1000) == 1000

    assert (traffic.state, traffic.snapshot.would_open, traffic.snapshot.failed) == (
        "metrics_only",
        True,
        1000,
    )
    traffic.wait(11.0)
    assert not traffic.snapshot.would_open


def test_would_open_is_said_in_metrics_only_alone():
    traffic = Traffic()
    traffic.trip()

    assert not traffic.circuit.would_open(traffic.now)


# ── late answers ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("failed", [False, True])
def test_b12_late_answer_changes_nothing_in_an_open_circuit(failed):
    traffic = Traffic()
    late = traffic.admit()
    traffic.trip()
    traffic.wait(0.2)

    before = traffic.snapshot
    traffic.end(late, failed=failed)

    assert traffic.snapshot == before
    assert traffic.open_remaining == pytest.approx(4.8)


def test_late_answer_from_before_the_opening_is_no_probe():
    traffic = Traffic()
    late = traffic.admit()
    traffic.trip()
    traffic.wait(5.0)
    traffic.admit()

    traffic.end(late, failed=True)
    traffic.circuit.release(late)

    assert (traffic.state, traffic.snapshot.probes_out) == ("half_open", 1)


def test_late_answer_does_not_count_in_a_circuit_that_closed_again():
    traffic = Traffic()
    late = [traffic.admit() for _ in range(20)]
    traffic.trip()
    traffic.recover()

    for permit in late:
        traffic.end(permit, failed=True)

    assert (traffic.state, traffic.snapshot.total) == ("closed", 0)


# ── half-open ───────────────────────────────────────────────────────────────────────────────────────────


def half_open(**changed):
    traffic = Traffic(**changed)
    traffic.trip()
    traffic.wait(5.01)
    return traffic


def test_h1_half_open_admits_three_of_a_thousand_and_closes_when_they_succeed():
    traffic = half_open()

    permits = [p for p in (traffic.admit() for _ in range(1000)) if p is not None]
    assert len(permits) == 3
    assert traffic.circuit.refuses(traffic.now)
    assert traffic.circuit.retry_after(traffic.now) == 1.0

    for permit in permits:
        assert traffic.state == "half_open"
        traffic.end(permit)
    assert traffic.events[-1] == ("half_open", "closed", "probes_succeeded")


def test_h1_no_fourth_probe_while_two_are_out_and_one_succeeded():
    traffic = half_open()
    first, *_ = [traffic.admit() for _ in range(3)]

    traffic.end(first)

    assert traffic.admit() is None


def test_h2_first_failed_probe_opens_at_once_and_the_others_change_nothing():
    traffic = half_open()
    first, *others = [traffic.admit() for _ in range(3)]

    traffic.end(first, failed=True)
    assert (traffic.state, traffic.open_remaining) == ("open", 10.0)

    for permit in others:
        traffic.end(permit)
    assert (traffic.state, traffic.open_remaining) == ("open", 10.0)
    assert traffic.events[-1] == ("half_open", "open", "probe_failed")


def test_h3_probe_whose_client_left_gives_its_permit_back():
    traffic = half_open()
    permits = [traffic.admit() for _ in range(3)]
    assert traffic.admit() is None

    traffic.circuit.cut(permits[0], traffic.now, elapsed=0.05)

    assert traffic.state == "half_open"
    assert traffic.admit() is not None
    assert traffic.admit() is None


def test_h4_probe_that_never_reached_the_upstream_gives_its_permit_back():
    traffic = half_open()

    for _ in range(100):
        traffic.circuit.release(traffic.admit())

    assert (traffic.state, traffic.snapshot.probes_out) == ("half_open", 0)


def test_h5_half_open_circuit_without_traffic_waits_for_ever():
    traffic = half_open()
    traffic.end(traffic.admit())

    traffic.wait(1_000_000.0)

    assert traffic.state == "half_open"
    assert traffic.admit() is not None


def test_h5_probes_whose_permits_were_lost_do_not_keep_it_half_open_for_ever():
    traffic = half_open()
    for _ in range(3):
        traffic.admit()
    traffic.wait(60.0)
    assert traffic.circuit.refuses(traffic.now)

    traffic.wait(0.1)
    assert not traffic.circuit.refuses(traffic.now)
    assert traffic.admit() is None

    assert traffic.events[-1] == ("half_open", "open", "probe_lost")


def test_h6_slow_probes_open_the_circuit_again():
    traffic = half_open()

    traffic.succeed(3, took=0.45)

    assert traffic.events[-1] == ("half_open", "open", "probes_slow")


def test_h6_one_quick_probe_of_three_is_quick_enough_to_close():
    traffic = half_open()

    traffic.succeed(2, took=0.45)
    traffic.succeed()

    assert traffic.state == "closed"


def test_closed_open_half_open_closed_is_four_events_in_order():
    traffic = Traffic()

    traffic.trip()
    traffic.recover()

    assert traffic.events == [
        ("closed", "open", "failure_rate"),
        ("open", "half_open", "open_time_over"),
        ("half_open", "closed", "probes_succeeded"),
    ]


# ── slow calls ──────────────────────────────────────────────────────────────────────────────────────────


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


# ── evidence ────────────────────────────────────────────────────────────────────────────────────────────


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


# ── clock and listeners ─────────────────────────────────────────────────────────────────────────────────


def test_k3_clock_that_stood_still_and_jumps_leaves_no_negative_counts():
    traffic = Traffic()
    traffic.fail(10, over=9.0)

    traffic.wait(3.0)
    traffic.succeed()

    snapshot = traffic.snapshot
    assert 0 <= snapshot.failed <= snapshot.total <= 11


def test_b14_listener_that_raises_is_counted_and_logged_and_hurts_nobody(caplog):
    def listener(transition):
        raise RuntimeError("listener")

    circuit = Circuit("users", RC, lambda: 0.5, listener)
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

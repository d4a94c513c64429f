"""States that an operator sets, and answers that come too late; B are the scenarios of docs/scenarios.md."""

import pytest

from gateway.layers.circuit_state import CircuitState
from tests.support.circuits import Traffic

# ── forced states ──────────────────────────────────────────────────────────────────────────────────────────


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


def test_would_open_forgets_with_the_window():
    traffic = Traffic()
    traffic.circuit.force(CircuitState.METRICS_ONLY, traffic.now)
    traffic.fail(20)

    assert traffic.circuit.would_open(traffic.now)
    assert not traffic.circuit.would_open(traffic.now + 11.0)


def test_would_open_is_said_in_metrics_only_alone():
    traffic = Traffic()
    traffic.trip()

    assert not traffic.circuit.would_open(traffic.now)


# ── late answers ───────────────────────────────────────────────────────────────────────────────────────────


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

"""What a circuit tells others about itself."""

import pytest

from gateway.layers.circuit_state import FORCED, CircuitState
from tests.support.circuits import Traffic


def test_state_names_are_those_of_health_and_metrics():
    assert [str(state) for state in CircuitState] == [
        "closed", "open", "half_open", "forced_open", "disabled", "metrics_only",
    ]  # fmt: skip


def test_forced_states_are_those_an_operator_sets():
    assert {"forced_open", "disabled", "metrics_only"} == FORCED


def test_snapshot_of_an_open_circuit_says_for_how_long_and_why():
    traffic = Traffic()
    traffic.succeed(8)
    traffic.fail(12)
    traffic.wait(1.0)

    snapshot = traffic.snapshot

    assert (snapshot.name, snapshot.state, snapshot.recovering) == ("users", "open", False)
    assert snapshot.open_remaining == pytest.approx(4.0)
    assert (snapshot.reason, snapshot.last_failure) == ("failure_rate", "failed 500: boom")
    assert (snapshot.total, snapshot.failed, snapshot.in_a_row) == (20, 12, 12)
    assert snapshot.sentence() == "users is open for 4.0 s more: 12 of 20 calls failed"


def test_circuit_whose_open_time_is_over_is_recovering():
    traffic = Traffic()
    traffic.trip()

    traffic.wait(5.0)
    assert (traffic.state, traffic.snapshot.recovering) == ("open", True)

    traffic.admit()
    assert (traffic.state, traffic.snapshot.recovering) == ("half_open", True)
    assert (
        traffic.snapshot.sentence()
        == "users is recovering: 1 probes out; opened because 20 of 20 calls failed"
    )


def test_snapshot_of_a_closed_circuit_counts_its_window_only():
    traffic = Traffic()
    traffic.fail(3)
    assert traffic.snapshot.sentence() == "users is closed: 3 failed and 0 slow of 3 calls"

    traffic.wait(11.0)
    assert (traffic.snapshot.total, traffic.snapshot.reason) == (0, "")

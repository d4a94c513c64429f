"""A circuit that others report as down: probes decide, and nothing else has changed."""

import pytest

from gateway.layers.circuit_state import CircuitState
from tests.support.circuits import Traffic


def suspected():
    traffic = Traffic()
    traffic.succeed(5)
    assert traffic.circuit.suspect(traffic.now)
    return traffic


def test_suspected_circuit_admits_its_probes_and_no_more():
    traffic = suspected()

    assert [traffic.admit() is not None for _ in range(5)] == [True, True, True, False, False]
    assert traffic.circuit.refuses(traffic.now)


def test_good_probes_refute_a_suspicion():
    traffic = suspected()
    traffic.succeed(3)

    assert traffic.events == [("closed", "half_open", "hint"), ("half_open", "closed", "hint_refuted")]


def test_first_bad_probe_confirms_it_and_opens_for_the_first_open_time():
    traffic = suspected()
    traffic.fail()

    assert traffic.events[-1] == ("half_open", "open", "probe_failed")
    assert traffic.open_remaining == 5.0


def test_healthy_time_before_a_suspicion_is_forgiven_as_before_any_opening():
    traffic = Traffic()
    traffic.trip()
    traffic.recover()
    traffic.wait(100.0)
    traffic.circuit.suspect(traffic.now)
    traffic.fail()

    assert traffic.open_remaining == 5.0


def test_answer_to_a_call_from_before_the_suspicion_changes_nothing():
    traffic = Traffic()
    before = traffic.admit()
    traffic.circuit.suspect(traffic.now)

    traffic.end(before, failed=True)

    assert (traffic.state, traffic.snapshot.total) == ("half_open", 0)


@pytest.mark.parametrize("state", ["open", "forced_open", "disabled", "metrics_only", "half_open"])
def test_only_a_closed_circuit_can_be_suspected(state):
    traffic = Traffic()
    if state in ("open", "half_open"):
        traffic.trip()
    if state == "half_open":
        traffic.wait(5.0)
        traffic.admit()
    if traffic.state == "closed":
        traffic.circuit.force(CircuitState(state), traffic.now)

    assert not traffic.circuit.suspect(traffic.now)
    assert traffic.state == state


def test_trust_ends_an_undecided_suspicion_and_voids_its_probes():
    traffic = suspected()
    probe = traffic.admit()
    traffic.circuit.trust(traffic.now, traffic.circuit.generation)

    traffic.end(probe, failed=True)

    assert (traffic.state, traffic.snapshot.total, traffic.snapshot.reason) == ("closed", 0, "")
    assert traffic.events[-1] == ("half_open", "closed", "hint_over")


def test_trust_of_an_older_suspicion_changes_nothing():
    traffic = suspected()
    suspicion = traffic.circuit.generation
    traffic.fail()
    traffic.wait(5.0)
    traffic.admit()
    assert traffic.state == "half_open"

    traffic.circuit.trust(traffic.now, suspicion)

    assert traffic.state == "half_open"


def test_suspected_circuit_says_why_it_is_recovering():
    assert suspected().snapshot.sentence() == (
        "users is recovering: 0 probes out; opened because other processes say that it is down"
    )


def test_circuit_remembers_when_it_last_heard_from_its_upstream():
    traffic = Traffic()
    assert traffic.circuit.last_success < 0.0

    traffic.succeed()
    heard = traffic.now
    traffic.wait(1.0)
    traffic.fail()

    assert traffic.circuit.last_success == heard

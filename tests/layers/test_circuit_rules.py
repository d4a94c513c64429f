"""The numbers of a circuit."""

import pytest

from gateway.layers.circuit_rules import CircuitRules


def test_defaults_are_those_of_the_contract():
    rules = CircuitRules()

    assert (rules.failure_ratio, rules.minimum_throughput, rules.sampling_window) == (0.5, 20, 10.0)
    assert (rules.consecutive, rules.open_for, rules.max_open_for) == (10, 5.0, 60.0)
    assert (rules.jitter, rules.probes, rules.slow_call, rules.slow_ratio) == (0.2, 3, None, 0.8)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("failure_ratio", 0.0), ("failure_ratio", 1.1), ("slow_ratio", -1.0), ("minimum_throughput", 0),
        ("sampling_window", 0.0), ("consecutive", 0), ("open_for", -1.0), ("max_open_for", 0.0),
        ("jitter", 1.0), ("jitter", -0.1), ("probes", 0), ("slow_call", 0.0), ("timeout", 0.0),
        ("open_for", float("nan")),
    ],
)  # fmt: skip
def test_impossible_number_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name):
        CircuitRules(**{name: value})


def test_long_call_is_measured_against_slow_call_where_that_is_on():
    assert CircuitRules(timeout=0.5, slow_call=0.3).long_call == 0.3


def test_long_call_is_four_fifths_of_the_timeout_where_slow_call_is_off():
    assert CircuitRules(timeout=0.5).long_call == pytest.approx(0.4)


def test_lost_probe_is_given_up_after_the_longest_open_time_or_twice_the_timeout():
    assert CircuitRules(timeout=1.0).lost_probe == 60.0
    assert CircuitRules(timeout=50.0).lost_probe == 100.0

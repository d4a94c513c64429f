"""Targets are judged by what was found, and are neither reached nor missed if nothing was."""

import pytest

from bench.faults import scenarios as at
from bench.faults.seen import Record, figures
from bench.faults.targets import checks
from bench.faults.trial import Trial
from bench.faults.variants import DEFAULTS, HEDGED, NO_BREAKER

RATE = 10.0


def trial(variant, scenario, kinds, hits=None, took=0.01, **more):
    record = Record(RATE, kinds, [took] * len(kinds))
    return Trial(
        variant,
        scenario,
        record,
        figures(record, {name: count / len(kinds) for name, count in (hits or {}).items()}),
        **more,
    )


def judged(target, *trials):
    [check] = [check for check in checks(trials) if target in check.target]
    return check


def test_nothing_measured_is_neither_reached_nor_missed():
    assert {check.reached for check in checks([])} == {None}


def test_failed_trial_is_no_measurement():
    failed = Trial(DEFAULTS, at.RECOVERY, failed="no answer")

    assert judged("second trip", failed).reached is None


@pytest.mark.parametrize(("took", "reached"), [(0.1, True), (0.11, False)])
def test_stalls_are_judged_by_the_hedged_p99(took, reached):
    assert judged("p99 ≤ 100 ms", trial(HEDGED, at.STALLS, "c" * 100, took=took)).reached is reached


@pytest.mark.parametrize(("hits", "reached"), [(1055, True), (1056, False)])
def test_extra_calls_are_those_of_the_upstream_with_the_most(hits, reached):
    found = trial(HEDGED, at.STALLS, "c" * 1000, {"users": 1000, "orders": hits})

    assert judged("extra calls", found).reached is reached


@pytest.mark.parametrize(
    ("variant", "words", "hits", "reached"),
    [
        (NO_BREAKER, "outage, breaker off", 1110, True),
        (NO_BREAKER, "outage, breaker off", 1111, False),
        (DEFAULTS, "outage, breaker on", 50, True),
        (DEFAULTS, "outage, breaker on", 51, False),
    ],
)
def test_outage_is_judged_by_calls_per_request(variant, words, hits, reached):
    found = trial(variant, at.COLD_OUTAGE, "e" * 1000, {"users": hits, "orders": 0})

    assert judged(words, found).reached is reached


@pytest.mark.parametrize(("took", "reached"), [(0.02, True), (0.0201, False)])
def test_hanging_upstream_may_add_ten_milliseconds(took, reached):
    found = trial(DEFAULTS, at.HANGING, "p" * 100, took=took), trial(DEFAULTS, at.HEALTHY, "c" * 100)

    assert judged("healthy p99", *found).reached is reached


def test_one_error_while_an_optional_upstream_hangs_is_one_too_many():
    assert judged("100 % answered", trial(DEFAULTS, at.HANGING, "p" * 99 + "e")).reached is False


def test_errors_of_a_required_upstream_may_last_for_the_open_time():
    optional, required = at.RESTARTS
    kinds = ["c"] * 120
    kinds[20:90] = "e" * 70  # stopped at 2 s, listens at 3 s, the last error at 8.9 s

    check = judged("of a required", trial(DEFAULTS, required, "".join(kinds), done=[2.1, 3.0]))
    assert check.reached is True
    assert "the last 5.9 s after" in check.found

    kinds[95] = "e"
    late = trial(DEFAULTS, required, "".join(kinds), done=[2.1, 3.0])
    assert judged("of a required", late).reached is False
    assert judged("optional upstream: no error", trial(DEFAULTS, optional, "".join(kinds))).reached is False


def test_errors_before_anything_was_stopped_are_not_forgiven():
    kinds = "ce" + "c" * 118

    assert judged("of a required", trial(DEFAULTS, at.RESTARTS[1], kinds, done=[2.1, 3.0])).reached is False


@pytest.mark.parametrize(("trips", "reached"), [(1, True), (2, False)])
def test_recovery_may_not_trip_a_circuit_twice(trips, reached):
    found = trial(DEFAULTS, at.RECOVERY, "c" * 110, trips={"users": trips, "orders": 1})

    assert judged("second trip", found).reached is reached


@pytest.mark.parametrize(("took", "reached"), [(1.05, True), (1.06, False)])
def test_answer_may_leave_a_little_after_the_time_limit(took, reached):
    found = trial(NO_BREAKER, at.HUNG, "e" * 100, took=took)

    assert judged("time limit + 50 ms", found).reached is reached


@pytest.mark.parametrize(("errors", "took", "reached"), [(1, 0.9, True), (2, 0.9, False), (0, 1.1, False)])
def test_mixed_faults_of_an_optional_upstream_cost_no_answer(errors, took, reached):
    found = trial(DEFAULTS, at.MIXED, "c" * (1000 - errors) + "e" * errors, took=took)

    assert judged("5 % errors", found).reached is reached

"""What the numbers of upstreams and routes mean."""

import pytest

from gateway.dashboard.rows import RouteRow, UpstreamRow
from gateway.dashboard.snapshot import Guards
from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.telemetry.meters import AttemptMeter, CallMeter, RequestMeter

GUARDS = Guards(
    state="closed",
    reason="",
    last_failure="",
    open_remaining=0.0,
    in_flight=2,
    slots=40,
    waiting=0,
    budget=1.5,
    addresses=[],
)
LIVE = Success(b"1")


@pytest.fixture
def attempts():
    return AttemptMeter()


@pytest.fixture
def upstream(attempts):
    row = UpstreamRow("orders", attempts, lambda: GUARDS)
    row.look(0.0, 1_000.0)
    return row


def test_upstream_is_told_with_its_guards(upstream):
    told = upstream.row()

    assert (told.name, told.state, told.in_flight, told.slots, told.budget) == (
        "orders",
        "closed",
        2,
        40,
        1.5,
    )
    assert (told.rate, told.errors, told.p50, told.history) == (0.0, 0.0, None, [])


def test_errors_are_the_upstreams_trouble_among_what_was_sent(upstream, attempts):
    for outcome in (LIVE, LIVE, Failure(Cause.TIMEOUT), Failure(Cause.FAILED), Failure(Cause.REJECTED)):
        attempts.record(outcome, 0.02)
    upstream.look(10.0, 1_010.0)

    told = upstream.row()

    assert (told.rate, told.errors, told.causes) == (0.5, 0.4, {"timeout": 1, "failed": 1})


def test_refusals_of_our_own_are_told_apart_and_do_not_make_it_look_quick(upstream, attempts):
    for _ in range(10):
        attempts.record(Failure(Cause.TIMEOUT), 0.3)
    for _ in range(90):
        attempts.record(Failure(Cause.CIRCUIT_OPEN), 0.00001)
    upstream.look(10.0, 1_010.0)

    told = upstream.row()

    assert (told.rate, told.refused, told.errors) == (1.0, 9.0, 1.0)
    assert told.p50 > 0.25


def test_history_has_a_point_for_each_look_of_the_last_minute(upstream, attempts):
    for second in range(1, 100):
        attempts.record(LIVE, 0.02)
        upstream.look(float(second), 1_000.0 + second)

    history = upstream.row().history

    assert [point.at for point in history] == [1_000.0 + second for second in range(40, 100)]
    assert {(point.rate, point.errors) for point in history} == {(1.0, 0.0)}


def test_two_looks_at_one_instant_make_no_point(upstream):
    upstream.look(0.0, 1_000.0)

    assert upstream.row().history == []


def test_rates_forget_what_is_longer_ago_than_ten_seconds(upstream, attempts):
    for second in range(1, 30):
        attempts.record(Failure(Cause.TIMEOUT) if second < 15 else LIVE, 0.02)
        upstream.look(float(second), 1_000.0 + second)

    assert upstream.row().errors == 0.0


def test_route_is_told_with_its_steps():
    requests, calls = RequestMeter(), CallMeter()
    row = RouteRow("GET /x", requests, {"orders": calls})
    row.look(0.0, steps=True)
    for status, degraded in ((200, False), (200, True), (504, False), (404, False)):
        requests.record(status, degraded, 0.02)
    stale = Success(b"1", Freshness.STALE, Cause.TIMEOUT)
    for outcome in (LIVE, Failure(Cause.FAILED), stale, Success(b"1", Freshness.CACHED)):
        calls.record(outcome, 0.02)
    row.look(4.0, steps=True)

    told = row.row()
    step = told.steps[0]

    assert (told.rate, told.errors, told.degraded) == (1.0, 0.25, 0.25)
    assert (step.name, step.rate, step.failed, step.stood_in, step.cached) == (
        "orders",
        1.0,
        0.25,
        0.25,
        0.25,
    )
    assert 0.01 < told.p50 <= 0.025
    assert 0.01 < step.p99 <= 0.025


def test_route_that_is_idle_is_worked_out_once():
    row = RouteRow("GET /x", RequestMeter(), {"orders": CallMeter()})
    for now in range(3):
        row.look(float(now), steps=True)

    assert row.row() is row.row()
    assert row.row().rate == 0.0


def test_steps_that_nobody_looked_at_begin_anew():
    requests, calls = RequestMeter(), CallMeter()
    row = RouteRow("GET /x", requests, {"orders": calls})
    row.look(0.0, steps=True)
    calls.record(Failure(Cause.FAILED), 0.02)
    row.look(100.0, steps=False)
    row.look(101.0, steps=True)
    requests.record(200, False, 0.02)
    calls.record(LIVE, 0.02)
    row.look(102.0, steps=True)

    assert [(step.rate, step.failed) for step in row.row().steps] == [(1.0, 0.0)]

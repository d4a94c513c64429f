"""A few requests are kept to look at, and never more than agreed, whatever happens."""

import pytest

from gateway.call import Trace
from gateway.dashboard.kept import ALIKE, KINDS, PROBLEMS, RECENT, SHOWN, SLOW_FOR, SLOWEST, KeptRequests
from gateway.outcome import Cause, Failure, Success
from gateway.plan.model import Plan, Step

LIVE = Success(b"1")


class Run:
    def __init__(self, route, number, outcome):
        self.plan = Plan(route, (Step("user", 0, None, None),), 1.0, lambda scope: b"")
        self.trace = Trace("0" * 32, "00", f"r{number}")
        self.calls, self.outcomes = [None], [outcome]


class Store:
    """A store and its wall clock; ``end`` tells it of a request."""

    def __init__(self):
        self.at = 1_000.0
        self.kept = KeptRequests(lambda: self.at)
        self.number = 0

    def end(self, status=200, degraded=False, seconds=0.01, route="GET /x", outcome=LIVE):
        self.number += 1
        self.kept.of(route, ["users"])(Run(route, self.number, outcome), status, degraded, seconds)


@pytest.fixture
def store():
    return Store()


def ids(requests):
    return [request.request_id for request in requests]


def test_degraded_and_failed_requests_are_kept_newest_first(store):
    store.end(200, degraded=True)
    store.end(503)
    store.end(404)
    store.end(200)

    assert ids(store.kept.problems()) == ["r2", "r1"]
    assert [(each.status, each.degraded) for each in store.kept.problems()] == [(503, False), (200, True)]


def test_outage_keeps_a_few_of_each_round_and_of_each_route(store):
    for _ in range(1000):
        store.end(503)
    store.end(503, route="GET /y")
    before = ids(store.kept.problems())
    store.kept.begin_round(watched=False)
    store.end(503)

    assert before == ["r1001", f"r{PROBLEMS}", f"r{PROBLEMS - 1}", f"r{PROBLEMS - 2}"]
    assert ids(store.kept.problems())[:2] == ["r1002", "r1001"]
    assert len(store.kept.problems()) == ALIKE + 1


def test_problems_push_out_only_those_that_went_wrong_alike(store):
    store.end(200, degraded=True, outcome=Failure(Cause.TIMEOUT))
    for _ in range(100):
        store.kept.begin_round(watched=False)
        store.end(200, degraded=True, outcome=Failure(Cause.CIRCUIT_OPEN))

    assert [each.steps[0].cause for each in store.kept.problems()] == ["circuit_open"] * ALIKE + ["timeout"]


def test_ways_to_go_wrong_are_bounded(store):
    for status in range(500, 500 + 2 * KINDS):
        store.kept.begin_round(watched=False)
        store.end(status)

    assert [each.status for each in store.kept.problems()] == list(range(515, 507, -1))


def test_slowest_requests_are_kept_slowest_first(store):
    for round_ in range(20):
        store.kept.begin_round(watched=False)
        store.end(seconds=round_ / 100)

    kept = store.kept.slowest()

    assert [each.seconds for each in kept] == [0.19, 0.18, 0.17, 0.16, 0.15]
    assert len(kept) == SLOWEST


def test_no_more_than_a_few_slow_ones_are_looked_at_in_a_round(store):
    for number in range(1000):  # each slower than the one before
        store.end(seconds=number / 100)

    assert len(store.kept.slowest()) == SLOWEST
    assert max(each.seconds for each in store.kept.slowest()) < 0.1


def test_slow_ones_are_forgotten_after_a_while(store):
    store.end(seconds=9.0)
    store.at += SLOW_FOR + 1
    store.kept.begin_round(watched=False)
    store.end(seconds=0.02)

    assert [each.seconds for each in store.kept.slowest()] == [0.02]


def test_recent_ones_are_kept_only_while_somebody_looks(store):
    store.end()
    assert store.kept.recent() == []

    store.kept.begin_round(watched=True)
    for _ in range(100):
        store.end()

    assert len(store.kept.recent()) == RECENT


def test_recent_ones_are_shown_newest_first_and_never_more_than_a_page(store):
    for _ in range(100):
        store.kept.begin_round(watched=True)
        for _ in range(10):
            store.end(seconds=0.001)

    assert len(store.kept.recent()) == SHOWN
    numbers = [each.id for each in store.kept.recent()]
    assert numbers == sorted(numbers, reverse=True)


def test_record_has_what_identifies_a_request_and_nothing_of_its_contents(store):
    store.end(503)

    record = store.kept.problems()[0]

    assert (record.route, record.at, record.trace_id) == ("GET /x", 1_000.0, "0" * 32)
    assert [bar.step for bar in record.steps] == ["user"]
    assert not hasattr(record, "inputs")

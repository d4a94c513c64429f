"""Who is let in, who is turned away first, and that nobody who entered is forgotten."""

import asyncio

import pytest

from gateway.edge.admission import LATE, Admission, AdmittingEndpoint, Priority
from gateway.outcome import Success
from tests.edge.test_endpoint import Route
from tests.support.sources import After, Hang

SHEDDABLE, NORMAL, CRITICAL = Priority

# ── the policy ──────────────────────────────────────────────────────────────────────────────────────────


def let_in(admission, priority):
    """How many of *priority* enter until the first is turned away."""
    count = 0
    while admission.enter(priority):
        count += 1
    return count


def test_less_important_requests_are_turned_away_earlier():
    admission = Admission(100)

    assert let_in(admission, SHEDDABLE) == 80
    assert let_in(admission, NORMAL) == 15
    assert let_in(admission, CRITICAL) == 5
    assert admission.in_flight == 100


def test_whoever_leaves_makes_room_for_another():
    admission = Admission(10)
    let_in(admission, CRITICAL)

    admission.leave()

    assert not admission.enter(NORMAL)  # the last place is for critical ones
    assert admission.enter(CRITICAL)


def test_smallest_limit_still_lets_one_of_each_priority_in():
    for priority in Priority:
        assert let_in(Admission(1), priority) == 1


def test_refusals_are_counted_by_priority():
    admission = Admission(1)
    admission.enter(CRITICAL)

    admission.enter(SHEDDABLE)
    admission.enter(NORMAL)
    admission.enter(NORMAL)

    snapshot = admission.snapshot()
    assert (snapshot.limit, snapshot.in_flight, snapshot.late) == (1, 1, False)
    assert snapshot.refused == {"sheddable": 1, "normal": 2, "critical": 0}


def test_late_loop_turns_sheddable_requests_away_and_no_others_until_it_is_on_time():
    admission = Admission(100)

    admission.notice_lag(LATE)
    assert admission.enter(SHEDDABLE)  # once may be a garbage collection
    admission.notice_lag(LATE)
    assert not admission.enter(SHEDDABLE)
    assert admission.enter(NORMAL)
    assert admission.enter(CRITICAL)
    assert repr(admission) == "<Admission: 3 of 100 requests under way, the event loop is late>"

    admission.notice_lag(LATE / 2)
    assert admission.enter(SHEDDABLE)
    assert repr(admission) == "<Admission: 4 of 100 requests under way>"


# ── the endpoint ────────────────────────────────────────────────────────────────────────────────────────


class AdmittingRoute(Route):
    """A route that a gateway of *limit* requests answers."""

    def __init__(self, admission, priority=NORMAL, **steps):
        super().__init__(**steps)
        self.admission, self.priority = admission, priority

    @property
    def endpoint(self):
        plain = super().endpoint
        return AdmittingEndpoint(
            plain.plan,
            plain.read_inputs,
            plain._answering,
            engine=plain.engine,
            intake=plain.intake,
            meter=plain._meter,
            access_log=plain._access_log,
            admission=self.admission,
            priority=self.priority,
        )


async def test_request_that_is_let_in_is_answered_and_leaves():
    route = AdmittingRoute(Admission(10), a=Success(b"1"))

    answer = await route.ask()

    assert (answer.status, answer.body) == (200, b'{"a":1}')
    assert route.admission.in_flight == 0


async def test_request_beyond_the_limit_gets_503_and_when_to_come_back_and_calls_nobody():
    route = AdmittingRoute(Admission(1), a=After(0.1))
    first = asyncio.ensure_future(route.ask())
    await asyncio.sleep(0.05)

    answer = await route.ask(headers=[("x-request-id", "mine-1")])

    assert answer.status == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json == {
        "type": "/problems/bulkhead_full",
        "title": "Too many requests at the moment",
        "status": 503,
        "cause": "bulkhead_full",
        "request_id": "mine-1",
    }
    assert len(route.sources["a"].calls) == 1
    assert (await first).status == 200
    assert route.admission.in_flight == 0


async def test_refused_request_is_counted_and_logged_as_such():
    route = AdmittingRoute(Admission(1), a=Success(b"1"))
    route.admission.enter(CRITICAL)

    await route.ask(headers=[("x-request-id", "mine-1")])

    assert route.meter.records == [(503, False, 0.0)]
    assert route.log.refusals == [("GET /x", 503, "mine-1")]
    assert route.log.ended == []


async def test_body_of_a_refused_request_is_not_read():
    route = AdmittingRoute(Admission(1), a=Success(b"1")).that(reads_body=True)
    route.admission.enter(CRITICAL)

    answer = await route.ask("POST", headers=[("content-type", "application/json")], body=[b"1"])

    assert (answer.status, answer.asked) == (503, 0)


async def test_critical_route_is_answered_while_sheddable_ones_are_turned_away():
    admission = Admission(10)
    routes = [AdmittingRoute(admission, priority, a=Success(b"1")) for priority in Priority]
    for _ in range(9):
        admission.enter(CRITICAL)

    statuses = [(await route.ask()).status for route in routes]

    assert statuses == [503, 503, 200]


@pytest.mark.parametrize("end", ["the client leaves", "it is cancelled"])
async def test_request_leaves_however_it_ends(end):
    route = AdmittingRoute(Admission(10), a=Hang())
    task = asyncio.ensure_future(route.ask(leaves_after=0.1 if end == "the client leaves" else None))
    await asyncio.sleep(0.05)
    assert route.admission.in_flight == 1
    if end == "it is cancelled":
        task.cancel()

    await asyncio.wait([task])

    assert task.cancelled() == (end == "it is cancelled")
    assert route.admission.in_flight == 0


async def test_bug_while_answering_leaves_too():
    def broken(scope):
        raise ZeroDivisionError

    route = AdmittingRoute(Admission(10), a=Success(b"1"), merge=broken)

    with pytest.raises(ZeroDivisionError):
        await route.ask()

    assert route.admission.in_flight == 0

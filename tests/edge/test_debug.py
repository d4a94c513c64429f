"""Who may ask how an answer was made, and what is told."""

import json

import pytest

from gateway.edge.debug import LONGEST, DebugAccess, debug_line, signature
from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.plan.model import Plan, Step
from gateway.recording import Change, Kind, Peer
from tests.support.recordings import TRACE_ID, KeptRecordings, recorded_trace

NOW = 1_795_276_800
SECRET = "0123456789abcdef"
HOME = ("127.0.0.1", 4711)
AWAY = ("192.0.2.1", 4711)


def access(secret=SECRET, *, loopback=False):
    return DebugAccess(secret, loopback=loopback, wall_clock=lambda: NOW)


def header(until=NOW + 60, secret=SECRET):
    return f"{until}.{signature(secret.encode(), until)}".encode()


def test_signed_header_counts_from_anywhere_until_it_expires():
    assert access().is_signed(header())
    assert not access().is_signed(header(until=NOW))
    assert not access().is_signed(header(until=NOW + int(LONGEST) + 1))  # stolen ones must not live for ever


@pytest.mark.parametrize(
    "value",
    [
        header(secret="another secret!!"),
        header().replace(b"1795", b"1796"),
        header()[:-1],
        header() + b"0",
        b"1",
        b"",
        b"." * 100,
        "ä.".encode() + b"0" * 64,
    ],
)
def test_other_headers_do_not_count(value):
    assert not access().is_signed(value)


def test_without_a_secret_no_signature_counts():
    assert not access(None).is_signed(header(secret=""))
    assert not access("").is_signed(header(secret=""))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_itself_needs_no_signature_where_that_is_configured(address):
    assert access(loopback=True).is_local({}, (address, 1))
    assert not access(loopback=False).is_local({}, (address, 1))


@pytest.mark.parametrize("client", [AWAY, ("::ffff:192.0.2.1", 1), ("testclient", 1), None])
def test_others_do(client):
    assert not access(loopback=True).is_local({}, client)


@pytest.mark.parametrize("name", [b"x-forwarded-for", b"forwarded", b"x-real-ip", b"via"])
def test_request_that_came_through_a_proxy_did_not_come_from_this_machine(name):
    assert not access(loopback=True).is_local({name: b"192.0.2.1"}, HOME)


class Scene:
    """A run of two steps that has ended, and its recording."""

    def __init__(self, attempts=1, *, hosts=False):
        self.now = 10.0
        steps = [
            Step("user", 0, source=None, prepare=None),
            Step("orders", 1, source=None, prepare=None, needs=(0,)),
        ]
        self.plan = Plan("GET /a/{id}", tuple(steps), 1.0, merge=None)
        self.outcomes = [Success(b"1"), Success(b"[]", Freshness.FALLBACK, Cause.FAILED)]
        self.recording = recorded_trace(KeptRecordings(), lambda: self.now).recording
        self.recording.hosts = hosts
        self.called("user", 10.0, 10.1)
        self.called("orders", 10.1, 10.3)
        for number in range(attempts):
            self.attempted(number + 1)

    def called(self, step, started, ended):
        record = self.recording.begin_call(step, started)
        self.recording.end(record, Success(b"1"), ended)

    def attempted(self, number):
        record = self.recording.begin(Kind.ATTEMPT, "orders", 10.15)
        record.attempt = number
        record.peer = Peer("orders", "http", "10.0.0.9", 8080)
        record.peer.changes.append(Change(10.2, "closed", "open", "consecutive", ""))
        self.recording.end(record, Failure(Cause.FAILED, "secret words", 503), 10.2)

    def line(self):
        return debug_line(self, self.recording, 10.4)

    def told(self):
        name, _, value = self.line().partition(b": ")
        assert (name, value[-2:]) == (b"gateway-debug", b"\r\n")
        return json.loads(value)


def test_answer_tells_the_plan_as_it_ran_with_every_attempt():
    assert Scene(attempts=2).told() == {
        "route": "GET /a/{id}",
        "trace": TRACE_ID,
        "ms": 400.0,
        "steps": [
            {"step": "user", "served": "live", "start": 0.0, "ms": 100.0},
            {
                "step": "orders",
                "after": ["user"],
                "served": "fallback",
                "cause": "failed",
                "start": 100.0,
                "ms": 200.0,
                "attempts": [
                    {
                        "start": 150.0,
                        "ms": 50.0,
                        "cause": "failed",
                        "status": 503,
                        "upstream": "orders",
                        "breaker": ["closed>open"],
                    },
                    {
                        "start": 150.0,
                        "ms": 50.0,
                        "cause": "failed",
                        "status": 503,
                        "retry": True,
                        "upstream": "orders",
                        "breaker": ["closed>open"],
                    },
                ],
            },
        ],
    }


def test_where_upstreams_are_is_told_only_where_that_is_allowed():
    assert b"10.0.0.9" not in Scene().line()
    assert Scene(hosts=True).told()["steps"][1]["attempts"][0]["at"] == "http://10.0.0.9:8080"


def test_words_of_failures_are_never_told():
    assert b"secret" not in Scene(hosts=True).line()


def test_what_is_under_way_has_no_end():
    scene = Scene(attempts=0)
    scene.recording.begin(Kind.ATTEMPT, "orders", 10.2)

    [attempt] = scene.told()["steps"][1]["attempts"]
    assert "ms" not in attempt


def test_step_that_was_never_called_has_no_times():
    scene = Scene(attempts=0)
    scene.recording.records.clear()
    scene.outcomes = [Failure(Cause.TIMEOUT), Failure(Cause.SKIPPED)]

    user, orders = scene.told()["steps"]
    assert user == {"step": "user", "served": "nothing", "cause": "timeout"}
    assert orders == {"step": "orders", "after": ["user"], "served": "nothing", "cause": "skipped"}


def test_line_is_bounded_attempts_become_a_number():
    scene = Scene(attempts=100)

    assert len(scene.line()) < 3072
    assert scene.told()["steps"][1]["attempts"] == 100


def test_line_of_a_huge_plan_tells_only_what_it_was_about():
    scene = Scene()
    names = [f"step_{number}_{'x' * 60}" for number in range(60)]
    steps = tuple(Step(name, at, source=None, prepare=None) for at, name in enumerate(names))
    scene.plan = Plan("GET /a/{id}", steps, 1.0, merge=None)
    scene.outcomes = [Success(b"1") for _ in steps]

    assert scene.told() == {"route": "GET /a/{id}", "trace": TRACE_ID, "ms": 400.0, "steps": None}

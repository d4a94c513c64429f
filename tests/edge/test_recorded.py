"""How recordings of requests end."""

import pytest

from gateway.edge import recorded
from gateway.outcome import Cause, Failure
from tests.support.recordings import KeptRecordings, recorded_trace

SCOPE = {
    "method": "GET",
    "path": "/a/7",
    "scheme": "https",
    "server": ("gw", 443),
    "http_version": "1.1",
    "query_string": b"secret=1",
}


class Ran:
    """A run that ended; *failure* is what failed all of it."""

    def __init__(self, failure=None, limit=1.0):
        self.plan = self
        self.route = "GET /a/{id}"
        self.time_limit = limit
        self.failure = None if failure is None else (None, failure)


def ended(status, run=None, *, degraded=False, seconds=0.1):
    recording = recorded_trace(KeptRecordings(), lambda: 10.0).recording
    recorded.answered(recording, run or Ran(), SCOPE, status, degraded=degraded, seconds=seconds)
    assert recording.sink.recordings == [recording]
    return recording


def test_recording_knows_what_was_asked_but_not_the_query():
    request = ended(200).request

    assert (request.route, request.method, request.path) == ("GET /a/{id}", "GET", "/a/7")
    assert (request.scheme, request.server, request.http_version) == ("https", ("gw", 443), "1.1")
    assert "secret" not in str(request)


@pytest.mark.parametrize(
    ("status", "degraded", "seconds", "expected"),
    [
        (200, False, 0.1, (False, False, False)),
        (200, True, 0.1, (False, True, False)),
        (200, False, 0.8, (False, False, True)),
        (404, False, 0.1, (False, False, False)),
        (504, False, 0.9, (True, False, True)),
    ],
)
def test_recording_knows_whether_it_is_worth_keeping(status, degraded, seconds, expected):
    recording = ended(status, degraded=degraded, seconds=seconds)

    assert (recording.failed, recording.degraded, recording.slow) == expected


def test_failed_request_has_its_cause():
    assert ended(504, Ran(Failure(Cause.TIMEOUT))).cause == "timeout"


def test_client_that_left_is_the_cause_of_what_has_no_status():
    recording = recorded_trace(KeptRecordings(), lambda: 10.0).recording
    recorded.refused(recording, "GET /a/{id}", {**SCOPE, "server": None}, 0)

    assert (recording.status, recording.failed, recording.cause) == (0, False, "client_gone")
    assert recording.request.server is None

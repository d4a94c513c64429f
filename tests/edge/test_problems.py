"""Every failure has one status and one problem, and nothing of an upstream gets into it."""

import json
import math

import pytest

from gateway.edge import problems
from gateway.edge.inputs import InputFault, Violation
from gateway.edge.router import Unrouted
from gateway.outcome import Cause, Failure

SECRET = "connect to db-7.internal:5432 failed: Traceback"

# docs/contract.md section 1, the last column
STATUS = {
    Cause.TIMEOUT: 504,
    Cause.UNREACHABLE: 502,
    Cause.INCOMPLETE: 502,
    Cause.FAILED: 502,
    Cause.THROTTLED: 503,
    Cause.REJECTED: 502,
    Cause.UNREADABLE: 502,
    Cause.TOO_LARGE: 502,
    Cause.CIRCUIT_OPEN: 503,
    Cause.BULKHEAD_FULL: 503,
    Cause.OUT_OF_TIME: 504,
    Cause.INTERNAL: 500,
    Cause.SKIPPED: 502,
}


def headers(problem):
    return dict(line.split(": ", 1) for line in problem.block.decode().splitlines())


def members(problem):
    return json.loads(problem.body)


def test_table_is_total():
    assert set(STATUS) == set(Cause)


@pytest.mark.parametrize("cause", Cause)
def test_failure_is_answered_as_the_contract_says(cause):
    problem = problems.failed(Failure(cause, SECRET), "orders", "r-1")

    assert problem.status == STATUS[cause]
    body = members(problem)
    assert body.pop("title")
    assert body == {
        "type": f"/problems/{cause}",
        "status": STATUS[cause],
        "cause": cause,
        "step": "orders",
        "request_id": "r-1",
    }
    assert headers(problem)["content-type"] == "application/problem+json"
    assert headers(problem)["cache-control"] == "no-store"
    assert headers(problem)["x-request-id"] == "r-1"


@pytest.mark.parametrize("cause", Cause)
@pytest.mark.parametrize("status", [None, 301, 400, 403, 404, 500, 503])
def test_nothing_of_an_upstream_gets_out(cause, status):
    problem = problems.failed(Failure(cause, SECRET, status=status, retry_after=2.0), "orders", "r-1")

    assert b"internal:" not in problem.block + problem.body
    assert b"Traceback" not in problem.block + problem.body


@pytest.mark.parametrize("cause", [Cause.THROTTLED, Cause.CIRCUIT_OPEN, Cause.BULKHEAD_FULL])
def test_refusals_say_when_to_come_back(cause):
    assert headers(problems.failed(Failure(cause), "orders", "r-1"))["retry-after"] == "1"
    assert headers(problems.failed(Failure(cause, retry_after=3.2), "orders", "r-1"))["retry-after"] == "4"


@pytest.mark.parametrize(
    ("seconds", "written"), [(0.0, "1"), (-1.0, "1"), (0.2, "1"), (7.0, "7"), (math.inf, "86400")]
)
def test_retry_after_is_whole_seconds(seconds, written):
    problem = problems.failed(Failure(Cause.THROTTLED, retry_after=seconds), "orders", "r-1")

    assert headers(problem)["retry-after"] == written


def test_failed_with_retry_after_is_a_503_that_passes_it_on():
    problem = problems.failed(Failure(Cause.FAILED, status=503, retry_after=9.0), "orders", "r-1")

    assert (problem.status, headers(problem)["retry-after"]) == (503, "9")


def test_failed_without_retry_after_is_a_502_without_one():
    problem = problems.failed(Failure(Cause.FAILED, status=503), "orders", "r-1")

    assert problem.status == 502
    assert "retry-after" not in headers(problem)


@pytest.mark.parametrize("status", [404, 409, 410, 422])
def test_rejection_that_concerns_the_client_is_passed_on(status):
    assert problems.status_of(Failure(Cause.REJECTED, status=status)) == status


@pytest.mark.parametrize("status", [301, 302, 400, 402, 405, 406, 412, 418, 451])
def test_other_rejections_are_a_502(status):
    assert problems.status_of(Failure(Cause.REJECTED, status=status), own_credentials=True) == 502


@pytest.mark.parametrize("status", [401, 403])
def test_rejected_credentials_are_passed_on_only_if_they_are_the_clients(status):
    failure = Failure(Cause.REJECTED, status=status)

    assert problems.status_of(failure) == 502
    assert problems.status_of(failure, own_credentials=True) == status


@pytest.mark.parametrize("cause", sorted(set(Cause) - {Cause.SKIPPED}))
def test_skipped_step_has_the_status_of_the_need_it_goes_back_to(cause):
    need = Failure(cause, status=404, retry_after=4.0)
    skipped = Failure(Cause.SKIPPED, need=Failure(Cause.SKIPPED, need=need))
    problem = problems.failed(skipped, "recommendations", "r-1")

    assert problem.status == problems.status_of(need)
    assert members(problem)["cause"] == "skipped"
    assert headers(problem).get("retry-after") == ("4" if problem.status == 503 else None)


def test_missing_field_is_a_502():
    assert problems.failed(Failure(Cause.SKIPPED), "recommendations", "r-1").status == 502


def test_faults_of_a_request_are_named_one_by_one():
    fault = InputFault([Violation("query.page", "is not an int"), Violation("body.id", "is missing")])
    problem = problems.bad_request(fault, "r-1")

    assert problem.status == 400
    assert members(problem)["type"] == "/problems/bad_request"
    assert members(problem)["detail"] == "query.page is not an int; body.id is missing"
    assert members(problem)["errors"] == [
        {"parameter": "query.page", "detail": "is not an int"},
        {"parameter": "body.id", "detail": "is missing"},
    ]


@pytest.mark.parametrize("status", [413, 415])
def test_fault_of_a_body_has_its_own_type(status):
    fault = InputFault([Violation("body", "is not JSON")], status)

    assert members(problems.bad_request(fault, "r-1"))["status"] == status


def test_unknown_path_is_a_404():
    problem = problems.not_routed(Unrouted(404), "r-1")

    assert (problem.status, members(problem)["cause"]) == (404, "no_route")


def test_another_method_is_a_405_with_allow():
    problem = problems.not_routed(Unrouted(405, allow=("GET", "HEAD")), "r-1")

    assert (problem.status, headers(problem)["allow"]) == (405, "GET, HEAD")


def test_path_value_of_another_type_is_a_400_naming_the_parameter():
    problem = problems.not_routed(Unrouted(400, parameter="user_id", message="must be an integer"), "r-1")

    assert members(problem)["errors"] == [{"parameter": "user_id", "detail": "must be an integer"}]


def test_options_is_answered_without_a_body():
    problem = problems.not_routed(Unrouted(204, allow=("GET", "HEAD", "OPTIONS")), "r-1")

    assert (problem.status, problem.body) == (204, b"")
    assert headers(problem) == {"allow": "GET, HEAD, OPTIONS", "x-request-id": "r-1"}


@pytest.mark.parametrize("status", [400, 404, 405, 408, 413, 415, 431])
def test_edge_refuses_by_status(status):
    problem = problems.refused(status, "r-1")

    assert problem.status == members(problem)["status"] == status
    assert "step" not in members(problem)


def test_head_that_is_late_is_no_slow_body():
    problem = problems.late_head("r-1")

    assert (problem.status, members(problem)["cause"]) == (408, "head_too_slow")


def test_no_space_for_bodies_says_when_to_come_back():
    problem = problems.no_space("r-1")

    assert (problem.status, headers(problem)["retry-after"]) == (503, "1")


def test_bug_is_a_500_with_the_request_id_and_nothing_else():
    assert members(problems.bug("r-1"))["request_id"] == "r-1"
    assert problems.bug("r-1").status == 500


def test_parameter_names_from_a_client_cannot_leave_their_string():
    fault = InputFault([Violation('body.a"b\r\nx: y', "is unknown")])

    assert members(problems.bad_request(fault, "r-1"))["errors"][0]["parameter"] == 'body.a"b\r\nx: y'
    assert b"\r\nx: y" not in problems.bad_request(fault, "r-1").block

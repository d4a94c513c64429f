"""The table of docs/contract.md section 1, row by row."""

import pytest

from gateway.outcome import (
    ALIVE,
    REFUSED,
    RETRYABLE,
    STALE_MAY_STAND_IN,
    UNHEALTHY,
    UNSENT,
    Cause,
    Failure,
    Freshness,
    Success,
    Verdict,
    verdict,
)

FAILURE, NEUTRAL, SUCCESS = Verdict.FAILURE, Verdict.NEUTRAL, Verdict.SUCCESS

#        cause                breaker   retried  stale may stand in
TABLE = [
    (Cause.TIMEOUT,           FAILURE,  True,    True),
    (Cause.UNREACHABLE,       FAILURE,  True,    True),
    (Cause.INCOMPLETE,        FAILURE,  True,    True),
    (Cause.FAILED,            FAILURE,  True,    True),
    (Cause.THROTTLED,         NEUTRAL,  False,   True),
    (Cause.REJECTED,          SUCCESS,  False,   False),
    (Cause.UNREADABLE,        FAILURE,  False,   True),
    (Cause.TOO_LARGE,         NEUTRAL,  False,   True),
    (Cause.CIRCUIT_OPEN,      NEUTRAL,  False,   True),
    (Cause.BULKHEAD_FULL,     NEUTRAL,  False,   True),
    (Cause.OUT_OF_TIME,       NEUTRAL,  False,   True),
    (Cause.INTERNAL,          NEUTRAL,  False,   False),
    (Cause.SKIPPED,           NEUTRAL,  False,   False),
]  # fmt: skip


@pytest.mark.parametrize(("cause", "health", "retried", "stale"), TABLE)
def test_cause_is_treated_as_the_contract_says(cause, health, retried, stale):
    assert verdict(Failure(cause)) is health
    assert (cause in RETRYABLE) is retried
    assert (cause in STALE_MAY_STAND_IN) is stale


def test_table_is_total():
    assert [row[0] for row in TABLE] == list(Cause)


@pytest.mark.parametrize("status", [501, 505])
def test_unimplemented_says_nothing_about_health(status):
    assert verdict(Failure(Cause.FAILED, status=status)) is Verdict.NEUTRAL


@pytest.mark.parametrize("freshness", list(Freshness))
def test_any_body_is_a_sign_of_health(freshness):
    assert verdict(Success(b"{}", freshness)) is Verdict.SUCCESS


def test_sets_that_exclude_each_other_do():
    assert not UNHEALTHY & ALIVE
    assert not UNHEALTHY & REFUSED
    assert not RETRYABLE & REFUSED
    assert UNSENT <= RETRYABLE


def test_body_is_decoded_once():
    success = Success(b'{"a": [1, 2]}')

    assert success.data == {"a": [1, 2]}
    assert success.data is success.data


def test_skipped_step_knows_the_failure_it_began_with():
    first = Failure(Cause.TIMEOUT)
    chain = Failure(Cause.SKIPPED, need=Failure(Cause.SKIPPED, need=first))

    assert chain.root is first
    assert first.root is first


def test_outcomes_describe_themselves():
    assert repr(Failure(Cause.FAILED, "boom", status=503)) == "<Failure failed 503: boom>"
    assert (
        repr(Success(b"[]", Freshness.STALE, Cause.TIMEOUT)) == "<Success stale instead of timeout, 2 bytes>"
    )


def test_members_of_a_body_are_its_top_level_still_in_bytes():
    answer = Success(b'{"a": 1.50, "b": {"c": []}}')

    assert {key: bytes(value) for key, value in answer.members.items()} == {"a": b"1.50", "b": b'{"c": []}'}
    assert answer.members is answer.members


def test_body_that_is_no_object_has_no_members():
    assert Success(b"[1]").members == {}
    assert Success(b'{"a":' * 100_000 + b"1" + b"}" * 100_000).members == {}

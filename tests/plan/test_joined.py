"""What the items of a list ended with becomes one outcome."""

import json

import pytest

from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.plan.joined import NAMED, joined

ONE, TWO = Success(b"1"), Success(b'{"a": 2}')
TIMEOUT, REFUSED = Failure(Cause.TIMEOUT), Failure(Cause.CIRCUIT_OPEN, retry_after=2.0)
OUT = Failure(Cause.OUT_OF_TIME)


def test_items_that_all_answered_are_a_live_list_in_their_order():
    outcome = joined([ONE, TWO, ONE], None, required=False)

    assert (outcome.body, outcome.freshness, outcome.cause) == (b'[1,{"a": 2},1]', Freshness.LIVE, None)
    assert outcome.meta is None


def test_missing_items_are_null_in_their_places_and_make_the_list_partial():
    outcome = joined([ONE, TIMEOUT, REFUSED, TIMEOUT], None, required=False)

    assert outcome.body == b"[1,null,null,null]"
    assert (outcome.freshness, outcome.cause) == (Freshness.PARTIAL, Cause.TIMEOUT)


def test_partial_list_says_how_many_are_missing_and_which_by_cause():
    meta = joined([ONE, TIMEOUT, REFUSED, TIMEOUT], None, required=False).meta

    assert (meta[b"items"], meta[b"failed"]) == (b"4", b"3")
    assert json.loads(meta[b"causes"]) == {"timeout": [1, 3], "circuit_open": [2]}


def test_of_many_missing_items_the_first_are_named_and_all_are_counted():
    meta = joined([ONE, *[TIMEOUT] * 500], None, required=False).meta

    assert json.loads(meta[b"causes"]) == {"timeout": list(range(1, NAMED + 1))}
    assert meta[b"failed"] == b"500"


def test_list_without_any_answer_is_the_failure_of_its_first_item():
    assert joined([REFUSED, TIMEOUT], None, required=False) is REFUSED


def test_items_that_did_not_end_are_missing_for_the_lists_own_reason():
    outcome = joined([ONE, None], OUT, required=False)

    assert (outcome.body, outcome.cause) == (b"[1,null]", Cause.OUT_OF_TIME)
    assert joined([None, None], OUT, required=False) is OUT


def test_list_that_needs_all_items_fails_with_what_an_item_itself_ended_with():
    assert joined([ONE, None, REFUSED], OUT, required=True) is REFUSED
    assert joined([ONE, ONE], None, required=True).body == b"[1,1]"


@pytest.mark.parametrize(
    ("others", "freshness", "cause"),
    [
        ([Freshness.CACHED], Freshness.CACHED, None),
        ([Freshness.CACHED, Freshness.STALE], Freshness.STALE, None),
    ],
)
def test_list_is_as_fresh_as_its_least_fresh_item_and_as_old_as_the_oldest(others, freshness, cause):
    copies = [Success(b"0", each, meta={b"age": b"%d" % age}) for age, each in enumerate(others, start=3)]

    outcome = joined([ONE, *copies], None, required=False)

    assert (outcome.freshness, outcome.cause) == (freshness, cause)
    assert outcome.meta == {b"age": b"%d" % (2 + len(others))}


def test_copy_that_stands_in_for_a_failed_item_makes_the_list_degraded():
    copy = Success(b"0", Freshness.STALE, Cause.FAILED, meta={b"age": b"9"})

    outcome = joined([ONE, copy], None, required=True)

    assert (outcome.body, outcome.freshness, outcome.cause) == (b"[1,0]", Freshness.STALE, Cause.FAILED)


def test_rank_of_every_freshness_is_known():
    for freshness in Freshness:
        outcome = joined([Success(b"0", freshness)], None, required=False)
        assert outcome.freshness is freshness

"""A degraded answer says which part stands in for what, in the header and in the body."""

import json

import pytest

from gateway.edge.degraded import Degradation
from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.plan.joined import joined

LIVE = Success(b"1")
STALE = Success(b"1", Freshness.STALE, Cause.TIMEOUT)
PARTIAL = joined([LIVE, Failure(Cause.TIMEOUT), Failure(Cause.REJECTED)], None, required=False)
FALLBACK = Success(b"[]", Freshness.FALLBACK, Cause.CIRCUIT_OPEN)
NOTHING = Failure(Cause.FAILED)


def degraded(*outcomes, names=("users", "orders", "recs")):
    return Degradation(names[: len(outcomes)]).of(outcomes)


def test_complete_answer_is_not_degraded():
    assert degraded(LIVE, Success(b"1", Freshness.CACHED), LIVE) is None


def test_stale_copy_served_while_it_is_refreshed_is_not_degraded():
    assert degraded(Success(b"1", Freshness.STALE)) is None


def test_step_that_was_not_chosen_is_not_degraded():
    assert degraded(LIVE, None) is None


@pytest.mark.parametrize(
    ("outcome", "cause", "served"),
    [(STALE, "timeout", "stale"), (FALLBACK, "circuit_open", "fallback"), (NOTHING, "failed", "nothing")],
)
def test_header_and_member_name_cause_and_what_is_served(outcome, cause, served):
    found = degraded(LIVE, outcome)

    assert found.header == f"gateway-degraded: orders;cause={cause};served={served}\r\n".encode()
    assert json.loads(found.member) == {"orders": {"cause": cause, "served": served}}


def test_parts_stand_in_plan_order():
    found = degraded(NOTHING, LIVE, STALE)

    assert found.header == (
        b"gateway-degraded: users;cause=failed;served=nothing, recs;cause=timeout;served=stale\r\n"
    )
    assert list(json.loads(found.member)) == ["users", "recs"]


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_can_be_named(cause):
    assert f"cause={cause};".encode() in degraded(Failure(cause)).header


@pytest.mark.parametrize(
    ("body", "marked"),
    [
        (b"{}", b'{"degraded":M}'),
        (b" { } \n", b' {"degraded":M}'),
        (b'{"a":{}}', b'{"a":{},"degraded":M}'),
        (b'{"a":1 }\n', b'{"a":1,"degraded":M}'),
        (b'{"a":"{"}', b'{"a":"{","degraded":M}'),
    ],
)
def test_object_gets_the_member_at_its_end(body, marked):
    found = degraded(NOTHING)

    assert found.marked(body) == marked.replace(b"M", found.member)
    assert json.loads(found.marked(body))["degraded"] == {"users": {"cause": "failed", "served": "nothing"}}


@pytest.mark.parametrize("body", [b"[]", b"null", b'"}"', b"[{}]", b"1"])
def test_body_that_is_no_object_is_left_alone(body):
    assert degraded(NOTHING).marked(body) == body


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("order_summary", b"order_summary"),
        ("Orders-2", b"Orders-2"),
        ("2nd", b'"2nd"'),
        ("a b", b'"a b"'),
        ('say "x"\\', b'"say \\"x\\"\\\\"'),
        ("größe%", b'%"gr%c3%b6%c3%9fe%25"'),
    ],
)
def test_names_are_written_as_rfc_9651_items(name, item):
    assert degraded(NOTHING, names=(name,)).header == (
        b"gateway-degraded: " + item + b";cause=failed;served=nothing\r\n"
    )


def test_list_with_missing_items_says_how_many_and_which():
    found = degraded(LIVE, PARTIAL, STALE)

    assert found.header == (
        b"gateway-degraded: orders;cause=timeout;served=partial;items=3;failed=2, "
        b"recs;cause=timeout;served=stale\r\n"
    )
    assert json.loads(found.member)["orders"] == {
        "cause": "timeout",
        "served": "partial",
        "items": 3,
        "failed": 2,
        "causes": {"timeout": [1], "rejected": [2]},
    }

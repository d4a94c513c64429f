"""A plan knows from its steps alone who waits for whom."""

import pytest

from gateway.plan.model import Plan, Step


def plan(*edges):
    """A plan of steps a, b, c, … with these pairs of (needs, awaits)."""
    steps = [
        Step("abcd"[index], index, source=None, prepare=None, needs=needs, awaits=awaits)
        for index, (needs, awaits) in enumerate(edges)
    ]
    return Plan("GET /x", tuple(steps), 1.5, merge=None)


def test_steps_that_wait_for_none_come_first():
    assert plan(((), ()), ((0,), ()), ((), ()), ((), (2,))).first == (0, 2)


def test_needed_and_awaited_steps_are_both_waited_for():
    made = plan(((), ()), ((), ()), ((0,), (1,)))

    assert made.edges == (0, 0, 2)
    assert made.followers == ((2,), (2,), ())


def test_step_that_is_both_needed_and_awaited_is_waited_for_once():
    assert plan(((), ()), ((0,), (0,))).edges == (0, 1)


def test_step_may_wait_for_one_that_is_written_after_it():
    made = plan(((1,), ()), ((), ()))

    assert (made.first, made.followers) == ((1,), ((), (0,)))


def test_plan_is_a_sentence_for_logs():
    assert repr(plan(((), ()), ((0,), ()))) == "<Plan GET /x: a, b within 1.5 s>"


def test_plans_cannot_be_changed():
    with pytest.raises(AttributeError):
        plan(((), ())).time_limit = 2.0

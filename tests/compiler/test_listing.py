"""A step with ``for_each`` or ``batch`` is compiled into the layers that make its calls."""

import pytest

from gateway.compiler.listing import UNTOLD
from gateway.outcome import Success
from tests.support.compiled import route

ORDERS = "o: { get: users/orders }"


def layers(step):
    made = route("GET /x/{id}", f"{{ steps: {{ {ORDERS}, a: {{ {step} }} }} }}")
    return made.plan.steps[1], made.facts[1]


def test_list_is_made_of_calls_below_its_own_fallback():
    step, facts = layers('for_each: "{o.items}", get: "users/{item.id}", fallback: []')

    assert facts.layers[:4] == ("observe", "fallback", "for each", "deadline")
    assert (step.direct, step.needs, step.awaits) == (None, (0,), ())


def test_copies_and_flights_are_those_of_an_item():
    _, facts = layers('for_each: "{o.items}", get: "users/i/{item.id}", cache: { ttl: 1s }, coalesce: on')

    assert facts.layers[:6] == ("observe", "for each", "cache", "deadline", "coalesce", "keep")


def test_copies_are_those_of_a_key_and_retries_those_of_a_batch():
    _, facts = layers(
        'for_each: "{o.items}", get: "users/i/{keys}", batch: { key: "{item.id}" }, cache: { ttl: 1s }'
    )

    assert facts.layers[:7] == ("observe", "for each", "cache", "deadline", "keep", "batch", "retry")


def test_key_of_a_cache_may_read_the_item():
    step, _ = layers(
        'for_each: "{o.items}", get: "users/i/{item.id}", cache: { ttl: 1s, key: ["{item.id}"] }'
    )

    assert step.needs == (0,)
    assert step.awaits == ()


def test_items_that_may_not_be_repeated_are_not_equal():
    step, _ = layers('for_each: "{o.items}", post: users/a, json: "{item}"')

    assert (step.repeatable, step.identify) == (False, None)


def test_list_waits_for_the_step_it_is_read_from_and_for_others_that_its_items_read():
    made = route(
        "GET /x",
        '{ steps: { a: { for_each: "{c | []}", get: "users/{item}/{b.id}" }, b: { get: users/b },'
        " c: { get: users/c } } }",
    )

    assert (made.plan.steps[0].needs, made.plan.steps[0].awaits) == ((1,), (2,))


@pytest.mark.parametrize("step", ['for_each: "{o}", value: { id: "{item}" }'])
def test_step_without_upstream_may_be_made_for_each_item(step):
    made, facts = layers(step)

    assert "for each" in facts.layers
    assert made.repeatable


def test_nothing_is_told_of_one_item():
    assert UNTOLD.record(Success(b"1"), 1.0) is None

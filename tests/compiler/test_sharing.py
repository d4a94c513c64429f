"""What the calls of a step share, by what its configuration says."""

import pytest

from gateway.compiler.sharing import wanted_headers
from gateway.config import load_text
from gateway.layers.cache_control import HONOURED
from tests.support.compiled import messages, route


def layers(steps, step="a"):
    made = route("GET /x/{id}", f"{{ steps: {{ {steps} }} }}")
    index = [each.name for each in made.plan.steps].index(step)
    return made.plan.steps[index], made.facts[index]


def test_step_that_shares_nothing_has_no_identity_and_no_layer_for_it():
    step, facts = layers("a: { get: users }")

    assert step.identify is None
    assert not {"cache", "send once", "coalesce", "keep"} & set(facts.layers)
    assert step.direct is not None


def test_cache_looks_above_the_deadline_and_keeps_below_it():
    step, facts = layers("a: { get: users, cache: { ttl: 1s } }")

    assert facts.layers[:5] == ("observe", "cache", "deadline", "keep", "retry")
    assert step.identify is not None
    assert step.direct is None
    assert facts.copies is not None


def test_shared_flight_keeps_what_it_brings():
    _, facts = layers("a: { get: users, cache: { ttl: 1s }, coalesce: on }")

    assert facts.layers[:6] == ("observe", "cache", "deadline", "coalesce", "keep", "retry")


def test_steps_that_may_make_equal_calls_send_them_once():
    for step in "ab":
        _, facts = layers('a: { get: "users/{id}" }, b: { get: users/1 }', step)
        assert facts.layers[:3] == ("observe", "deadline", "send once")


def test_steps_that_never_make_equal_calls_do_not_look_for_them():
    for step in "abc":
        made, facts = layers("a: { get: users/1 }, b: { get: users/2 }, c: { put: users/1, json: 1 }", step)
        assert "send once" not in facts.layers
        assert made.identify is None


def test_key_makes_its_step_wait_for_what_it_reads():
    step, _ = layers('a: { get: users/a, cache: { ttl: 1s, key: ["{b.id}"] } }, b: { get: users/b }')

    assert (step.needs, step.awaits) == ((), (1,))


def test_step_that_is_needed_anyway_is_not_awaited_as_well():
    step, _ = layers('a: { get: "users/a/{b.id}", cache: { ttl: 1s, key: ["{b.id}"] } }, b: { get: users/b }')

    assert (step.needs, step.awaits) == ((1,), ())


def test_inputs_that_only_a_key_reads_are_read():
    made = route("GET /x", '{ steps: { a: { get: users, cache: { ttl: 1s, key: ["{query.q}"] } } } }')

    assert [(each.name, each.required) for each in made.inputs] == [("query.q", False)]


@pytest.mark.parametrize("key", ["cache: { ttl: 1s }", "coalesce: on"])
@pytest.mark.parametrize("call", ["post: u", "put: u", "get: u, repeatable: false"])
def test_calls_that_cannot_be_equal_share_nothing(key, call):
    told = messages(
        "upstreams: { u: { url: http://127.0.0.1:9101 } }\n"
        f"routes: {{ GET /x: {{ steps: {{ a: {{ {call}, {key} }} }} }} }}\n"
    )

    assert told == [f"`{key.partition(':')[0]}` is for calls that can be equal, and this one cannot"]


def test_headers_of_answers_are_kept_only_where_a_cache_asks_for_them():
    steps = "{ a: { get: a, cache: { ttl: 1s, cache_control: on } }, b: { get: b } }"
    upstreams = "{ a: { url: http://127.0.0.1:1 }, b: { url: http://127.0.0.1:2 } }"
    config = load_text(f"upstreams: {upstreams}\nroutes: {{ GET /x: {{ steps: {steps} }} }}\n", {}).config

    assert wanted_headers("a", config) == HONOURED
    assert wanted_headers("b", config) == frozenset()

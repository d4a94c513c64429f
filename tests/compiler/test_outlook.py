"""What is to be expected of a route follows from its plan."""

import pytest

from gateway.compiler.outlook import best_case, calls_of, failing, graph_of
from tests.support.compiled import route

STEPS = """
    user:   { get: "users/{id}", timeout: 300ms, required: true }
    orders: { get: "users/{id}/orders", timeout: 200ms }
    recs:   { get: "users/{user.kind}", timeout: 400ms, fallback: [] }
    ads:    { get: "users/ads/{orders.last}", timeout: 100ms }
    note:   { get: "users/n/{ads.id | 0}", timeout: 50ms }
"""


def made(steps, more="", pattern="GET /x/{id}"):
    return route(pattern, f"{{ time_limit: 2s, {more} steps: {{ {steps} }} }}")


def profile():
    return made(", ".join(line.strip() for line in STEPS.strip().splitlines()))


def consequences(compiled):
    return dict(failing(compiled))


def test_graph_has_the_steps_with_their_edges_and_the_longest_path():
    graph = graph_of(profile())

    assert [(node.name, node.needs, node.awaits) for node in graph.nodes] == [
        ("user", (), ()),
        ("orders", (), ()),
        ("recs", (0,), ()),
        ("ads", (1,), ()),
        ("note", (), (3,)),
    ]
    assert [node.name for node in graph.nodes if node.critical] == ["user", "recs"]
    assert (graph.name, graph.note) == ("GET /x/{id}", "time limit 2 s")


def test_measured_lengths_take_the_place_of_the_longest():
    graph = graph_of(profile(), [0.01, 0.2, 0.01, 0.1, 0.02])

    assert [node.name for node in graph.nodes if node.critical] == ["orders", "ads", "note"]
    assert graph.nodes[1].note == "200 ms"


def test_best_case_is_one_attempt_after_the_other():
    path, length = best_case(profile())

    assert (path, length) == ([0, 2], pytest.approx(0.7))


def test_each_step_is_called_once_if_all_goes_well_and_again_at_worst():
    assert calls_of(profile()) == (5, 5, 10)


@pytest.mark.parametrize(
    ("step", "calls"),
    [
        ("{ get: users, retry: off }", (1, 1, 1)),
        ("{ get: users, retry: { attempts: 4 }, hedge: on }", (1, 1, 4)),
        ("{ get: users, retry: off, hedge: on }", (1, 1, 2)),
        ("{ get: users, cache: { ttl: 1s } }", (0, 1, 2)),
        ("{ get: users, coalesce: on }", (0, 1, 2)),
        ("{ value: 3 }", (0, 0, 0)),
        ('{ get: "users/{item}", for_each: { of: "{query.id[]}", max_items: 20 }, retry: off }', (0, 1, 20)),
    ],
)
def test_calls_of_one_step(step, calls):
    assert calls_of(made(f"a: {step}", pattern="GET /x")) == calls


def test_what_becomes_of_the_answer_is_told_for_every_step():
    assert consequences(profile()) == {
        "user": "the request fails",
        "orders": "null in its place, degraded; ads is not called",
        "recs": "its fallback stands in",
        "ads": "null in its place, degraded",
        "note": "null in its place, degraded",
    }


def test_step_that_a_required_one_needs_fails_the_request():
    compiled = made('a: { get: users }, b: { get: "users/{a.x}", required: true }', pattern="GET /x")

    assert consequences(compiled)["a"] == "the request fails, because b needs it"


def test_step_that_all_others_need_fails_the_request():
    compiled = made('a: { get: users }, b: { get: "users/{a.x}" }', pattern="GET /x")

    assert consequences(compiled) == {
        "a": "the request fails",
        "b": "null in its place, degraded",
    }


def test_fallbacks_of_steps_that_are_not_called_stand_in():
    compiled = made('a: { get: users }, b: { get: "users/{a.x}", fallback: 1 }', pattern="GET /x")

    assert consequences(compiled)["a"] == "null in its place, degraded; the fallback of b stands in"


def test_copies_stand_in_first():
    cached = "a: { get: users, cache: { ttl: 1s, stale_if_error: 5m }, fallback: 1 }"

    assert consequences(made(cached, pattern="GET /x")) == {
        "a": "a copy of up to 5 min after its time stands in; else its fallback stands in"
    }


def test_merged_parts_are_left_out():
    compiled = made("a: { get: users }, b: { get: users/b }", "merge: { steps: [a, b] },", pattern="GET /x")

    assert consequences(compiled)["a"] == "nothing of it is merged, degraded"


def test_lists_conditions_and_undos_are_told_and_counted():
    steps = (
        "a: { post: users/a, undo: { post: users/undo }, required: true }, "
        'b: { get: "users/{item}", for_each: "{a.list}", retry: off }, '
        'c: { get: users/c, when: "{a.x} == 1", retry: off, required: true }'
    )
    compiled = made(steps, pattern="POST /x")

    assert consequences(compiled) == {
        "a": "the request fails",
        "b": "an item that fails is null; if all do, null in its place, degraded",
        "c": "the request fails; what a did is undone",
    }
    assert calls_of(compiled) == (1, 3, 2 + 1 + 100 + 1)

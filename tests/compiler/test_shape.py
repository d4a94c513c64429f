"""Shapes from configurations: order, places of faults, what explain says, and that both ends are shaped."""

import msgspec
import pytest

from gateway.outcome import Cause, Failure
from tests.support.compiled import messages, route
from tests.support.shapes import shape_of, template_of
from tests.support.templates import scope


def test_keys_are_done_in_their_fixed_order():
    body = b'{"data":{"items":[{"id":1,"n":2,"x":0},{"id":2,"n":3,"x":0},{"id":3,"n":1,"x":0}]}}'
    keys = {
        "wrap": "best",
        "rename": {"*.id": "key"},
        "pick": ["*.id"],
        "limit": 2,
        "sort": "-n",
        "unwrap": "data.items",
    }

    assert shape_of(**keys)(body) == b'{"best":[{"key":2},{"key":1}]}'


def test_items_of_shape_are_done_one_after_the_other():
    stages = [{"rename": {"a": "b"}}, {"pick": ["b"]}, {"rename": {"b": "c"}}, {"wrap": "x"}, {"pick": "x"}]

    assert shape_of(shape=stages)(b'{"a":1,"z":2}') == b'{"x":{"c":1}}'


def test_select_comes_first_and_what_it_finds_is_shaped_on():
    assert shape_of(select="items[*].{id: id}", limit=1, wrap="x")(b'{"items":[{"id":1},{"id":2}]}') == (
        b'{"x":[{"id":1}]}'
    )


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"pick": ["id", "a.*.b"], "wrap": "x"}, "pick id, a.*.b; wrap x"),
        ({"sort": "-n", "limit": 3}, "sort -n; limit 3"),
        ({"sort": {"items": ["a", "-b"]}}, "sort items: a, -b"),
        ({"rename": {"a": "b", "c": "d"}, "set": {"v": [1, "x"]}}, 'rename a: b, c: d; set v: [1,"x"]'),
        (
            {"join": {"orders": {"lookup": "users", "on": {"user_id": "id"}, "into": "user", "many": True}}},
            "join orders: all of users with user_id = id as user",
        ),
        ({"select": "a.b"}, "select a.b"),
    ],
)
def test_explain_says_what_is_done(keys, words):
    assert template_of(**keys).words == [words]


def test_nothing_written_is_no_shape():
    template = template_of()

    assert template.compiled() is None
    assert template.of_step() is None
    assert template.words == []


def test_answer_of_a_route_is_shaped_after_it_is_put_together():
    merge = route(
        "GET /x", "{ steps: { a: { get: users }, b: { get: users } }, omit: a.x, rename: { b: c } }"
    ).plan.merge

    assert merge(scope((), (b'{"x":1,"y":2}', b"7"))) == b'{"a":{"y":2},"c":7}'


def test_answer_that_its_shape_does_not_fit_is_unreadable():
    merge = route("GET /x", "{ steps: { a: { get: users } }, unwrap: a, pick: id }").plan.merge
    failure = merge(scope((), (b"[1]",)))

    assert isinstance(failure, Failure)
    assert failure.cause is Cause.UNREADABLE


def test_failure_of_a_merge_is_not_shaped():
    settings = "{ steps: { a: { get: users }, b: { get: users } }, merge: { steps: [a, b] }, pick: x }"
    merge = route("GET /x", settings).plan.merge

    assert isinstance(merge(scope((), (b'{"x":1}', b'{"x":2}'))), Failure)
    assert merge(scope((), (b'{"x":1}', b'{"y":2}'))) == b'{"x":1}'


def test_text_of_the_environment_is_a_constant_but_never_a_path():
    upstreams = "upstreams: { users: { url: http://a } }\n"

    def told(keys, **environ):
        return messages(
            f"{upstreams}routes:\n  GET /x: {{ steps: {{ a: {{ get: users, {keys} }} }} }}\n", **environ
        )

    assert told('set: { region: "${REGION} {{x}}" }', REGION="eu{1}") == []
    assert told('pick: "${REGION}"', REGION="a") == [
        "a variable cannot stand in what says how a document is shaped"
    ]


def test_constants_with_braces_are_written_as_in_templates():
    assert msgspec.json.decode(shape_of(set={"a": "{{x}}", "b": ["{{"]})(b"{}")) == {"a": "{x}", "b": ["{"]}


def test_reference_within_a_constant_is_told_at_its_place():
    fault = template_of(set={"a": {"b": ["x", "{query.q}"]}}).faults[0]

    assert (fault.path, fault.message) == (("set", "a", "b", 1), "a constant is text without references")


def test_openapi_says_nothing_of_a_shaped_answer():
    from gateway.compiler.describe import describe

    shaped = route("GET /x", "{ steps: { a: { get: users } }, pick: a }")

    assert describe(shaped).response == {}

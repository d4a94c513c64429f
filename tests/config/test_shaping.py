import pytest

from gateway.config import load_text
from gateway.config.shaping import KEYS, ShapeSpec, written_in
from tests.config.sample import faults_of, with_route, with_step


def step(keys):
    steps = f"{{ a: {{ get: users, {keys} }} }}"
    text = f"upstreams: {{ users: {{ url: http://a }} }}\nroutes: {{ GET /x: {{ steps: {steps} }} }}"
    return load_text(text, {}).config.routes["GET /x"].steps["a"]


def test_one_text_is_a_list_of_one():
    spec = step("pick: id, omit: [a, b], flatten: items")

    assert (spec.pick, spec.omit, spec.flatten) == (("id",), ("a", "b"), ("items",))


def test_plain_value_is_for_the_whole_document():
    spec = step("sort: [-n, id], limit: 3, group: status")

    assert (spec.sort, spec.limit, spec.group) == ({"@": ("-n", "id")}, {"@": 3}, {"@": "status"})


def test_mapping_is_by_paths():
    spec = step("sort: { items: n }, limit: { items: 3 }")

    assert (spec.sort, spec.limit) == ({"items": ("n",)}, {"items": 3})


def test_keys_are_done_in_the_order_of_the_model_whatever_order_they_are_written_in():
    spec = step("wrap: x, rename: { a: b }, pick: a, select: s")

    assert written_in(spec) == ["select", "pick", "rename", "wrap"]
    assert (
        *("select", "unwrap", "flatten", "join", "sort", "limit", "pick", "omit"),
        *("move", "append", "rename", "set", "group", "wrap"),
    ) == KEYS


def test_stages_are_the_items_of_shape_or_the_keys_themselves():
    assert [path for path, _ in step("pick: a").stages] == [()]
    assert [path for path, _ in step("shape: [{ pick: a }, { wrap: b }]").stages] == [
        ("shape", 0),
        ("shape", 1),
    ]
    assert list(step("required: true").stages) == []


def test_null_is_a_constant_like_any_other():
    assert step("set: { a: null, b: [1] }").set == {"a": None, "b": [1]}


def test_shape_that_says_nothing_is_written_nowhere():
    assert written_in(ShapeSpec()) == []


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("pick: []", "pick: an empty list says nothing"),
        ("rename: {}", "rename: an empty mapping says nothing"),
        ("limit: 0", "limit: `0` is not between 1 and 1000000"),
        ("limit: many", "limit: `many` is not a whole number"),
        ("pick: 3", "`pick` must be a list"),
        ("shape: { pick: a }", "`shape` must be a list"),
        ("pick: a, shape: [{ omit: b }]", "`pick` stands beside `shape`"),
        ("when: 3", "when: `3` is not text"),
    ],
)
def test_faults_are_told_in_plain_words(keys, message):
    assert faults_of(with_step, f"{{ get: users, {keys} }}") == [message]


@pytest.mark.parametrize(
    "keys",
    [
        "wrap: degraded",
        "wrap: degraded.x",
        "rename: { a: degraded }",
        "set: { degraded: 1 }",
        "set: { degraded.x: 1 }",
        "move: { a.b: degraded }",
        "append: { a: degraded.list }",
        "shape: [{ pick: a }, { wrap: degraded }]",
    ],
)
def test_answer_gets_no_member_of_the_gateways_own_name(keys):
    assert faults_of(with_route, keys) == ["the gateway itself writes a key `degraded` into answers"]
    assert faults_of(with_route, f"{keys}\n    degraded: header") == []


@pytest.mark.parametrize(
    "keys", ["wrap: x.degraded", "rename: { a.b: degraded }", "omit: degraded", "pick: degraded"]
)
def test_the_same_name_further_in_is_anybodys(keys):
    assert faults_of(with_route, keys) == []


def test_route_has_the_same_keys():
    assert faults_of(with_route, "pick: [a]\n    limit: { a: 2 }") == []
    assert faults_of(with_route, "pick: [a]\n    shape: [{ wrap: x }]") == ["`pick` stands beside `shape`"]

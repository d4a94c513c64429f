"""The answer's body: spliced, merged, and marked as degraded."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.outcome import Cause, Failure, Success
from gateway.plan.merge import merging, splicing, with_degraded
from tests.support.templates import DOWN, scope

OBJECTS = st.dictionaries(
    st.sampled_from("abc"),
    st.integers(0, 3) | st.dictionaries(st.sampled_from("ab"), st.integers(0, 2), max_size=2),
    max_size=3,
)


def merge(*bodies, on_conflict="error", deep=False):
    steps = [(f"s{index}", index) for index in range(len(bodies))]
    return merging(steps, on_conflict, deep=deep)(scope(outcomes=bodies))


def failed(result):
    assert isinstance(result, Failure)
    assert result.cause is Cause.UNREADABLE
    return result.detail


def test_places_are_filled_by_bodies_and_reads():
    splice = splicing([b"[", b"", b",", b"", b"]"], [(1, 0)], [(3, lambda inputs, _: inputs[0])])
    assert splice([b"1"], [Success(b'{"a": 1.50}')]) == b'[{"a": 1.50},1]'


@pytest.mark.parametrize("outcome", [DOWN, None])
def test_place_without_a_value_is_null(outcome):
    splice = splicing([b"[", b"", b",", b"", b"]"], [(1, 0)], [(3, lambda *_: DOWN)])
    assert splice([], [outcome]) == b"[null,null]"


def test_objects_are_merged_in_order_with_their_bytes():
    assert merge(b'{"b": 1.50}', b'{"a": {"x": 1e3} }') == b'{"b":1.50,"a":{"x": 1e3}}'


def test_steps_without_an_object_to_add_add_nothing():
    assert merge(DOWN, b"null", b" null\n", b'{"a":1}', b"{}") == b'{"a":1}'
    assert merge(DOWN, b"null") == b"{}"


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"'])
def test_body_that_is_no_object_cannot_be_merged(body):
    for on_conflict in ("error", "first", "last"):
        assert failed(merge(b"{}", body, on_conflict=on_conflict)) == "s1 is no object and cannot be merged"


def test_conflict_is_decided_as_written():
    bodies = (b'{"a":1,"b":1}', b'{"a":2}', b'{"a":3,"c":1}')
    assert merge(*bodies, on_conflict="first") == b'{"a":1,"b":1,"c":1}'
    assert merge(*bodies, on_conflict="last") == b'{"a":3,"b":1,"c":1}'
    assert failed(merge(*bodies)) == "s1 has another 'a' than a step before it"


def test_same_bytes_are_no_conflict():
    assert merge(b'{"id":7}', b'{"id":7}') == b'{"id":7}'
    assert failed(merge(b'{"id":7}', b'{"id":7.0}'))


def test_objects_that_meet_conflict_unless_merged_deep():
    bodies = (b'{"a":{"x":1}}', b'{"a":{"y":2.0}}')
    assert failed(merge(*bodies))
    assert merge(*bodies, on_conflict="last") == b'{"a":{"y":2.0}}'
    assert merge(*bodies, deep=True) == b'{"a":{"x":1,"y":2.0}}'


def test_deep_conflict_is_named_by_its_path():
    assert failed(merge(b'{"a":{"x":1}}', b'{"a":{"x":2}}', deep=True)).startswith("s1 has another 'a.x'")
    assert merge(b'{"a":{"x":1}}', b'{"a":{"x":2}}', deep=True, on_conflict="first") == b'{"a":{"x":1}}'


def test_object_meeting_something_else_is_a_conflict():
    assert failed(merge(b'{"a":{}}', b'{"a":1}', deep=True))
    assert merge(b'{"a":{"x":1}}', b'{"a":{"y":1}}', b'{"a":1}', deep=True, on_conflict="last") == b'{"a":1}'
    assert failed(merge(b'{"a":{"x":1}}', b'{"a":{"y":1}}', b'{"a":1}', deep=True))


@pytest.mark.parametrize("depth", [10, *range(500, 1100, 10), 100_000])
def test_too_deep_to_merge_is_a_failure_and_no_bug(depth):
    body = b'{"a":' * depth + b"{}" + b"}" * depth
    result = merge(body, body.replace(b"{}", b'{"x":1}'), deep=True)
    assert isinstance(result, Failure) or (depth < 1000 and result == body.replace(b"{}", b'{"x":1}'))


def merged_by_decoding(objects, on_conflict, *, deep):
    merged = {}
    for one in objects:
        for key, value in one.items():
            if deep and isinstance(value, dict) and isinstance(merged.get(key), dict):
                merged[key] = merged_by_decoding([merged[key], value], on_conflict, deep=True)
            elif key not in merged or on_conflict == "last":
                merged[key] = value
    return merged


@given(st.lists(OBJECTS, max_size=4), st.sampled_from(["first", "last"]), st.booleans())
def test_merging_bytes_is_merging_values(objects, on_conflict, deep):
    bodies = [json.dumps(one, separators=(",", ":")).encode() for one in objects]
    rendered = merge(*bodies, on_conflict=on_conflict, deep=deep)
    assert json.loads(rendered) == merged_by_decoding(objects, on_conflict, deep=deep)


def test_same_outcomes_give_the_same_bytes_whatever_ended_first():
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    order = random.Random(seed)
    bodies = [b'{"a":1}', b'{"a":2,"b":1}', b'{"c":1}']
    results = set()
    for _ in range(20):
        outcomes = [None] * 3
        for index in order.sample(range(3), 3):
            outcomes[index] = Success(bodies[index])
        results.add(merging([("a", 0), ("b", 1), ("c", 2)], "last")(scope(outcomes=outcomes)))
    assert results == {b'{"a":2,"b":1,"c":1}'}


DEGRADED = b'{"orders":{"cause":"timeout","served":"stale"}}'
MEMBER = b'"degraded":' + DEGRADED


@pytest.mark.parametrize(
    ("body", "marked"),
    [
        (b'{"a":1.50}', b'{"a":1.50,' + MEMBER + b"}"),
        (b' {"a": {} }\n', b' {"a": {},' + MEMBER + b"}"),
        (b"{}", b"{" + MEMBER + b"}"),
        (b" { \n}", b" {" + MEMBER + b"}"),
        (b'{"a":"}"}', b'{"a":"}",' + MEMBER + b"}"),
        (b'{"a":"degraded"}', b'{"a":"degraded",' + MEMBER + b"}"),
    ],
)
def test_object_gets_a_last_member(body, marked):
    assert with_degraded(body, DEGRADED) == marked


@pytest.mark.parametrize("body", [b"[1]", b'"}"', b"null", b"1", b"[{}]"])
def test_body_that_is_no_object_stays_as_it_is(body):
    assert with_degraded(body, DEGRADED) == body


@pytest.mark.parametrize("key", ["degraded", "degr\\u0061ded"])
def test_member_of_an_upstream_by_that_name_gives_way(key):
    body = ('{"' + key + '":null,"a":2.0}').encode()
    assert with_degraded(body, DEGRADED) == b'{"a":2.0,' + MEMBER + b"}"

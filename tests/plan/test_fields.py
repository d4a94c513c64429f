"""Fields of JSON bytes, with the bytes they were written with."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.plan.fields import is_null, items, members, pick, text_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ((), b'{"a": {"b": [1.50, "x"]}, "n": null, "0": 1}'),
        (("a", "b"), b'[1.50, "x"]'),
        (("a", "b", 0), b"1.50"),
        (("a", "b", 1), b'"x"'),
        (("a", "b", 2), None),
        (("0",), b"1"),
        ((0,), None),
        (("n",), None),
        (("n", "x"), None),
        (("a", "b", "x"), None),
        (("z",), None),
    ],
)
def test_pick(keys, found):
    assert pick(b'{"a": {"b": [1.50, "x"]}, "n": null, "0": 1}', keys) == found


def test_last_of_two_equal_keys_counts():
    assert pick(b'{"a":1,"a":2}', ("a",)) == b"2"


def test_members_and_items_of_something_else_are_none():
    assert members(b"[]") is None
    assert items(b"{}") is None
    assert items(b'"x"') is None


def test_null_may_have_blanks_around_it():
    assert is_null(b"null")
    assert is_null(b" \tnull\r\n")
    assert not is_null(b'"null"')
    assert not is_null(b"0")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b'"a\\u0041\\n"', "aA\n"),
        (b' "x" ', "x"),
        (b"1.50", "1.50"),
        (b" -1e400\n", "-1e400"),
        (b"true", "true"),
        (b"null", None),
        (b" {}", None),
        (b"[1]", None),
    ],
)
def test_text_of(data, text):
    assert text_of(data) == text


def test_field_of_a_body_too_deep_to_look_into_is_absent():
    assert pick(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, ("a",)) is None


@given(VALUES, st.lists(st.sampled_from(["a", "b", "c", 0, 1, 2]), max_size=4), st.integers(0, 3))
def test_pick_finds_what_decoding_finds(value, keys, indent):
    expected = value
    for key in keys:
        if (isinstance(key, str) and isinstance(expected, dict) and key in expected) or (
            isinstance(key, int) and isinstance(expected, list) and key < len(expected)
        ):
            expected = expected[key]
        else:
            expected = None
    found = pick(json.dumps(value, indent=indent).encode(), keys)
    assert (None if found is None else json.loads(found)) == expected

"""Types, their canonical forms, and their forms in JSON."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.values import canonical, checked_json, json_of

UUID = "0f8FAD5B-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    ("type_", "text", "expected"),
    [
        ("int", "0", "0"),
        ("int", "-0", "0"),
        ("int", "7", "7"),
        ("int", "-42", "-42"),
        ("int", "999999999999999999", "999999999999999999"),
        ("int", "1000000000000000000", None),
        ("int", "007", None),
        ("int", "+7", None),
        ("int", "7.0", None),
        ("int", " 7", None),
        ("int", "7\n", None),
        ("int", "٧", None),
        ("int", "", None),
        ("number", "1.50", "1.50"),
        ("number", "-1e400", "-1e400"),
        ("number", ".5", None),
        ("number", "1.", None),
        ("number", "NaN", None),
        ("number", "1\n", None),
        ("bool", "true", "true"),
        ("bool", "false", "false"),
        ("bool", "True", None),
        ("bool", "1", None),
        ("uuid", UUID, UUID.lower()),
        ("uuid", UUID.replace("-", ""), None),
        ("uuid", UUID + "\n", None),
    ],
)
def test_canonical_form(type_, text, expected):
    assert canonical(type_)(text) == expected


@pytest.mark.parametrize("type_", ["str", "path"])
def test_any_text_is_a_str_and_a_path(type_):
    assert canonical(type_) is None


@pytest.mark.parametrize(
    ("type_", "text", "expected"),
    [("int", "7", b"7"), ("number", "1.50", b"1.50"), ("bool", "true", b"true"), ("str", '"', b'"\\""')],
)
def test_form_in_json(type_, text, expected):
    assert json_of(type_)(text) == expected


@pytest.mark.parametrize(
    ("type_", "data", "expected"),
    [
        ("int", b"7", b"7"),
        ("int", b"-0", b"0"),
        ("int", b'"7"', None),
        ("int", b"7.0", None),
        ("int", b"null", None),
        ("int", b"true", None),
        ("number", b"1.50", b"1.50"),
        ("number", b'"1"', None),
        ("bool", b"true", b"true"),
        ("bool", b'"true"', None),
        ("str", b'"\\u0041"', b'"\\u0041"'),
        ("str", b"7", None),
        ("str", b"[]", None),
        ("path", b'"a/b"', b'"a/b"'),
        ("path", b"{}", None),
        ("uuid", b'"' + UUID.encode() + b'"', b'"' + UUID.lower().encode() + b'"'),
        ("uuid", b'"x"', None),
        ("uuid", b"7", None),
    ],
)
def test_json_values_have_types_of_their_own(type_, data, expected):
    assert checked_json(type_)(data) == expected


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_every_int_of_18_digits_is_its_own_canonical_form(number):
    assert canonical("int")(str(number)) == str(number)

"""Path parameters, query, headers and cookies on their way into slots."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.inputs import Input, Violation, Wanted
from gateway.edge.text_parts import cookie_part, header_part, path_part, query_part, takes_json

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)


def run(part, source, *inputs):
    values, faults = [None] * len(inputs), []
    part([Wanted(slot, one) for slot, one in enumerate(inputs)])(source, values, faults)
    return faults or values


def query(text, *names, **flags):
    return run(query_part, text, *(Input("query", (name,), **flags) for name in names))


def test_path_parameters_of_plain_types_are_taken_as_the_route_table_made_them():
    assert run(path_part, {"a": "7", "b": "x"}, Input("path", ("b",)), Input("path", ("a",), "int")) == [
        "x",
        "7",
    ]


def test_path_parameters_that_may_be_any_text_are_checked_for_their_place():
    faults = run(path_part, {"a": "b/c"}, Input("path", ("a",), segment=True))

    assert [fault.parameter for fault in faults] == ["a"]


def test_query_is_decoded():
    assert query(b"a=1+2%2B%C3%A9&b=x=y", "a", "b", "c") == ["1 2+é", "x=y", None]


def test_parameter_without_equals_sign_is_empty():
    assert query(b"a&&b=", "a", "b") == ["", ""]


def test_raw_utf_8_in_a_query_is_taken_as_such():
    assert query("a=é".encode(), "a") == ["é"]


@pytest.mark.parametrize("text", [b"a=%", b"a=%4", b"a=%zz", b"b=%zz&a=1", b"a=%FF", b"a=\xff", b"%C3=1&a=1"])
def test_malformed_query_is_a_fault_whatever_parameter_it_touches(text):
    assert query(text, "a") == [Violation("query", "is not well-formed")]


def test_parameter_given_twice_is_a_fault():
    assert query(b"a=1&a=2", "a") == [Violation("query.a", "is given 2 times")]


def test_parameter_nobody_reads_may_come_twice():
    assert query(b"b=1&b=2&a=3", "a") == ["3"]


def test_list_takes_all_values_in_order():
    assert query(b"a=2&a=1", "a", many=True) == [["2", "1"]]
    assert query(b"", "a", many=True) == [None]


def test_every_value_of_a_list_is_checked():
    assert query(b"a=2&a=x", "a", many=True, type="int") == [Violation("query.a", "is not an int")]


def test_missing_parameter_is_a_fault_only_if_required():
    assert query(b"", "a") == [None]
    assert query(b"", "a", required=True) == [Violation("query.a", "is missing")]


@given(st.dictionaries(NAMES, st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=4))
def test_any_encoded_query_reads_back(pairs):
    assert query(urlencode(pairs).encode(), *pairs) == list(pairs.values())


@given(st.binary(max_size=30))
def test_any_bytes_are_a_query_or_a_fault(text):
    result = query(text, "a", many=True)
    assert len(result) == 1


def header(lines, name, **flags):
    return run(header_part, lines, Input("header", (name,), **flags))


def test_header_value_is_trimmed_latin_1():
    assert header([(b"x-a", b" \xe9 b\t")], "x-a") == ["é b"]


def test_header_on_several_lines_is_one_value():
    assert header([(b"x-a", b"1"), (b"x-b", b"0"), (b"x-a", b"2")], "x-a") == ["1, 2"]


def test_list_of_a_header_is_its_lines():
    assert header([(b"x-a", b"1"), (b"x-a", b"2")], "x-a", many=True) == [["1", "2"]]


def test_absent_header_is_missing():
    assert header([(b"x-b", b"1")], "x-a") == [None]
    assert header([], "x-a", required=True) == [Violation("header.x-a", "is missing")]


def cookie(lines, name, **flags):
    return run(cookie_part, [(b"cookie", line) for line in lines], Input("cookie", (name,), **flags))


def test_cookie_is_taken_as_sent():
    assert cookie([b'a=1; sid="x=%20"; b=2'], "sid") == ['"x=%20"']


def test_cookies_may_be_split_over_lines():
    assert cookie([b"a=1", b"sid=2"], "sid") == ["2"]


def test_first_of_two_cookies_counts():
    assert cookie([b"sid=1; sid=2"], "sid") == ["1"]
    assert cookie([b"sid=1; sid=2"], "sid", many=True) == [["1", "2"]]


def test_cookie_names_keep_their_case():
    assert cookie([b"SID=1; sid"], "sid") == [None]


@pytest.mark.parametrize(
    "declared",
    [b"application/json", b"Application/JSON ; charset=UTF-8", b'application/json;charset="utf-8"'],
)
def test_declared_json_is_taken(declared):
    assert takes_json([(b"accept", b"*/*"), (b"content-type", declared)])


@pytest.mark.parametrize(
    "declared", [b"text/json", b"application/json5", b"application/json; charset=latin-1", b""]
)
def test_anything_else_is_not_json(declared):
    assert not takes_json([(b"content-type", declared)])


def test_no_content_type_and_two_of_them_are_not_json():
    assert not takes_json([])
    assert not takes_json([(b"content-type", b"application/json")] * 2)


def test_list_that_each_item_is_called_for_is_bounded():
    assert query(b"a=2&a=1", "a", many=True, most=2) == [["2", "1"]]
    assert query(b"a=2&a=1&a=3", "a", many=True, most=2) == [Violation("query.a", "has more than 2 items")]

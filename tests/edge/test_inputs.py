"""What an input is called, what is checked of one text, and how a fault reads."""

import pytest

from gateway.edge.inputs import Input, InputFault, Violation, Wanted


def check(text, **flags):
    return Wanted(0, Input("query", ("a",), **flags)).check(text)


def test_input_is_called_as_templates_write_it():
    assert Input("query", ("id",)).name == "query.id"
    assert Input("header", ("x-tenant",)).name == "header.x-tenant"
    assert Input("body", ("items", 0, "id")).name == "body.items[0].id"
    assert Input("body").name == "body"


def test_path_parameter_is_called_by_its_bare_name():
    assert Input("path", ("user_id",)).name == "user_id"


def test_typed_text_becomes_canonical():
    assert check("-0", type="int") == "0"


def test_text_of_another_type_is_a_violation():
    assert check("x", type="int") == Violation("query.a", "is not an int")
    assert check("x", type="uuid") == Violation("query.a", "is not a uuid")
    assert check("x", type="number") == Violation("query.a", "is not a number")


@pytest.mark.parametrize(
    ("flag", "text", "message"),
    [
        ("segment", "a/b", "holds a slash"),
        ("segment", "", "is empty"),
        ("segments", "a//b", "has an empty segment"),
        ("segments", "..", "has a segment of dots"),
        ("header_safe", "a\r\nb", "holds a control character"),
        ("header_safe", "日", "holds a character that no header can carry"),
    ],
)
def test_text_must_fit_where_templates_put_it(flag, text, message):
    assert check(text) == text
    assert check(text, **{flag: True}) == Violation("query.a", message)


def test_number_may_still_be_refused_nowhere():
    assert check("1.5e+3", type="number", segment=True, header_safe=True) == "1.5e+3"


def test_fault_lists_all_violations_and_is_a_bad_request():
    fault = InputFault([Violation("query.a", "is missing"), Violation("user_id", "is not an int")])
    assert fault.status == 400
    assert str(fault) == "query.a is missing; user_id is not an int"

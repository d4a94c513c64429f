"""One reference at a time: its value as JSON, as text, as a list, and what stands in for it."""

import pytest

from gateway.compiler.names import Where
from gateway.compiler.reads import json_read, list_read, text_read
from gateway.outcome import Cause, Failure
from tests.support.templates import DOWN, names, read, scope

USER = (
    b'{"name": "Ada\\u0021", "age": 36.0, "on": true, "none": null, "tags": ["a", 1], '
    b'"deep": {"x": [{"y": 2}]}}'
)


def reading(kind, text, outcomes=(USER,), *, params=None, **client):
    known = names(params)
    (use,) = known.read(text, Where.STEP)
    inside = scope(read(known, **client), outcomes)
    return kind(use)(inside.inputs, inside.outcomes)


def skipped(result):
    assert isinstance(result, Failure)
    assert result.cause is Cause.SKIPPED
    return result


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{user.name}", b'"Ada\\u0021"'),
        ("{user.age}", b"36.0"),
        ("{user.tags}", b'["a", 1]'),
        ("{user.tags[1]}", b"1"),
        ("{user.deep.x[0].y}", b"2"),
        ("{user}", USER),
        ("{user.none}", None),
        ("{user.absent}", None),
        ("{user.name.x}", None),
        ("{user[0]}", None),
    ],
)
def test_fields_of_a_step_come_as_they_were_written(text, found):
    assert reading(json_read, text) == found


def test_element_of_a_body_that_is_an_array():
    assert reading(json_read, "{user[1]}", [b"[1,2]"]) == b"2"


@pytest.mark.parametrize("text", ["{user}", "{user.a}", "{user[0]}"])
def test_step_that_did_not_answer_skips_and_is_named_as_the_need(text):
    result = skipped(reading(json_read, text, [DOWN]))
    assert result.need is DOWN
    assert result.detail == "needs user"


def test_body_null_has_neither_value_nor_fields():
    assert reading(json_read, "{user}", [b" null"]) is None
    assert reading(json_read, "{user.a}", [b"null"]) is None


@pytest.mark.parametrize(
    "text", ["{user.none | 1}", "{user.absent | 1}", "{user.name:int | 1}", "{user.tags[9] | 1}"]
)
def test_default_takes_the_place_of_what_is_missing_or_unfit(text):
    assert reading(json_read, text) == b"1"


def test_default_takes_the_place_of_a_step_that_did_not_answer():
    assert reading(json_read, "{user.a | []}", [DOWN]) == b"[]"
    assert reading(text_read, "{user.a | 'x'}", [DOWN]) == "x"
    assert reading(list_read, "{user.a[] | []}", [DOWN]) is None


def test_default_is_not_used_without_need():
    assert reading(json_read, "{user.age | 1}") == b"36.0"
    assert reading(text_read, "{user.name | 'x'}") == "Ada!"


@pytest.mark.parametrize(
    ("text", "found"),
    [("{user.name:str}", b'"Ada\\u0021"'), ("{user.age:number}", b"36.0"), ("{user.on:bool}", b"true")],
)
def test_type_of_a_field_is_asserted(text, found):
    assert reading(json_read, text) == found


@pytest.mark.parametrize("text", ["{user.age:int}", "{user.name:int}", "{user.age:str}", "{user.tags:str}"])
def test_field_of_another_type_skips(text):
    assert "not of the kind" in skipped(reading(json_read, text)).detail


def test_list_of_a_step_is_an_array():
    assert reading(json_read, "{user.tags[]}") == b'["a", 1]'
    assert reading(json_read, "{user.ids[]:int}", [b'{"ids":[1, 2]}']) == b"[1,2]"
    skipped(reading(json_read, "{user.name[]}"))
    skipped(reading(json_read, "{user.tags[]:int}"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{user.name}", "Ada!"),
        ("{user.age}", "36.0"),
        ("{user.on}", "true"),
        ("{user.none}", None),
        ("{user.x}", None),
    ],
)
def test_text_of_a_field(text, found):
    assert reading(text_read, text) == found


@pytest.mark.parametrize("text", ["{user}", "{user.tags}", "{user.deep}"])
def test_object_or_array_has_no_text(text):
    assert "not a text" in skipped(reading(text_read, text)).detail


def test_list_of_texts():
    assert reading(list_read, "{user.tags[]}") == ["a", "1"]
    assert reading(list_read, "{user.absent[]}") is None
    assert reading(list_read, "{query.a[]}", query=b"a=1&a=2") == ["1", "2"]
    assert reading(list_read, "{body.a[]}", body=b'{"a":["x",2]}') == ["x", "2"]
    assert reading(list_read, "{body.a[]}", body=b'{"a":null}') is None
    assert "more than texts" in skipped(reading(list_read, "{user.deep.x[]}")).detail


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("{query.a}", b"a=7", b'"7"'),
        ("{query.a:int}", b"a=7", b"7"),
        ("{query.a:number}", b"a=1.50", b"1.50"),
        ("{query.a:bool}", b"a=true", b"true"),
        ("{query.a}", b"a=%22%00", b'"\\"\\u0000"'),
        ("{query.a[]:int}", b"a=1&a=2", b"[1,2]"),
        ("{query.a[]}", b"a=1", b'["1"]'),
        ("{query.a}", b"", None),
        ("{query.a[]}", b"", None),
        ("{query.a[] | []}", b"", b"[]"),
        ("{query.a | null}", b"", b"null"),
    ],
)
def test_request_part_as_json_has_its_type(text, query, found):
    assert reading(json_read, text, query=query) == found


def test_path_parameter_has_the_type_of_the_route():
    assert reading(json_read, "{id}", params={"id": "int"}, path={"id": "7"}) == b"7"
    assert reading(json_read, "{id}", params={"id": "str"}, path={"id": "7"}) == b'"7"'


def test_null_of_a_client_is_a_value_unless_there_is_a_default():
    assert reading(json_read, "{body.a}", body=b'{"a":null}') == b"null"
    assert reading(json_read, "{body.a | 1}", body=b'{"a":null}') == b"1"
    assert reading(text_read, "{body.a}", body=b'{"a":null}') is None
    assert reading(text_read, "{body.a}", body=b'{"a":"x"}') == "x"

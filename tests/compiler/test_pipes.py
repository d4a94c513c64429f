"""Functions in references: which may stand where, with which arguments, and what comes of values."""

import pytest

from gateway.compiler.names import Where
from gateway.compiler.references import TemplateFault, parse_template
from gateway.edge.inputs import InputFault
from gateway.outcome import Cause, Failure
from tests.support.templates import DOWN, names, prepared


def fault_of(text):
    with pytest.raises(TemplateFault) as caught:
        parse_template(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{x | lower(1)}", "`lower` takes no arguments, not 1"),
        ("{x | split}", "`split` takes 1 argument, not 0"),
        ("{x | split(1)}", "`split` takes a text in quotes"),
        ("{x | slice('a')}", "`slice` takes a whole number"),
        ("{x | slice(1, 2, 3)}", "`slice` takes 1 to 2 arguments, not 3"),
        ("{x | slice(1 2)}", "expected `,` or `)` after an argument"),
        ("{x | slice(y)}", "expected an argument"),
        ("{x | slice(1}", "expected `,` or `)` after an argument"),
        ("{x[] | lower}", "`lower` takes one text, and this is a list"),
        ("{x | lower | join}", "`join` takes a list, and this is a text"),
        ("{x | [] | lower}", "the default is an object or array, not a text"),
        ("{x | 'a' | number}", "the default is not a number"),
    ],
)
def test_function_that_does_not_fit_is_a_fault(text, message):
    assert fault_of(text).message == message


def test_functions_write_into_paths_queries_headers_and_bodies():
    request = prepared(
        "u/{query.a | lower}",
        client={"query": b"a=A&t=x&t=y"},
        query=[("n", "{user.name | trim | upper}"), ("all", "{query.t[] | join('|')}")],
        headers={"x-digest": "{query.a | sha256 | slice(0, 8)}"},
        content=("json", {"n": "{user.tags | length}", "t": "{user.name | base64}!"}),
        outcomes=[b'{"name":" ada ","tags":["a","b"]}', b"{}"],
    )

    assert request.target == b"/u/a?n=ADA&all=x%7Cy"
    assert b"x-digest: 559aead0\r\n" in request.headers
    assert request.body == b'{"n":2,"t":"IGFkYSA=!"}'


def test_split_makes_a_list_that_repeats_its_parameter():
    request = prepared("u", client={"query": b"ids=1,2"}, query=[("id", "{query.ids | split(',')}")])

    assert request.target == b"/u?id=1&id=2"


def test_default_before_split_is_a_list_too():
    query = [("id", "{query.ids | '7,8' | split(',')}"), ("tag", "{query.tags | split(',') | []}")]

    assert prepared("u", query=query).target == b"/u?id=7&id=8"
    assert prepared("u", query=query, client={"query": b"ids=1&tags=a"}).target == b"/u?id=1&tag=a"


def test_default_that_a_function_finds_nothing_in_is_none():
    assert parse_template("{x | [] | first}").whole.default.json == b"null"


def test_default_of_a_list_is_no_text():
    with pytest.raises(TemplateFault, match="default of a list"):
        names().read("{query.ids | split(',') | 'x'}", Where.STEP)


def test_missing_request_part_is_told_before_any_function_sees_it():
    with pytest.raises(InputFault) as refused:
        prepared("u/{query.a | lower}")

    assert str(refused.value) == "query.a is missing"


def test_default_stands_in_for_what_is_missing_and_for_what_does_not_fit():
    path = "u/{user.name | upper | 'Nobody'}"

    assert prepared(path, outcomes=[b"{}", b"{}"]).target == b"/u/Nobody"
    assert prepared(path, outcomes=[b'{"name":[1]}', b"{}"]).target == b"/u/Nobody"
    assert prepared(path, outcomes=[DOWN, b"{}"]).target == b"/u/Nobody"
    assert prepared(path, outcomes=[b'{"name":"a"}', b"{}"]).target == b"/u/A"


def test_value_that_does_not_fit_a_function_skips_the_step():
    outcome = prepared("u/{user.name | upper}", outcomes=[b'{"name":[1]}', b"{}"])

    assert isinstance(outcome, Failure)
    assert (outcome.cause, outcome.detail) == (
        Cause.SKIPPED,
        "{user.name} is an object or array, not a text",
    )


@pytest.mark.parametrize("sent", [b"Li4=", b"YS9i", b"Lg==", b"AA=="])
def test_what_a_function_makes_of_a_request_part_cannot_leave_its_segment(sent):
    outcome = prepared("u/{query.a | unbase64}", client={"query": b"a=" + sent})

    assert isinstance(outcome, Failure)
    assert outcome.cause is Cause.SKIPPED


def test_what_a_function_makes_cannot_add_a_header_line():
    outcome = prepared("u", client={"query": b"a=YQ0KYjogYw=="}, headers={"x-a": "{query.a | unbase64}"})

    assert isinstance(outcome, Failure)


def test_body_of_text_functions_is_text_and_of_others_json():
    for body, kind in (("{body.a | upper}", b"text/plain"), ("{body.a | split(',')}", b"application/json")):
        request = prepared("u", client={"body": b'{"a":"x,y"}'}, content=("body", body))

        assert kind in request.headers

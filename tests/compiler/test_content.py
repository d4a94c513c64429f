"""What a step sends as its body, and how it says what that is."""

import pytest

from gateway.compiler.content import ContentTemplate
from gateway.edge.inputs import InputFault
from gateway.outcome import Cause
from tests.support.templates import DOWN, names, prepared

JSON = b"content-type: application/json\r\n"
FORM = b"content-type: application/x-www-form-urlencoded\r\n"
TEXT = b"content-type: text/plain; charset=utf-8\r\n"


def sent(kind, value, **more):
    request = prepared("x", content=(kind, value), **more)
    return request.headers, request.body


def outcome(kind, value, **more):
    return prepared("x", content=(kind, value), **more)


def faults(kind, value):
    return ContentTemplate(names(), kind, value).faults


def test_call_without_content_has_neither_body_nor_content_type():
    request = prepared("x")
    assert (request.headers, request.body) == (b"", b"")


def test_json_is_sent_as_json():
    assert sent("json", {"a": ["{query.a}", 1]}, client={"query": b"a=x"}) == (JSON, b'{"a":["x",1]}')


def test_author_may_name_another_content_type():
    headers, _ = sent("json", {}, headers={"Content-Type": "application/merge-patch+json"})
    assert headers == b"content-type: application/merge-patch+json\r\n"


def test_form_is_encoded_and_leaves_gaps_out():
    form = {"a": "{query.a}", "b": "x {query.b}&", "c": "{query.c}"}
    assert sent("form", form, client={"query": b"b=%3D&c=1"}) == (FORM, b"b=x%20%3D%26&c=1")
    assert sent("form", {"a": "{query.a}"}) == (FORM, b"")


def test_form_skips_with_its_step():
    assert outcome("form", {"a": "{user.a}"}, outcomes=[DOWN]).need is DOWN


def test_body_may_be_text():
    assert sent("body", "a{{é}}\n") == (TEXT, "a{é}\n".encode())


def test_body_of_the_client_is_passed_on_as_it_came():
    assert sent("body", "{body}", client={"body": b' {"a": 1.50} '}) == (JSON, b' {"a": 1.50} ')


def test_field_of_a_step_is_sent_as_json():
    assert sent("body", "{user.a}", outcomes=[b'{"a":"x"}']) == (JSON, b'"x"')
    assert sent("body", "{user.a}", outcomes=[b"{}"]) == (JSON, b"null")
    assert outcome("body", "{user.a}", outcomes=[DOWN]).cause is Cause.SKIPPED


def test_text_of_a_request_is_sent_as_text():
    assert sent("body", "{query.a}", client={"query": b"a=%C3%A9%0A"}) == (TEXT, "é\n".encode())


@pytest.mark.parametrize("kind", ["json", "body"])
@pytest.mark.parametrize("text", ["{body}", "{body.a}", "{query.a}"])
def test_request_part_that_is_the_whole_body_is_required(kind, text):
    with pytest.raises(InputFault, match="missing"):
        outcome(kind, text)


def test_default_fills_the_whole_body():
    assert sent("json", "{body | {}}") == (JSON, b"{}")
    assert sent("body", "{body | {}}") == (JSON, b"{}")
    assert sent("body", "{query.a | 'x'}") == (TEXT, b"x")


@pytest.mark.parametrize("text", ["a{query.a}", "{query.a}{query.b}", "{query.a[]}", "{nobody}", "}"])
def test_body_is_one_reference_or_plain_text(text):
    (fault,) = faults("body", text)
    assert fault.path == ("body",)


def test_faults_inside_json_and_form_are_found_by_their_path():
    assert [fault.path for fault in faults("json", {"a": [1, "{x}"], "b": "{"})] == [
        ("json", "a", 1),
        ("json", "b"),
    ]
    assert [fault.path for fault in faults("form", {"a": "{query.id[]}"})] == [("form", "a")]

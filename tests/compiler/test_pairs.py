"""Query pairs: encoding, gaps, lists."""

import pytest

from gateway.compiler.pairs import PairsTemplate
from gateway.edge.inputs import InputFault
from gateway.outcome import Cause, Failure
from tests.support.templates import DOWN, names, prepared


def query(*pairs, **more):
    request = prepared("x", query=pairs, **more)
    return request if isinstance(request, Failure) else request.target.decode().removeprefix("/x")


def faults(*pairs, lists=True):
    return PairsTemplate(names(), pairs, "query", lists=lists).faults


def test_no_pairs_no_question_mark():
    assert query() == ""


def test_names_and_texts_are_encoded():
    assert query(("a b", "c&d=é"), ("e", "")) == "?a%20b=c%26d%3D%C3%A9&e="


def test_braces_in_a_name_come_doubled_like_everywhere():
    assert query(("a{{}}", "1")) == "?a%7B%7D=1"
    assert faults(("a{query.b}", "1"))


def test_values_are_encoded():
    assert query(("a", "x{query.q}y"), client={"query": b"q=%26b%3D1%23%00"}) == "?a=x%26b%3D1%23%00y"


def test_same_name_may_repeat():
    assert query(("a", "1"), ("a", "2")) == "?a=1&a=2"


@pytest.mark.parametrize(
    ("given", "expected"),
    [(b"", ""), (b"a=1", "?a=1"), (b"b=2", "?b=2"), (b"a=1&b=2", "?a=1&b=2"), (b"a=", "?a=")],
)
def test_pairs_of_missing_request_parts_are_left_out(given, expected):
    assert query(("a", "{query.a}"), ("b", "{query.b}"), client={"query": given}) == expected


@pytest.mark.parametrize(("given", "expected"), [(b"", "?z=1"), (b"a=1", "?z=1&a=1")])
def test_certain_pairs_may_stand_before_optional_ones(given, expected):
    assert query(("z", "1"), ("a", "{query.a}"), client={"query": given}) == expected


def test_optional_pair_before_certain_ones():
    assert query(("a", "{query.a}"), ("z", "1")) == "?z=1"


@pytest.mark.parametrize("body", [b"{}", b'{"x":null}', b"null"])
def test_pair_of_an_absent_field_is_left_out(body):
    assert query(("a", "{user.x}"), ("z", "1"), outcomes=[body]) == "?z=1"


def test_step_that_did_not_answer_skips():
    assert query(("a", "{user.x}"), outcomes=[DOWN]).need is DOWN
    assert query(("z", "1"), ("a", "{user.x}"), outcomes=[DOWN]).need is DOWN


@pytest.mark.parametrize("value", [b"{}", b"[]"])
def test_object_or_array_skips(value):
    assert query(("a", "{user.x}"), outcomes=[b'{"x":' + value + b"}"]).cause is Cause.SKIPPED


def test_object_of_a_client_is_a_bad_request():
    with pytest.raises(InputFault, match=r"body\.x"):
        query(("a", "{body.x}"), client={"body": b'{"x":{}}'})


def test_default_fills_the_pair():
    assert query(("a", "{query.a | 'x y'}"), ("b", "{user.x | 5}"), outcomes=[DOWN]) == "?a=x%20y&b=5"


def test_default_null_leaves_the_pair_out():
    assert query(("a", "{user.x | null}"), outcomes=[DOWN]) == ""


def test_gap_inside_longer_text_is_a_bad_request_or_skips():
    with pytest.raises(InputFault, match=r"query\.a is missing"):
        query(("a", "x{query.a}"))
    assert query(("a", "x{user.x}"), outcomes=[b"{}"]).cause is Cause.SKIPPED


def test_part_needed_elsewhere_is_certain_here():
    assert query(("a", "{query.a}"), ("b", "-{query.a}"), client={"query": b"a=1"}) == "?a=1&b=-1"


@pytest.mark.parametrize(
    ("given", "expected"), [(b"", ""), (b"id=1", "?id=1"), (b"id=1&id=a%26", "?id=1&id=a%26")]
)
def test_list_repeats_its_pair(given, expected):
    assert query(("id", "{query.id[]}"), client={"query": given}) == expected


def test_list_of_a_step_repeats_its_pair():
    assert query(("id", "{user.ids[]}"), outcomes=[b'{"ids":[1,"a b"]}']) == "?id=1&id=a%20b"
    assert query(("id", "{user.ids[]}"), outcomes=[b'{"ids":[{}]}']).cause is Cause.SKIPPED
    assert query(("id", "{user.ids[] | []}"), outcomes=[DOWN]) == ""


def test_list_of_objects_of_a_client_is_a_bad_request():
    with pytest.raises(InputFault):
        query(("id", "{body.ids[]}"), client={"body": b'{"ids":[{}]}'})


def test_list_inside_longer_text_or_in_a_form_is_a_fault():
    assert faults(("a", "x{query.id[]}"))
    assert faults(("a", "{query.id[]}"), lists=False)


def test_fault_names_its_pair():
    (fault,) = faults(("a", "1"), ("b", "{nobody}"))
    assert fault.path == ("query", "b")
    assert fault.offset == 1

"""JSON templates: types, the table of missing values, and a naive decoding renderer as oracle."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.compiler.names import Where
from gateway.compiler.reads import skipped
from gateway.compiler.render_json import JsonTemplate
from gateway.edge.inputs import InputFault
from gateway.outcome import Cause, Failure
from tests.support.templates import DOWN, names, read, scope


def in_step(value, outcomes=(), *, params=None, **client):
    known = names(params)
    template = JsonTemplate(known, value, Where.STEP)
    assert not template.faults
    inside = scope(read(known, **client), outcomes)
    return template.body()(inside.inputs, inside.outcomes)


def respond(value, outcomes=(), *, params=None, steps=("user", "orders"), **client):
    known = names(params, steps)
    template = JsonTemplate(known, value, Where.RESPOND)
    assert not template.faults
    return template.answer()(scope(read(known, **client), outcomes))


def fallback(value, **client):
    known = names()
    return JsonTemplate(known, value, Where.FALLBACK).stand_in()(read(known, **client))


def faults(value, where=Where.STEP):
    return JsonTemplate(names(), value, where).faults


@pytest.mark.parametrize(
    ("value", "rendered"),
    [
        (None, b"null"),
        (1.5, b"1.5"),
        ([], b"[]"),
        ({}, b"{}"),
        ("é\n{{}}", '"é\\n{}"'.encode()),
        ({"a{{": [True, {"b": "c"}]}, b'{"a{":[true,{"b":"c"}]}'),
    ],
)
def test_value_without_references_is_rendered_at_start_up(value, rendered):
    assert JsonTemplate(names(), value, Where.STEP).constant == rendered
    assert in_step(value) == rendered


def test_template_that_is_one_reference_keeps_its_type():
    value = {"n": "{user.n}", "o": "{user.o}", "id": "{id}", "q": "{query.q}"}
    user = b'{"n":1.50,"o":{"a": [1]}}'
    client = {"path": {"id": "7"}, "query": b"q=7"}
    expected = b'{"n":1.50,"o":{"a": [1]},"id":7,"q":"7"}'
    assert in_step(value, [user], params={"id": "int"}, **client) == expected
    assert respond(value, [user], params={"id": "int"}, **client) == expected


def test_longer_text_is_a_string():
    assert in_step("{user.n} of {user.s}", [b'{"n":1.50,"s":"\\"x\\""}']) == b'"1.50 of \\"x\\""'


def test_key_of_a_missing_request_part_is_left_out():
    value = {"a": "{query.a}", "b": {"c": "{header.c}"}, "d": ["{cookie.d}"], "e": 1}
    assert in_step(value) == b'{"b":{},"d":[null],"e":1}'
    assert in_step(value, query=b"a=1") == b'{"a":"1","b":{},"d":[null],"e":1}'


def test_null_the_client_sent_is_passed_on():
    assert in_step({"a": "{body.a}", "b": "{body.b}"}, body=b'{"a":null}') == b'{"a":null}'


def test_absent_field_of_a_step_is_null():
    assert in_step({"a": "{user.a}", "q": "{query.q}"}, [b"{}"]) == b'{"a":null}'


def test_step_that_did_not_answer_skips():
    for value in ("{user}", {"a": "{user.a}"}, {"q": "{query.q}", "a": "{user.a}"}, ["x{user.a}"]):
        assert in_step(value, [DOWN]).need is DOWN


def test_gap_inside_longer_text_is_a_bad_request_or_skips():
    with pytest.raises(InputFault, match=r"query\.a is missing"):
        in_step({"a": "x{query.a}"})
    assert in_step({"a": "x{user.a}"}, [b"{}"]).cause is Cause.SKIPPED
    assert in_step({"a": "x{user.a}"}, [b'{"a":[]}']).cause is Cause.SKIPPED


def test_default_fills_every_gap():
    value = {"a": "{query.a | []}", "b": "{user.b | 1.50}", "c": "x{user.c | 'y'}"}
    assert in_step(value, [DOWN]) == b'{"a":[],"b":1.50,"c":"xy"}'
    assert respond(value, [DOWN]) == b'{"a":[],"b":1.50,"c":"xy"}'


def test_list_of_the_query_is_an_array():
    assert in_step({"ids": "{query.id[]:int}"}, query=b"id=1&id=2") == b'{"ids":[1,2]}'


def test_everything_missing_in_respond_is_null():
    value = {
        "a": "{query.a}",
        "b": "{user.x}",
        "c": "{orders}",
        "d": "x{user.x}",
        "e": "x{query.a}",
        "f": "x{user}",
    }
    assert respond(value, [b"{}", DOWN]) == b'{"a":null,"b":null,"c":null,"d":null,"e":null,"f":null}'


def test_missing_input_of_respond_is_never_a_bad_request():
    known = names()
    JsonTemplate(known, {"a": "x{query.a}", "b": "{body.b}"}, Where.RESPOND)
    assert not any(one.required or one.text for one in known.table.inputs())


def test_steps_is_the_object_of_all_parts_in_plan_order():
    assert respond({"p": "{steps}"}, [b'{"a": 1}', DOWN]) == b'{"p":{"user":{"a": 1},"orders":null}}'
    assert respond("{steps}", [], steps=()) == b"{}"


def test_fallback_reads_the_request_and_never_fails():
    assert fallback([]) == b"[]"
    assert fallback({"a": "{query.a}", "b": "x{query.b}"}, query=b"a=1") == b'{"a":"1","b":null}'


def test_keys_are_text():
    (fault,) = faults({"a": {"{query.a}": 1}})
    assert fault.path == ("a", "{query.a}")


def test_every_fault_is_found_by_its_path():
    found = faults(["{nobody}", {"a": "{steps}", "b": "}"}, "x{query.a[]}"], Where.STEP)
    assert [fault.path for fault in found] == [(0,), (1, "a"), (1, "b"), (2,)]


def test_all_parts_cannot_stand_inside_text():
    assert faults("x{steps}", Where.RESPOND)


def test_template_knows_its_steps():
    template = JsonTemplate(names(), {"a": "{user.x}", "b": ["{orders | 1}"]}, Where.STEP)
    assert [use.step for use in template.uses] == [0, 1]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=8,
)
REFS = [
    "{user}",
    "{user.x}",
    "{orders.y.z}",
    "{orders[0]}",
    "{query.q}",
    "{body.x}",
    "a{user.x}b{body.x}",
    "{id}",
]
TEMPLATES = st.recursive(
    st.sampled_from([*REFS, "text", 1, None]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=10,
)
GONE = object()


class Oracle:
    """Renders a template by decoding everything; ``GONE`` leaves a key out, an exception skips."""

    def __init__(self, user, orders, query, body, where):
        self.known = {"user": user, "orders": orders, "query": query, "body": body, "id": 7}
        self.where = where

    def find(self, name, *keys):
        value = self.known[name]
        for key in keys:
            if isinstance(key, int):
                value = value[key] if isinstance(value, list) and key < len(value) else GONE
            else:
                value = value.get(key, GONE) if isinstance(value, dict) else GONE
        return value

    def ref(self, text):
        name, *keys = text.strip("{}").replace("[0]", ".0").split(".")
        value = self.find(name, *(0 if key == "0" else key for key in keys))
        if value is GONE and (self.where is Where.RESPOND or name in {"user", "orders"}):
            return None
        return value

    def text(self):
        pieces = [self.find("user", "x"), self.find("body", "x")]
        if any(piece is GONE or piece is None or isinstance(piece, dict | list) for piece in pieces):
            if self.where is Where.RESPOND:
                return None
            raise LookupError
        x, y = (piece if isinstance(piece, str) else json.dumps(piece) for piece in pieces)
        return f"a{x}b{y}"

    def render(self, template):
        if isinstance(template, dict):
            rendered = {key: self.render(value) for key, value in template.items()}
            return {key: value for key, value in rendered.items() if value is not GONE}
        if isinstance(template, list):
            return [None if (value := self.render(inner)) is GONE else value for inner in template]
        if not isinstance(template, str) or "{" not in template:
            return template
        return self.text() if template.startswith("a{") else self.ref(template)


@given(TEMPLATES, VALUES, VALUES, st.dictionaries(st.just("q"), st.text("ab&=", max_size=3)), VALUES)
def test_answer_is_what_decoding_and_encoding_would_give(template, user, orders, query, body):
    expected = Oracle(user, orders, query, body, Where.RESPOND).render(template)
    rendered = respond(
        template,
        [json.dumps(user).encode(), json.dumps(orders, indent=1).encode()],
        params={"id": "int"},
        path={"id": "7"},
        query="&".join(f"q={value.replace('&', '%26')}" for value in query.values()).encode(),
        body=json.dumps(body).encode(),
    )
    assert json.loads(rendered) == expected


@given(TEMPLATES, VALUES, VALUES, st.dictionaries(st.just("q"), st.text("ab&=", max_size=3)), VALUES)
def test_body_of_a_step_is_what_decoding_and_encoding_would_give(template, user, orders, query, body):
    client = {
        "path": {"id": "7"},
        "query": "&".join(f"q={value.replace('&', '%26')}" for value in query.values()).encode(),
        "body": json.dumps(body).encode(),
    }
    bodies = [json.dumps(user).encode(), json.dumps(orders).encode()]
    oracle = Oracle(user, orders, query, body, Where.STEP)
    uses_text = "a{user.x}b{body.x}" in json.dumps(template)
    try:
        rendered = in_step(template, bodies, params={"id": "int"}, **client)
    except InputFault:
        x = oracle.find("body", "x")
        unfit = x is GONE or x is None or isinstance(x, dict | list)
        assert (uses_text and unfit) or oracle.render(template) is GONE
        return
    if isinstance(rendered, Failure):
        with pytest.raises(LookupError):
            oracle.render(template)
        return
    assert json.loads(rendered) == oracle.render(template)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12))
def test_numbers_keep_their_digits(number):
    written = json.dumps({"n": float(0)}).replace("0.0", format(number, "f")).encode()
    rendered = respond({"n": "{user.n}", "all": "{user}"}, [written])
    assert json.loads(rendered, parse_float=Decimal)["n"] == number
    assert format(number, "f").encode() in rendered


def test_failure_says_which_reference_was_missing():
    known = names()
    (use,) = known.read("{user.segment}", Where.STEP)
    assert skipped(use, "is missing").detail == "{user.segment} is missing"

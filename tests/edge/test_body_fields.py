"""Fields of a JSON request body on their way into slots."""

import pytest

from gateway.edge.body_fields import body_part, json_fault
from gateway.edge.inputs import Input, Violation, Wanted


def run(body, *inputs):
    values, faults = [None] * len(inputs), []
    body_part([Wanted(slot, one) for slot, one in enumerate(inputs)])(body, values, faults)
    return faults or values


def field(body, *keys, **flags):
    return run(body, Input("body", keys, **{"type": "json", **flags}))


def test_fields_keep_the_bytes_they_were_sent_with():
    assert run(
        b'{"a": {"b": 1.50}, "c": [1, "x" ]}',
        Input("body", ("a", "b"), "json"),
        Input("body", ("c",), "json"),
    ) == [
        b"1.50",
        b'[1, "x" ]',
    ]


def test_whole_body_is_spliced_as_it_came():
    assert field(b' {"a" : 1} ') == [b' {"a" : 1} ']


def test_byte_order_mark_is_cut_off():
    assert field(b"\xef\xbb\xbf[1]") == [b"[1]"]


def test_elements_are_found_by_index():
    body = b'[{"id":1},{"id":2}]'
    assert field(body, 1, "id") == [b"2"]
    assert field(body, 2, "id") == [None]


def test_names_and_indices_side_by_side_find_what_is_there():
    inputs = (Input("body", ("a",), "json"), Input("body", (0,), "json"))
    assert run(b'{"a":1}', *inputs) == [b"1", None]
    assert run(b"[1]", *inputs) == [None, b"1"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "is not JSON"),
        (b"nope", "is not JSON"),
        (b"{} {}", "is not JSON"),
        (b'"\\ud800"', "is not JSON"),
        (b'"\xff"', "is not UTF-8"),
        (b"[" * 100_000 + b"]" * 100_000, "is nested too deep"),
    ],
)
def test_body_that_is_no_json_is_a_fault(body, message):
    assert json_fault(body) == message
    assert field(body, "a") == [Violation("body", message)]


def test_every_field_of_an_empty_body_is_missing():
    assert field(b"", "a") == [None]
    assert field(None, "a", required=True) == [Violation("body.a", "is missing")]


def test_null_is_a_value_of_its_own():
    assert field(b'{"a":null}', "a") == [b"null"]
    assert field(b'{"a":null}', "a", type="int") == [b"null"]


def test_null_is_missing_where_a_text_is_required():
    assert field(b'{"a":null}', "a", required=True, text=True) == [Violation("body.a", "is missing")]
    assert field(b'{"a":null}', "a", required=True) == [b"null"]


def test_object_or_array_cannot_stand_as_text():
    for body in (b'{"a":{}}', b'{"a":[]}'):
        assert field(body, "a", text=True) == [Violation("body.a", "is not a text, number or boolean")]
        assert field(body, "a") != [None]


def test_typed_field_is_of_this_json_type():
    assert field(b'{"a":7}', "a", type="int") == [b"7"]
    assert field(b'{"a":"7"}', "a", type="int") == [Violation("body.a", "is not an int")]


def test_field_must_fit_where_templates_put_it():
    assert field(b'{"a":"x/y"}', "a", text=True, segment=True) == [Violation("body.a", "holds a slash")]
    assert field(b'{"a":"\\u000a"}', "a", text=True, header_safe=True) == [
        Violation("body.a", "holds a control character")
    ]


def test_list_is_an_array_whose_elements_are_checked():
    assert field(b'{"a":[1, 2]}', "a", type="int", many=True) == [b"[1,2]"]
    assert field(b'{"a":1}', "a", many=True) == [Violation("body.a", "is not a list")]
    assert field(b'{"a":[1,"x"]}', "a", type="int", many=True) == [Violation("body.a", "is not an int")]
    assert field(b'{"a":[{}]}', "a", many=True, text=True) == [
        Violation("body.a", "is not a text, number or boolean")
    ]


def test_list_that_each_item_is_called_for_is_bounded_and_must_be_there():
    wanted = {"many": True, "most": 2, "required": True}

    assert field(b'{"a":[1, 2]}', "a", **wanted) == [b"[1,2]"]
    assert field(b'{"a":[]}', "a", **wanted) == [b"[]"]
    assert field(b'{"a":[1, 2, 3]}', "a", **wanted) == [Violation("body.a", "has more than 2 items")]
    assert field(b'{"a":null}', "a", **wanted) == [Violation("body.a", "is missing")]

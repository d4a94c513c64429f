"""A whole request on its way into the slots of a route."""

import pytest

from gateway.edge.inputs import Filled, Input, InputFault, Violation
from gateway.edge.reader import reading


def violations(reader, path=None, query=b"", headers=(), body=None):
    with pytest.raises(InputFault) as caught:
        reader(path or {}, query, list(headers), body)
    return list(caught.value.violations)


def test_every_part_ends_in_its_slot():
    reader = reading(
        [
            Input("body", ("a",), "json"),
            Input("query", ("q",)),
            Input("path", ("id",), "int"),
            Input("cookie", ("sid",)),
            Input("header", ("x-a",)),
        ]
    )
    headers = [(b"x-a", b"h"), (b"cookie", b"sid=c")]
    assert reader({"id": "7"}, b"q=1", headers, b'{"a":true}') == [b"true", "1", "7", "c", "h"]


def test_route_without_inputs_reads_nothing():
    assert reading([])({}, b"%zz", [(b"x", b"\xff")], b"{") == []


def test_parts_nobody_reads_are_not_even_parsed():
    assert reading([Input("header", ("x-a",))])({}, b"%zz", [], b"not json") == [None]


def test_all_violations_are_reported_together():
    reader = reading(
        [
            Input("path", ("id",), segment=True),
            Input("query", ("a",), required=True),
            Input("query", ("b",), "int"),
            Input("body", ("c",), "json", required=True),
        ]
    )
    assert violations(reader, {"id": ""}, b"b=y", body=b"{}") == [
        Violation("id", "is empty"),
        Violation("query.a", "is missing"),
        Violation("query.b", "is not an int"),
        Violation("body.c", "is missing"),
    ]


@pytest.mark.parametrize(("a", "b", "refused"), [(".", ".", True), (".", "x", False), ("x", ".", False)])
def test_segment_filled_by_two_inputs_must_not_come_out_as_dots(a, b, refused):
    inputs = [Input("query", ("a",), segment=True), Input("query", ("b",), segment=True)]
    reader = reading(inputs, [(Filled(0), Filled(1))])
    query = f"a={a}&b={b}".encode()
    if refused:
        assert violations(reader, query=query) == [Violation("query.a", "makes a path segment of dots")]
    else:
        assert reader({}, query, [], None) == [a, b]


def test_text_and_defaults_count_towards_dots():
    reader = reading([Input("query", ("a",), segment=True)], [(".", Filled(0, "."))])
    assert violations(reader) == [Violation("query.a", "makes a path segment of dots")]
    assert reader({}, b"a=x", [], None) == ["x"]


def test_body_field_counts_towards_dots_as_text():
    reader = reading([Input("body", ("a",), "json", text=True, segment=True)], [(Filled(0),)])
    assert violations(reader, body=b'{"a":"\\u002e."}') == [
        Violation("body.a", "makes a path segment of dots")
    ]


def test_number_never_makes_dots():
    reader = reading([Input("path", ("id",), "int", segment=True)], [(Filled(0),)])
    assert reader({"id": "0"}, b"", [], None) == ["0"]

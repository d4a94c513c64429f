"""Picks: as a type that decodes to nothing else, and over the tree where a type cannot say it."""

import msgspec
import pytest

from gateway.outcome import Cause
from gateway.shaping.path import PathFault, parse_path
from gateway.shaping.pick import Picked, picking, picking_bytes
from gateway.shaping.tree import Raw, Unfit, bytes_of
from tests.support.shapes import shape_of, shaped


def parts_of(*texts):
    parts = Picked()
    for text in texts:
        parts.add(parse_path(text))
    parts.settle()
    return parts


def slowly(parts, body):
    box = [Raw(body)]
    picking(parts)(box)
    return bytes_of(box[0])


BODIES = [
    b'{"id": 1.50, "x": [1], "orders": [{"id":3, "a":{"b":1,"c":2}},null,{"a":null}]}',
    b'{"orders":{"first":{"id":1,"z":0}},"id":null}',
    b'{"orders":null}',
    b"null",
    b"{}",
]


@pytest.mark.parametrize("body", BODIES)
def test_both_ways_pick_the_same_bytes(body):
    parts = parts_of("id", "orders.*.id", "orders.*.a.b")

    assert parts.uniform
    assert picking_bytes(parts)(body) == slowly(parts, body)


@pytest.mark.parametrize("body", [b'{"orders":[1]}', b'{"orders":7}', b"[]", b'"x"', b'{"orders":[[]]}'])
def test_both_ways_refuse_what_is_of_another_type(body):
    parts = parts_of("id", "orders.*.id")

    for pick in (picking_bytes(parts), lambda body: slowly(parts, body)):
        with pytest.raises(Unfit):
            pick(body)


def test_members_come_in_the_order_of_the_list():
    assert shape_of(pick=["b", "a"])(b'{"a":1,"b":2,"c":3}') == b'{"b":2,"a":1}'


def test_null_and_absent_parts_stay_what_they_are():
    assert shaped({"a": None, "c": {}}, pick=["a.x", "b.y", "c.z"]) == {"a": None, "c": {}}


def test_whole_part_wins_over_parts_of_it():
    document = {"a": {"b": 1, "c": 2}}

    assert shaped(document, pick=["a", "a.b"]) == shaped(document, pick=["a.b", "a"]) == document


def test_names_beside_a_star_keep_what_both_keep():
    document = {"m": {"id": 1, "x": 2, "y": 3}, "q": {"id": 3, "z": 0}}

    assert shaped(document, pick=["*.id", "m.x"]) == {"m": {"id": 1, "x": 2}, "q": {"id": 3}}
    assert shaped(document, pick=["*.id", "m"]) == {"m": document["m"], "q": {"id": 3}}


def test_elements_are_picked_by_index_in_their_order():
    assert shaped([1, 2, 3], pick=["[2]", "[0]", "[7]"]) == [1, 3]
    assert shaped({"a": [1, 2]}, pick="a[1]") == {"a": [2]}


def test_key_of_any_spelling_can_be_picked():
    document = {"a.b": 1, "it's": 2, "": 3, "é": 4}

    assert shaped(document, pick=["['a.b']", "['it''s']", "['']", "é"]) == document


def test_of_a_key_written_twice_the_last_one_counts():
    assert shape_of(pick=["a"])(b'{"a":1,"b":2,"a":3}') == b'{"a":3}'


def test_document_of_another_type_is_unreadable_and_not_empty():
    assert shaped([{"id": 1}], pick="id").cause is Cause.UNREADABLE


def test_whole_document_is_no_part_of_itself():
    with pytest.raises(PathFault):
        Picked().add(parse_path("@"))


def test_hundreds_of_parts_are_one_type():
    document = {f"k{n}": {"v": n, "w": n} for n in range(300)}
    found = shaped(document, pick=[f"k{n}.v" for n in range(300)])

    assert found == {f"k{n}": {"v": n} for n in range(300)}


def test_picked_struct_is_encoded_as_msgspec_does():
    assert msgspec.json.decode(picking_bytes(parts_of("a.b"))(b'{"a":{"b":"\\u00e9"}}')) == {"a": {"b": "é"}}

"""Documents that are opened only on the way down: what is beside it stays the bytes it was."""

import msgspec
import pytest

from gateway.shaping.path import STAR
from gateway.shaping.tree import (
    Raw,
    Unfit,
    bytes_of,
    holders,
    is_null,
    keys_of,
    look,
    opened,
    opened_list,
    places,
    plain,
    sealed,
)

BODY = b'{"a":{"b":[{"c": 1.50},null,{"c":2}]},"z":{"deep" : [ 1 ]}}'


def box(body=BODY):
    return [Raw(body)]


def found(keys, body=BODY):
    return [bytes_of(container[key]) for container, key in places(box(body), 0, keys)]


def test_places_are_found_in_the_documents_order_with_their_bytes():
    assert found(("a", "b", STAR, "c")) == [b"1.50", b"2"]
    assert found(("a", "b", 0)) == [b'{"c": 1.50}']
    assert found((STAR, "b", 2, "c")) == [b"2"]
    assert found(()) == [BODY]


def test_absent_and_null_parts_lead_nowhere():
    assert found(("x",)) == []
    assert found(("a", "x", "y")) == []
    assert found(("a", "b", 1, "c")) == []
    assert found(("a", "b", 9)) == []
    assert found(("a",), b"null") == []


@pytest.mark.parametrize(
    "keys", [("a", 0), ("a", "b", "c"), ("a", "b", 0, "c", "d"), ("a", "b", 0, "c", STAR)]
)
def test_part_of_another_type_than_the_path_says_is_unfit(keys):
    with pytest.raises(Unfit):
        found(keys)


def test_only_the_way_down_is_opened():
    whole = box()
    list(places(whole, 0, ("a", "b", 0, "c")))

    assert isinstance(whole[0], dict)
    assert whole[0]["z"].__class__ is Raw
    assert whole[0]["a"]["b"][2].__class__ is Raw
    assert bytes_of(whole[0]) == b'{"a":{"b":[{"c":1.50},null,{"c":2}]},"z":{"deep" : [ 1 ]}}'


def test_array_that_is_not_of_objects_is_walked_all_the_same():
    assert found((STAR, STAR), b"[[1],[2,3],null]") == [b"1", b"2", b"3"]


def test_opened_is_decoded_once():
    whole = box()

    assert opened(whole, 0) is opened(whole, 0)


def test_array_is_asked_for_by_name():
    assert opened_list(box(b"[1]"), 0) is not None
    assert opened_list(box(b"null"), 0) is None
    with pytest.raises(Unfit):
        opened_list(box(b"{}"), 0)


def test_holders_are_containers_and_nulls_are_left_out():
    assert len(holders(box(), 0, ("a", "b", STAR))) == 2


def test_star_is_every_member_or_element():
    assert list(keys_of({"a": 1, "b": 2}, STAR)) == ["a", "b"]
    assert list(keys_of([7, 8], STAR)) == [0, 1]
    assert keys_of({"a": 1}, "x") == ()


def test_looking_does_not_open_the_element_itself():
    elements = [Raw(b'{"a":{"b":7}}')]

    assert bytes_of(look(elements[0], ("a", "b"))) == b"7"
    assert look(elements[0], ("a", "x")) is None
    assert elements[0].__class__ is Raw


def test_null_is_null_in_every_form():
    assert is_null(None)
    assert is_null(Raw(b"null"))
    assert not is_null(Raw(b"0"))
    assert not is_null({})


def test_plain_is_the_data_whether_opened_or_not():
    assert plain(Raw(b'{"a":[1]}')) == plain({"a": Raw(b"[1]")}) == {"a": [1]}


def test_sealed_is_bytes_that_nobody_else_changes():
    element = {"a": Raw(b"1")}
    copy = sealed(element)
    element["a"] = None

    assert bytes_of(copy) == b'{"a":1}'
    assert sealed(copy) is copy


def test_value_out_of_range_is_told_by_whoever_decodes_it():
    with pytest.raises(msgspec.DecodeError):
        plain(Raw(b"1e999"))

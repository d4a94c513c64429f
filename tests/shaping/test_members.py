"""What shapes do with members, one behaviour each; the model of test_program.py holds them all together."""

import pytest

from gateway.outcome import Cause
from gateway.shaping.members import Renaming, constant, move
from gateway.shaping.path import PathFault, parse_path
from tests.support.shapes import shaped

ORDER = {"id": 7, "user": {"name": "Ada", "address": {"city": "London"}}, "items": [{"sku": "a", "n": 1}]}


def test_omitted_members_are_gone_and_all_else_stays():
    assert shaped(ORDER, omit=["user.address", "items.*.n"]) == {
        "id": 7,
        "user": {"name": "Ada"},
        "items": [{"sku": "a"}],
    }


def test_omitted_elements_are_those_of_the_document_as_it_came():
    assert shaped([0, 1, 2, 3], omit=["[0]", "[2]", "[9]"]) == [1, 3]


def test_what_is_to_be_omitted_and_is_of_another_type_is_not_passed_on():
    assert shaped({"user": [{"password": "x"}]}, omit="user.password").cause is Cause.UNREADABLE


def test_renamed_members_keep_their_places():
    assert list(shaped(ORDER, rename={"user": "customer", "items.*.sku": "code"})) == [
        "id",
        "customer",
        "items",
    ]


def test_names_may_be_exchanged():
    assert shaped({"a": 1, "b": 2}, rename={"a": "b", "b": "a"}) == {"b": 1, "a": 2}


def test_renamed_member_replaces_one_of_the_same_name():
    assert shaped({"a": 1, "b": 2}, rename={"a": "b"}) == {"b": 1}
    assert shaped({"b": 2}, rename={"a": "b"}) == {"b": 2}


def test_paths_of_renames_name_things_as_they_came():
    assert shaped({"a": {"x": 1}}, rename={"a": "b", "a.x": "y"}) == {"b": {"y": 1}}


def test_two_members_of_one_object_do_not_get_one_name():
    renaming = Renaming()
    renaming.add(parse_path("a"), "x")
    renaming.add(parse_path("b.c"), "x")

    with pytest.raises(PathFault, match="two members"):
        renaming.add(parse_path("b.d"), "x")


def test_moved_part_leaves_its_place_and_makes_its_way():
    assert shaped(ORDER, move={"user.address.city": "ship.to.city"}) == {
        "id": 7,
        "user": {"name": "Ada", "address": {}},
        "items": ORDER["items"],
        "ship": {"to": {"city": "London"}},
    }


def test_moves_are_made_one_after_the_other():
    assert shaped({"a": 1, "b": 2}, move={"a": "c", "c": "d", "b": "a"}) == {"d": 1, "a": 2}


def test_star_of_both_paths_is_the_same_element():
    found = shaped({"items": [{"a": 1}, None, {"b": 2}]}, move={"items.*.a": "items.*.x.y"})

    assert found == {"items": [{"x": {"y": 1}}, None, {"b": 2}]}


def test_star_of_the_source_alone_gathers_an_array():
    assert shaped(ORDER, move={"items.*.sku": "skus"})["skus"] == ["a"]
    assert shaped({"edges": [{"node": 1}, {}]}, move={"edges.*.node": "nodes"}) == {
        "edges": [{}, {}],
        "nodes": [1],
    }


def test_element_can_be_replaced_by_a_part_of_it():
    edges = {"edges": [{"node": {"id": 1}, "cursor": "x"}, {"node": {"id": 2}}]}

    assert shaped(edges, move={"edges.*.node": "edges.*"}) == {"edges": [{"id": 1}, {"id": 2}]}


def test_part_moved_to_where_it_is_stays_there():
    assert shaped({"a": [{"b": 1}]}, move={"a.*": "a.*"}) == {"a": [{"b": 1}]}


def test_nothing_to_move_moves_nothing():
    assert shaped({"a": None}, move={"x": "y", "a.b": "c"}) == {"a": None}


def test_target_in_the_way_of_which_something_else_lies_is_unfit():
    assert shaped({"a": 1, "b": [1]}, move={"a": "b.c"}).cause is Cause.UNREADABLE
    assert shaped({"a": 1, "b": 2}, move={"a": "b.c"}).cause is Cause.UNREADABLE
    assert shaped({"a": 1, "b": None}, move={"a": "b.c"}) == {"b": {"c": 1}}


@pytest.mark.parametrize(("source", "target"), [("a.*.b", "c.*.b"), ("@", "a"), ("a", "b[0]"), ("a", "*")])
def test_move_that_cannot_be_meant_is_a_fault(source, target):
    with pytest.raises(PathFault):
        move(parse_path(source), parse_path(target))


def test_constant_is_put_everywhere_its_path_leads():
    assert shaped(ORDER, set={"items.*.currency": "EUR", "meta.version": 2})["items"] == [
        {"sku": "a", "n": 1, "currency": "EUR"}
    ]
    assert shaped({}, set={"meta.version": 2}) == {"meta": {"version": 2}}
    assert shaped([1, 2], set={"*": {"any": [None]}}) == [{"any": [None]}, {"any": [None]}]


@pytest.mark.parametrize("text", ["@", "a[0]", "a.*[1]"])
def test_constant_needs_a_member(text):
    with pytest.raises(PathFault):
        constant(parse_path(text), b"1")


def test_wrapped_document_stands_under_its_names():
    assert shaped([1], wrap="collection") == {"collection": [1]}
    assert shaped(1, wrap="a.b") == {"a": {"b": 1}}


def test_unwrapped_part_is_the_document():
    assert shaped(ORDER, unwrap="user.address") == {"city": "London"}
    assert shaped(ORDER, unwrap="items.*.sku") == ["a"]
    assert shaped(ORDER, unwrap="items[0].sku") == "a"
    assert shaped(ORDER, unwrap="user.phone") is None

"""What shapes do with arrays, one behaviour each; the model of test_program.py holds most of it together."""

import pytest

from gateway.outcome import Cause
from gateway.shaping.lists import append, element_key, join
from gateway.shaping.path import PathFault, parse_path
from tests.support.shapes import shape_of, shaped

ORDERS = [{"id": 1, "user_id": 7}, {"id": 2, "user_id": "8"}, {"id": 3, "user_id": 9}, {"id": 4}]
USERS = [{"id": "7", "name": "Ada"}, {"id": 8, "name": "Bob"}, {"id": 8, "name": "Second"}, {"name": "?"}]


def test_flattened_one_level_and_no_more():
    assert shaped([[1, [2]], 3, []], flatten="@") == [1, [2], 3]
    assert shaped({"a": [[1], [2]]}, flatten="a") == {"a": [1, 2]}


def test_sorted_by_several_keys_each_in_its_direction():
    rows = [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}, {"a": 1, "b": "y"}]

    assert shaped(rows, sort=["a", "-b"]) == [rows[2], rows[0], rows[1]]


def test_what_has_no_key_comes_last_in_either_direction():
    rows = [{"n": None}, {"a": 1}, {"n": 2}, {"n": 1}]

    assert shaped(rows, sort="n") == [{"n": 1}, {"n": 2}, {"n": None}, {"a": 1}]
    assert shaped(rows, sort="-n") == [{"n": 2}, {"n": 1}, {"n": None}, {"a": 1}]


def test_equal_elements_keep_their_order():
    rows = [{"n": 1, "i": i} for i in range(5)]

    assert shaped(rows, sort="n") == shaped(rows, sort="-n") == rows


def test_numbers_come_before_texts_and_texts_before_booleans():
    rows = [{"n": value} for value in (True, "b", 2, False, "a", 1.5)]

    assert [row["n"] for row in shaped(rows, sort="n")] == [1.5, 2, "a", "b", False, True]


def test_elements_are_sorted_as_the_bytes_they_are():
    assert shape_of(sort="n")(b'[{"n": 2.50}, {"n":1e0}]') == b'[{"n":1e0},{"n": 2.50}]'


def test_object_is_no_key_to_sort_by():
    assert shaped([{"n": {}}], sort="n").cause is Cause.UNREADABLE


def test_limited_to_the_first_ones():
    assert shaped({"a": [1, 2, 3], "b": [1]}, limit={"a": 2, "b": 2}) == {"a": [1, 2], "b": [1]}


def test_grouped_by_the_text_of_a_key_in_the_order_of_the_first_ones():
    rows = [{"s": "b", "n": 1}, {"s": "a"}, {"s": "b", "n": 2}, {"s": 1}, {"s": True}, {}]

    assert list(shaped(rows, group="s").items()) == [
        ("b", [rows[0], rows[2]]),
        ("a", [rows[1]]),
        ("1", [rows[3]]),
        ("true", [rows[4]]),
    ]


def test_appended_elements_leave_their_place():
    assert shaped({"a": [1], "b": [2, 3]}, append={"b": "a"}) == {"a": [1, 2, 3]}
    assert shaped({"b": [2]}, append={"b": "x.y"}) == {"x": {"y": [2]}}
    assert shaped({"g": [{"l": [1]}, {"l": [2, 3]}, {}]}, append={"g.*.l": "all"}) == {
        "g": [{}, {}, {}],
        "all": [1, 2, 3],
    }
    assert shaped({"a": [1]}, append={"b": "a"}) == {"a": [1]}


def test_what_is_appended_to_or_from_is_an_array():
    assert shaped({"a": 1, "b": [2]}, append={"b": "a"}).cause is Cause.UNREADABLE
    assert shaped({"a": [1], "b": {}}, append={"b": "a"}).cause is Cause.UNREADABLE
    for source, target in (("a", "b.*"), ("a", "[0]"), ("@", "a")):
        with pytest.raises(PathFault):
            append(parse_path(source), parse_path(target))


def joined(**more):
    by = {"lookup": "users", "on": {"user_id": "id"}, "into": "user", **more}
    return shaped({"orders": ORDERS, "users": USERS}, join={"orders": by}, omit="users")


def test_joined_elements_get_the_first_that_has_their_key_as_text():
    assert [order.get("user") for order in joined()["orders"]] == [USERS[0], USERS[1], None, None]


def test_joined_elements_get_all_of_them_where_many_are_wanted():
    found = joined(many=True)["orders"]

    assert [order["user"] for order in found] == [[USERS[0]], [USERS[1], USERS[2]], [], []]


def test_joined_by_several_keys():
    left = [{"a": 1, "b": 1}, {"a": 1, "b": 2}]
    right = [{"x": 1, "y": 2, "hit": True}]
    by = {"lookup": "r", "on": {"a": "x", "b": "y"}, "into": "r"}

    assert shaped({"l": left, "r": right}, join={"l": by})["l"][1]["r"] == right[0]
    assert shaped({"l": left, "r": right}, join={"l": by})["l"][0]["r"] is None


@pytest.mark.parametrize("users", [None, []])
def test_nothing_to_look_up_in_finds_nothing(users):
    by = {"lookup": "users", "on": {"user_id": "id"}, "into": "user"}

    assert shaped({"orders": [{"user_id": 1}], "users": users}, join={"orders": by})["orders"] == [
        {"user_id": 1, "user": None}
    ]


def test_what_several_elements_get_is_each_ones_own():
    by = {"lookup": "users", "on": {"u": "id"}, "into": "user"}
    document = {"orders": [{"u": 1}, {"u": 1}], "users": [{"id": 1, "tags": []}]}
    shape = [{"omit": "users.*.name"}, {"join": {"orders": by}}, {"append": {"orders.*.user.tags": "all"}}]

    assert shaped(document, shape=shape)["orders"] == [{"u": 1, "user": {"id": 1}}] * 2


def test_element_that_is_no_object_cannot_be_joined():
    by = {"lookup": "b", "on": {"u": "id"}, "into": "user"}

    assert shaped({"a": [[1]], "b": []}, join={"a": by}).cause is Cause.UNREADABLE


def test_lists_are_joined_at_paths_alone():
    with pytest.raises(PathFault, match="is one"):
        join(parse_path("a"), parse_path("b.*"), [], "x")


@pytest.mark.parametrize("text", ["@", "a.*"])
def test_key_of_an_element_is_one_value(text):
    with pytest.raises(PathFault):
        element_key(parse_path(text))


@pytest.mark.parametrize(
    "keys", [{"sort": {"a": "x"}}, {"limit": {"a": 1}}, {"group": {"a": "x"}}, {"flatten": "a"}]
)
def test_object_in_place_of_an_array_is_unreadable_and_nothing_stays_nothing(keys):
    assert shaped({"a": {"x": 1}}, **keys).cause is Cause.UNREADABLE
    assert shaped({"a": None, "b": 1}, **keys) == {"a": None, "b": 1}
    assert shaped({"b": 1}, **keys) == {"b": 1}

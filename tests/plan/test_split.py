"""The answer to a batch is taken apart by key."""

import json

import pytest

from gateway.outcome import Cause, Failure
from gateway.plan.split import failed_by, splitting


def split(body, **options):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    parts = splitting(**options)(data)
    return (
        parts if isinstance(parts, Failure) else {key: json.loads(bytes(part)) for key, part in parts.items()}
    )


def test_object_has_a_member_for_each_key():
    assert split({"1": {"a": 1}, "2": None}) == {"1": {"a": 1}, "2": None}


def test_list_is_told_apart_by_a_field_of_its_objects():
    assert split([{"id": 7, "n": "x"}, {"id": "b"}], by="id") == {"7": {"id": 7, "n": "x"}, "b": {"id": "b"}}


def test_what_there_is_may_lie_deeper():
    assert split({"data": {"found": [{"id": 1}]}}, at=("data", "found"), by="id") == {"1": {"id": 1}}


def test_elements_that_say_no_key_belong_to_nobody():
    assert split([3, None, {"n": 1}, {"id": None}, {"id": [1]}, {"id": 1}], by="id") == {"1": {"id": 1}}


def test_of_several_for_one_key_the_last_counts():
    assert split([{"id": 1, "v": 1}, {"id": 1, "v": 2}], by="id") == {"1": {"id": 1, "v": 2}}


def test_keys_that_may_have_many_items_have_the_list_of_theirs():
    found = [{"of": 1, "v": 1}, {"of": 2}, {"of": 1, "v": 2}]

    assert split(found, by="of", many=True) == {"1": [found[0], found[2]], "2": [found[1]]}


def test_items_keep_the_bytes_they_came_with():
    parts = splitting(by="id")(b'[{"id": 1.50, "x" : 1e3}]')

    assert bytes(parts["1.50"]) == b'{"id": 1.50, "x" : 1e3}'


@pytest.mark.parametrize(
    ("body", "options", "wanted"),
    [
        ([], {}, "an object"),
        ({"a": 1}, {"by": "id"}, "a list"),
        ({"a": 1}, {"by": "id", "at": ("data", "found")}, "a list at data.found"),
        ({"data": {"found": None}}, {"at": ("data", "found")}, "an object at data.found"),
        ("text", {}, "an object"),
    ],
)
def test_answer_of_another_shape_is_unreadable(body, options, wanted):
    failure = split(body, **options)

    assert (failure.cause, failure.detail) == (Cause.UNREADABLE, f"the answer to a batch is not {wanted}")


def test_item_is_an_error_if_it_has_the_member_that_says_so():
    failed = failed_by("error")

    assert failed(b'{"error": "no stock"}')
    assert not failed(b'{"error": null, "id": 1}')
    assert not failed(b'{"id": 1}')
    assert not failed(b"null")

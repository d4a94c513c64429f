"""Hints as bytes: what makes no sense is none."""

import msgspec
import pytest

from gateway.stores.hint import Hint, decode, encode, topic_of

HINT = Hint("users", "a1", 3, 5.0, 4.5)


def test_hint_comes_back_with_what_is_left_of_it():
    assert decode("users", encode(HINT), 2.0) == Hint("users", "a1", 3, 5.0, 2.0)


def test_age_is_what_is_over_of_the_open_time():
    assert HINT.age == 0.5


def test_hint_can_be_read_by_people():
    assert encode(HINT) == b'{"v":1,"origin":"a1","number":3,"open_for":5.0}'


@pytest.mark.parametrize("remaining", [0.0, -0.001, 5.001, float("nan")])
def test_hint_whose_time_is_over_or_longer_than_it_was_makes_no_sense(remaining):
    assert decode("users", encode(HINT), remaining) is None


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff\xfe", b"5", b"{}", b'{"v":2,"origin":"a","number":1,"open_for":5}', b"[" * 100_000,
        b'{"v":1,"origin":7,"number":1,"open_for":5}', b'{"v":1,"origin":"a","number":1,"open_for":90000}',
        b'{"v":1,"origin":"a","number":1,"open_for":-5}', b'{"v":1,"origin":"\xff","number":1,"open_for":5}',
    ],
)  # fmt: skip
def test_foreign_bytes_make_no_sense_and_raise_nothing(data):
    assert decode("users", data, 1.0) is None


def test_later_version_may_add_members():
    data = msgspec.json.encode({"v": 1, "origin": "a", "number": 1, "open_for": 5.0, "reason": "slow"})

    assert decode("users", data, 1.0).origin == "a"


def test_topics_differ_by_name_and_by_address_and_show_no_address():
    topics = {topic_of("users", "http://a"), topic_of("users", "http://b"), topic_of("orders", "http://a")}

    assert len(topics) == 3
    assert all("http" not in topic for topic in topics)
    assert topic_of("users", "http://a") == topic_of("users", "http://a")

"""Copies as bytes: what comes back is what was put in, or nothing."""

import random

import pytest

from gateway.stores.redis_copy import LONGEST, decode, encode, time_to_live
from tests.support.copies import copy_of, key_of

KEY = key_of("orders of 7")


def test_copy_comes_back_as_it_was():
    copy = copy_of(b'{"a":1}', fresh=5.0, revalidate=30.0, stand_in=300.0, age=1.5, status=203)

    back = decode(KEY, encode(KEY, copy, 1000), 1000)

    assert (back.body, back.status, back.age) == (b'{"a":1}', 203, 1.5)
    assert (back.fresh, back.revalidate, back.stand_in) == (5.0, 30.0, 300.0)


def test_age_grows_by_the_part_of_its_time_that_is_over():
    data = encode(KEY, copy_of(age=1.5), 60_000)

    assert decode(KEY, data, 57_750).age == pytest.approx(1.5 + 2.25)


@pytest.mark.parametrize("left", [-2, -1, 60_001])
def test_copy_whose_time_to_live_somebody_changed_has_no_age_and_is_damaged(left):
    assert decode(KEY, encode(KEY, copy_of(), 60_000), left) is None


def test_copy_under_another_key_is_damaged():
    assert decode(key_of("orders of 8"), encode(KEY, copy_of(), 1000), 1000) is None


def test_any_changed_byte_is_damage(seeded):
    data = encode(KEY, copy_of(seeded.randbytes(200)), 1000)
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << seeded.randrange(8)
        assert decode(KEY, bytes(changed), 1000) is None, place


def test_any_missing_or_added_byte_is_damage():
    data = encode(KEY, copy_of(b"[1,2]"), 1000)

    assert [end for end in range(len(data)) if decode(KEY, data[:end], 1000)] == []
    assert decode(KEY, data + b" ", 1000) is None


def test_foreign_bytes_are_damage_and_never_an_error():
    chance = random.Random(7)
    for _ in range(500):
        assert decode(KEY, b"\xc7\x01" + chance.randbytes(chance.randrange(120)), 1000) is None


def test_copy_of_another_version_is_not_read():
    data = encode(KEY, copy_of(), 1000)

    assert decode(KEY, data[:1] + b"\x02" + data[2:], 1000) is None


def test_copy_lives_as_long_as_it_is_of_use_and_never_longer_than_a_month():
    assert time_to_live(copy_of(fresh=5.0, stand_in=10.0, age=1.0)) == 14_000
    assert time_to_live(copy_of(fresh=5.0, age=5.0)) == 0
    assert time_to_live(copy_of(fresh=0.0001)) == 1
    assert time_to_live(copy_of(fresh=1e12)) == LONGEST

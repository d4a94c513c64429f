import pytest

from gateway.layers.slow_start import LEAST, SlowStart


def test_weight_rises_from_the_least_to_one():
    start = SlowStart(10.0)
    start.begin(100.0)

    assert [start.weight(100.0 + passed) for passed in (0, 0.5, 5, 9, 10, 60)] == [
        LEAST,
        LEAST,
        0.5,
        0.9,
        1,
        1,
    ]


def test_one_that_never_came_back_has_all_of_its_weight():
    assert SlowStart(10.0).weight(0.0) == 1.0


@pytest.mark.parametrize("length", [10.0, None])
def test_one_that_is_held_has_the_least_weight_however_long(length):
    start = SlowStart(length)
    start.hold()

    assert [start.weight(now) for now in (0.0, 1e6)] == [LEAST, LEAST]


def test_without_a_length_all_weight_comes_back_at_once():
    start = SlowStart(None)
    start.hold()
    start.begin(5.0)

    assert start.weight(5.0) == 1.0


def test_clock_that_steps_back_leaves_the_least_weight():
    start = SlowStart(10.0)
    start.begin(100.0)

    assert start.weight(50.0) == LEAST

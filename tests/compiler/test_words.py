import pytest

from gateway.compiler.words import seconds, share, size, written
from gateway.config import EnvText


@pytest.mark.parametrize(
    ("length", "told"),
    [
        (0.25, "250 ms"),
        (1.5, "1.5 s"),
        (60, "60 s"),
        (300, "5 min"),
        (90, "90 s"),
        (float("inf"), "unbounded"),
    ],
)
def test_lengths_of_time_have_the_unit_that_people_use(length, told):
    assert seconds(length) == told


@pytest.mark.parametrize(("count", "told"), [(5 * 2**20, "5 MiB"), (3072, "3 KiB"), (1000, "1000 B")])
def test_sizes_have_the_largest_unit_that_fits(count, told):
    assert size(count) == told


def test_shares_are_percentages():
    assert share(0.999) == "99.9%"


def test_what_came_from_the_environment_is_told_by_name():
    assert written(EnvText("value", "${NAME}", "value")) == "${NAME}"
    assert written("plain") == "plain"

"""What is left behind is seen; that nothing is: `test_m1_…`."""

import dataclasses

import pytest

from bench.faults.leaks import Held, Left, report

BEFORE = Held(files=10, tasks=2, objects=1000, memory=50_000_000)


def left(next_took=0.01, **more):
    after = dataclasses.replace(
        BEFORE, **{name: getattr(BEFORE, name) + value for name, value in more.items()}
    )
    return Left("calls", 10, BEFORE, after, 1.0, next_took, more_memory=1e6)


def test_what_is_where_it_was_is_kept():
    assert left().kept
    assert left(files=5, tasks=2, memory=1_000_000, objects=10_000).kept


@pytest.mark.parametrize("more", [{"files": 6}, {"tasks": 3}, {"memory": 1_000_001}, {"next_took": 0.1}])
def test_what_is_left_behind_is_seen(more):
    assert not left(**more).kept
    assert "**missed**" in report([left(**more)])

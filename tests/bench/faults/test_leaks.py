"""The proof that nothing is left behind, with few calls; and that it would see if something were."""

import dataclasses
import subprocess
import sys

import pytest

from bench.faults.leaks import Held, Left, report
from bench.machine import MissingError, two_cores
from tests.support.processes import ROOT

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


@pytest.mark.slow
def test_a_few_hundred_calls_with_real_sockets_leave_nothing():
    try:
        two_cores()
    except MissingError as error:
        pytest.skip(str(error))
    few = ["--timeouts", "200", "--refusals", "500", "--warm-up", "100", "--timeout", "400ms"]

    # In a process of its own: it pins itself to a core, and counts what the whole process holds.
    done = subprocess.run(
        [sys.executable, "-m", "bench.faults.leaks", *few],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert "200 attempt timeouts" in done.stdout, done.stderr
    assert done.stdout.count("| met |") == 2, done.stdout
    assert done.returncode == 0

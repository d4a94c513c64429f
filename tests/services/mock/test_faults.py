"""Which faults are accepted, and which one a request meets."""

import pytest
from pydantic import ValidationError

from services.mock.faults import Fault, Faults


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"path": "/x"},
        {"stauts": 500},
        {"status": 99},
        {"status": 600},
        {"status": "many"},
        {"latency_ms": -1},
        {"latency_ms": float("inf")},
        {"error_rate": 1.5},
        {"stall_ms": 100},
        {"stall_rate": 0.1},
        {"mode": "explode"},
        {"path": "x", "status": 500},
        {"path": "/x?y=1", "status": 500},
        {"path": "/__faults", "status": 500},
        {"mode": "hang", "status": 500},
        {"mode": "reset", "status": 500},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValidationError):
        Fault(**wrong)


@pytest.mark.parametrize(
    ("prefix", "path", "met"),
    [
        ("/", "/internal/users/1", True),
        ("/internal/users", "/internal/users/1", True),
        ("/internal/users/", "/internal/users/1", True),
        ("/internal/users/1", "/internal/users/1", True),
        ("/internal/users/1", "/internal/users/10", False),
        ("/internal/users/1", "/internal/users", False),
    ],
)
def test_a_path_is_a_prefix_of_whole_segments(prefix, path, met):
    assert Fault(path=prefix, status=500).meets(path) is met


def test_the_longest_prefix_alone_counts_whatever_came_first():
    faults = Faults()
    for fault in (Fault(path="/a/b", status=501), Fault(status=500), Fault(path="/a", status=502)):
        faults.put(fault)
    assert [faults.of(path).status for path in ("/a/b/c", "/a/x", "/z")] == [501, 502, 500]


def test_the_last_fault_for_a_path_replaces_the_one_before():
    faults = Faults()
    faults.put(Fault(path="/a", status=500))
    faults.put(Fault(path="/a/", latency_ms=5))
    assert faults.standing() == [Fault(path="/a/", latency_ms=5)]


def test_control_paths_never_meet_a_fault():
    faults = Faults()
    faults.put(Fault(mode="hang"))
    assert faults.of("/__faults") is None


def test_cleared_faults_are_met_no_more():
    faults = Faults()
    faults.put(Fault(status=500))
    faults.clear()
    assert (faults.of("/a"), faults.standing()) == (None, [])

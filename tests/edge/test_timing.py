"""Server-Timing names every step with its time and cause, and the trace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.call import Call, Trace
from gateway.edge.timing import Timing
from gateway.outcome import Cause, Failure, Freshness, Success

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def took(seconds):
    call = Call("x", None, deadline=1.0, timeout=1.0, trace=Trace(TRACE, "00", "r"))
    call.elapsed = seconds
    return call


def test_every_step_is_named_with_its_time_and_the_trace_comes_last():
    line = Timing(["basic_info", "orders"]).line(
        [took(0.01234), took(0.3001)], [Success(b"1"), Failure(Cause.TIMEOUT)], TRACE
    )

    assert line == (
        b'server-timing: basic_info;dur=12.3, orders;dur=300.1;desc="timeout", trace;desc=%b\r\n'
        % TRACE.encode()
    )


def test_part_that_stands_in_for_a_failure_tells_the_cause():
    stale = Success(b"1", Freshness.STALE, Cause.CIRCUIT_OPEN)

    assert b'orders;dur=1.0;desc="circuit_open", ' in Timing(["orders"]).line([took(0.001)], [stale], TRACE)


def test_step_that_was_never_called_took_no_time():
    line = Timing(["recs"]).line([None], [Failure(Cause.SKIPPED)], TRACE)

    assert b'recs;dur=0.0;desc="skipped", ' in line


def test_step_without_an_outcome_has_no_cause():
    assert b"a;dur=0.0, trace" in Timing(["a"]).line([None], [None], TRACE)


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.0, b"0.0"),
        (-0.1, b"0.0"),
        (0.00005, b"0.0"),
        (0.2499, b"249.9"),
        (0.25, b"250.0"),
        (61.0, b"61000.0"),
    ],
)
def test_times_are_milliseconds_with_one_decimal(seconds, written):
    assert b"a;dur=" + written + b"," in Timing(["a"]).line([took(seconds)], [Success(b"1")], TRACE)


@given(st.floats(0, 3600))
def test_written_time_is_the_measured_one_to_a_tenth(seconds):
    line = Timing(["a"]).line([took(seconds)], [Success(b"1")], TRACE)
    written = float(line.split(b"dur=")[1].split(b",")[0])

    assert written == pytest.approx(seconds * 1000, abs=0.11)


def test_name_that_is_no_token_is_written_as_one():
    assert b" a_b_c;dur=" in Timing(["a b,c"]).line([None], [None], TRACE)

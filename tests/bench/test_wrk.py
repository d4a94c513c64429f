"""What wrk printed is read exactly, and its faults are told."""

import pytest

from bench.wrk import Load, UnreadableError, parsed

LINE = 'bench {"requests":1200,"microseconds":2000000,"p50":410,"p99":1900,"non_2xx":0,"socket_errors":0}'


def load(**changes):
    fields = {"requests": 10, "microseconds": 1, "p50": 1, "p99": 1, "non_2xx": 0, "socket_errors": 0}
    return Load(**(fields | changes))


def test_figures_are_read_from_the_line_of_our_script_among_wrks_own():
    found = parsed(f"Running 2s test\n  1 threads and 32 connections\n{LINE}\n")

    assert (found.requests, found.p50, found.p99) == (1200, 410, 1900)
    assert found.rate == pytest.approx(600)
    assert found.faults == ""


def test_output_without_figures_is_told_as_it_is():
    with pytest.raises(UnreadableError, match="unable to connect"):
        parsed("unable to connect to 127.0.0.1:1 Connection refused")


def test_empty_output_is_told_too():
    with pytest.raises(UnreadableError, match="nothing"):
        parsed("")


def test_answers_that_were_not_2xx_and_socket_errors_are_faults():
    assert load(non_2xx=3, socket_errors=2).faults == "3 answers that were not 2xx, 2 socket errors"


def test_a_run_without_any_answer_is_a_fault():
    assert load(requests=0).faults == "no answer at all"

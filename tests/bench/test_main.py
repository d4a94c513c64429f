"""The command line is checked, and says how much is measured."""

import pytest

from bench.__main__ import options
from bench.rows import ROWS


def test_quick_is_two_rounds_of_one_second_of_the_costs_alone():
    found = options(["--quick"])

    assert (found.rounds, found.seconds, found.rows) == (2, 1, ROWS)
    assert found.no_latency
    assert found.no_memory


def test_run_without_options_is_whole():
    assert options([]).whole


@pytest.mark.parametrize("less", ["--quick", "--rows=gateway-3", "--no-latency", "--no-memory"])
def test_run_that_leaves_something_out_is_not_whole_and_leaves_the_docs_alone(less):
    assert not options([less]).whole


@pytest.mark.parametrize(
    "arguments", [["--rounds", "0"], ["--seconds", "0"], ["--rows", "gatway-3"], ["--fast"]]
)
def test_wrong_command_line_ends_with_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        options(arguments)

    assert ended.value.code == 2
    assert "error" in capsys.readouterr().err

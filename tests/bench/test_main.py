"""The report warns when its figures were taken on a busy machine, and the command line is checked."""

import pytest

from bench.__main__ import crowded, options
from bench.figures import Figure, Sample, Spread
from bench.rows import ROWS


def bare(busy):
    return Figure(ROWS[0], Spread(1, 1, 1), Sample(cpu=2e-5, rate=1, p50=1, p99=1, busy=busy))


def test_report_warns_when_others_used_the_core():
    assert "bare had only 62 % of its core" in crowded(bare(0.62))


def test_report_says_nothing_when_bare_had_its_core_for_itself():
    assert crowded(bare(0.99)) == ""


def test_failed_bare_is_no_warning_but_a_failure():
    assert crowded(Figure(ROWS[0], failed="no answer at all")) == ""


def test_quick_is_two_rounds_of_one_second():
    found = options(["--quick"])

    assert (found.rounds, found.seconds, found.rows) == (2, 1, ROWS)


@pytest.mark.parametrize(
    "arguments", [["--rounds", "0"], ["--seconds", "0"], ["--rows", "gatway-3"], ["--fast"]]
)
def test_wrong_command_line_ends_with_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        options(arguments)

    assert ended.value.code == 2
    assert "error" in capsys.readouterr().err

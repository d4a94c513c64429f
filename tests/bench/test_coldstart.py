"""The cold-start experiment's table and picture; the experiment itself once, small."""

import tempfile

import pytest

from bench.coldstart import CASES, Case, sample, table
from bench.coldstart_plot import svg, x
from tests.support.lambdas import lambda_served


def test_the_table_tells_fastest_middle_and_slowest():
    told = table([Case(20, prewarmed=True, seconds=(0.01, 0.02, 0.04))])

    assert "| 20 at once, prewarm |" in told
    assert [int(cell) for cell in told.splitlines()[-1].split("|")[2:5]] == [10, 20, 40]


def test_the_picture_has_a_dot_for_each_request_on_a_logarithmic_axis():
    picture = svg([("cold <1>", (0.8, 0.9)), ("warm", (0.004, 0.005, 0.006))])

    assert picture.count("<circle") == 5
    assert "cold &lt;1&gt;" in picture
    assert x(0.1) - x(0.01) == pytest.approx(x(1.0) - x(0.1), abs=0.2)


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in CASES if case.at_once == 1], ids=lambda case: case.label)
async def test_the_experiment_measures_a_first_request(case):
    async with lambda_served(cold_start=0.8) as served:
        with tempfile.TemporaryDirectory() as folder:
            (seconds,) = await sample(case, served.url, folder, forget=served.fleet("score").forget)

    assert (seconds < 0.6) is case.prewarmed

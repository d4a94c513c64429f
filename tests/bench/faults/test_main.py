"""The command line: what is tried, and when the docs are written."""

import pytest

from bench.faults.__main__ import options, pairs
from bench.faults.scenarios import SCENARIOS
from bench.faults.variants import VARIANTS


def test_whole_run_tries_every_variant_in_every_scenario_and_writes_the_docs():
    chose = options([])

    everywhere = [scenario for scenario in SCENARIOS if not scenario.only]
    assert len([pair for pair in chose.pairs if not pair[1].only]) == len(everywhere) * len(VARIANTS)
    assert (chose.whole, chose.page.name) == (True, "faults.md")


@pytest.mark.parametrize("part", [["--quick"], ["--scenarios", "slow"], ["--variants", "peer"]])
def test_part_of_a_run_leaves_the_docs_alone(part):
    chose = options(part)

    assert (chose.whole, chose.page) == (False, None)


def test_page_of_ones_own_is_written_whatever_was_measured(tmp_path):
    assert options(["--quick", "--page", str(tmp_path / "p.md")]).page == tmp_path / "p.md"


def test_scenario_that_is_for_some_variants_is_tried_with_those_only():
    assert [variant.name for variant, _ in pairs(["restart-required"], [])] == [
        "defaults",
        "peer",
    ]


@pytest.mark.parametrize("wrong", [["--scenarios", "nonsense"], ["--variants", "nonsense"], ["--lanes", "0"]])
def test_nonsense_is_refused(wrong):
    with pytest.raises(SystemExit) as ended:
        options(wrong)
    assert ended.value.code == 2

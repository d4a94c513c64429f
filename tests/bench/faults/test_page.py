"""The page has every target, every scenario with its picture, and names what failed."""

from bench.faults import scenarios as at
from bench.faults.leaks import LEAKS
from bench.faults.page import FAULTS, Findings, page
from bench.faults.seen import Record, figures
from bench.faults.soak import SOAK
from bench.faults.trial import Trial
from bench.faults.variants import DEFAULTS, PEER
from tests.support.processes import ROOT

RECORD = Record(10.0, "cccspel", [0.0123] * 7)


def trial(variant, scenario, **more):
    hits = {"users": 1.0, "orders": 2.0, "recommendations": 0.0}
    return Trial(variant, scenario, RECORD, figures(RECORD, hits), **more)


def test_scenario_has_title_picture_and_one_line_per_variant():
    text = page(Findings([trial(DEFAULTS, at.SLOW, trips={"orders": 1}), trial(PEER, at.SLOW)], "Measured."))

    assert "### One slow upstream" in text
    assert "](faults/slow.svg)" in text
    cells = [
        cell.strip() for cell in next(line for line in text.splitlines() if DEFAULTS.label in line).split("|")
    ]
    assert cells[2:-1] == [
        "71.4 %",
        "57.1 %",
        "42.9 %",
        "12.3",
        "none",
        "none",
        "1.00",
        "2.00",
        "0.00",
        "3.00",
        "1",
    ]
    assert text.endswith("Measured.")


def test_what_ran_alone_has_no_picture():
    assert "](faults/" not in page(Findings([trial(DEFAULTS, at.HANGING)]))


def test_missed_target_stands_out():
    found = trial(DEFAULTS, at.HANGING)

    assert "**missed**" in page(Findings([found]))


def test_what_failed_is_named_with_its_first_line():
    failed = Trial(DEFAULTS, at.SLOW, failed="no answer\nand much more")

    assert "Failed: gateway, defaults in One slow upstream: no answer." in page(Findings([failed]))


def test_page_in_the_docs_has_a_place_for_everything():
    text = (ROOT / "docs" / "faults.md").read_text()

    for begin, end in (FAULTS, LEAKS, SOAK):
        assert text.count(begin) == text.count(end) == 1

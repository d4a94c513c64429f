"""The table reads well, and lands between its markers only."""

import pytest

from bench.figures import Figure, Sample, Spread
from bench.rows import chosen
from bench.table import BEGIN, END, markdown, multiple, write, written

BARE, GATEWAY = chosen(["gateway-3"])
SAMPLE = Sample(cpu=66.04e-6, rate=15123.4, p50=0.0021, p99=0.00456, busy=0.99)


def test_row_shows_multiple_spread_target_and_medians():
    lines = markdown([Figure(GATEWAY, Spread(3.1, 3.04, 3.3), SAMPLE)]).splitlines()

    cells = [cell.strip() for cell in lines[2].strip("|").split("|")]
    assert cells == ["gateway, 3 calls", "3.10", "3.04 – 3.30", "≤ 4", "66.0", "15,123", "2.10", "4.56"]


def test_failed_row_is_marked():
    lines = markdown([Figure(GATEWAY, failed="3 socket errors")]).splitlines()

    assert "| failed |" in lines[2]


def test_all_lines_are_equally_wide():
    rows = [Figure(BARE, Spread(1, 1, 1), SAMPLE), Figure(GATEWAY, failed="no answer")]

    assert len({len(line) for line in markdown(rows).splitlines()}) == 1


@pytest.mark.parametrize(
    ("value", "shown"), [(2.996, "3.00"), (9.994, "9.99"), (20.04, "20.0"), (391.6, "392")]
)
def test_multiple_has_about_three_digits(value, shown):
    assert multiple(value) == shown


def test_content_replaces_what_stood_between_the_markers():
    page = f"# Title\n\n{BEGIN}\n\nold\n\n{END}\n\nMethod.\n"

    assert written(page, "new") == f"# Title\n\n{BEGIN}\n\nnew\n\n{END}\n\nMethod.\n"


@pytest.mark.parametrize(
    "page", ["", BEGIN, END, f"{END}{BEGIN}", f"{BEGIN}{BEGIN}{END}", f"{BEGIN}{END}{END}"]
)
def test_page_without_one_pair_of_markers_is_refused(page):
    with pytest.raises(ValueError, match="once each"):
        written(page, "new")


def test_pages_without_markers_stay_as_they_are(tmp_path):
    marked, plain, absent = tmp_path / "a.md", tmp_path / "b.md", tmp_path / "c.md"
    marked.write_text(f"{BEGIN}{END}")
    plain.write_text("no table here")

    assert write([marked, plain, absent], "new") == [marked]
    assert plain.read_text() == "no table here"
    assert not absent.exists()

"""Tables read well, and land between their markers only."""

import pytest

from bench.table import BENCH, SHORT, aligned, multiple, verdict, write, written

BEGIN, END = BENCH


def test_all_lines_are_equally_wide():
    lines = aligned(("what", "µs"), [["a long name of a row", "1"], ["b", "1,234.5"]]).splitlines()

    assert len({len(line) for line in lines}) == 1


def test_words_stand_left_and_numbers_right():
    *_, last = aligned(("what", "cost"), [["a row", "100"], ["b", "1"]]).splitlines()

    assert last == "| b     |    1 |"


@pytest.mark.parametrize(
    ("value", "shown"), [(2.996, "3.00"), (9.994, "9.99"), (20.04, "20.0"), (391.6, "392")]
)
def test_multiple_has_about_three_digits(value, shown):
    assert multiple(value) == shown


@pytest.mark.parametrize(("kept", "word"), [(True, "met"), (False, "**missed**"), (None, "")])
def test_verdict_tells_a_missed_target_loudly(kept, word):
    assert verdict(kept) == word


def test_content_replaces_what_stood_between_the_markers():
    page = f"# Title\n\n{BEGIN}\n\nold\n\n{END}\n\nMethod.\n"

    assert written(page, "new", BENCH) == f"# Title\n\n{BEGIN}\n\nnew\n\n{END}\n\nMethod.\n"


@pytest.mark.parametrize(
    "page", ["", BEGIN, END, f"{END}{BEGIN}", f"{BEGIN}{BEGIN}{END}", f"{BEGIN}{END}{END}"]
)
def test_page_without_one_pair_of_markers_is_refused(page):
    with pytest.raises(ValueError, match="once each"):
        written(page, "new", BENCH)


def test_pages_without_markers_stay_as_they_are(tmp_path):
    marked, plain, absent = tmp_path / "a.md", tmp_path / "b.md", tmp_path / "c.md"
    marked.write_text(f"{BEGIN}{END}")
    plain.write_text("no table here")

    assert [write(page, "new", BENCH) for page in (marked, plain, absent)] == [True, False, False]
    assert plain.read_text() == "no table here"
    assert not absent.exists()


def test_markers_of_another_table_are_left_alone(tmp_path):
    page = tmp_path / "README.md"
    page.write_text(f"{SHORT.begin}\n{SHORT.end}\n")

    assert not write(page, "new", BENCH)

"""docs/scenarios.md says which test proves which scenario; this holds the page to what exists."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "scenarios.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| ([A-Z]\d+) \|.*?\| (.+) \|$", PAGE, re.MULTILINE))
WRITTEN = {
    name
    for path in TESTS.rglob("test_*.py")
    for name in re.findall(
        r"^(?:async )?def (test_[a-z]\d+_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE
    )
}


def named(row):
    return set(re.findall(r"`(test_\w+)`", row))


def test_page_has_the_whole_catalogue():
    assert len(ROWS) == 120


def test_every_row_names_a_test_or_says_why_not():
    assert [scenario for scenario, row in ROWS.items() if not named(row) and len(row) < 10] == []


def test_every_named_test_exists_and_bears_the_id():
    wrong = {
        name
        for scenario, row in ROWS.items()
        for name in named(row)
        if name not in WRITTEN or not name.startswith(f"test_{scenario.lower()}_")
    }

    assert wrong == set()


def test_every_scenario_test_stands_on_the_page():
    missing = WRITTEN - {name for row in ROWS.values() for name in named(row)}

    assert missing == set(), "add them to their rows in docs/scenarios.md"

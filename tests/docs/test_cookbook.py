"""What the cookbook shows is so: every page's examples are played against a real gateway."""

import re

import pytest

from tests.support.cookbook import examples, play, told_of
from tests.support.processes import ROOT

COOKBOOK = ROOT / "docs" / "cookbook"
PAGES = sorted(path.name for path in COOKBOOK.glob("*.md") if path.name != "README.md")


@pytest.mark.parametrize("page", PAGES)
async def test_examples_of_a_page_come_out_as_it_says(page):
    played, faulty = examples((COOKBOOK / page).read_text())

    assert played or faulty, "a page without an example"
    for example in played:
        await play(example)


@pytest.mark.parametrize("page", PAGES)
def test_faulty_configurations_of_a_page_are_told_as_it_says(page):
    _, faulty = examples((COOKBOOK / page).read_text())

    for config, told in faulty:
        assert told.strip() in told_of(config)


def test_index_leads_to_every_page_and_nowhere_else():
    linked = re.findall(r"\]\(([a-z0-9-]+\.md)\)", (COOKBOOK / "README.md").read_text())

    assert sorted(set(linked)) == PAGES

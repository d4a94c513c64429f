import re

import pytest

from gateway.telemetry.page import TABLES, page
from tests.support.processes import ROOT

DOCS = ROOT / "docs/telemetry.md"


def test_docs_show_the_tables_that_the_names_give(request):
    text = DOCS.read_text()
    if request.config.getoption("--golden-update"):
        DOCS.write_text(page(text))

    assert DOCS.read_text() == page(text)


def test_metrics_are_shown_as_they_are_exposed():
    table = TABLES["metrics"]()

    assert "| `gateway_requests_total` | counter | `route` `status` `degraded` |" in table
    assert "| `gateway_budget_tokens` | gauge | `upstream` |" in table
    assert "| `gateway_call_duration_seconds` | histogram | `route` `step` |" in table


def test_spans_and_their_attributes_are_shown():
    assert "| `step {step}` | internal |" in TABLES["spans"]()
    assert "| `gateway.hedge` | attempt |" in TABLES["attributes"]()


def test_events_are_shown_with_their_level_and_facts():
    assert "| `request.refused` | info | `route` `status` `ms` |" in TABLES["events"]()


@pytest.mark.parametrize("table", TABLES)
def test_no_cell_breaks_its_table(table):
    head, *rows = TABLES[table]().splitlines()

    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {head.count("|")}


def test_page_without_a_place_for_a_table_is_a_fault():
    with pytest.raises(ValueError, match="no place for metrics"):
        page("# Nothing\n")

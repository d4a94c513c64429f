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


def test_page_without_a_place_for_a_table_is_a_fault():
    with pytest.raises(ValueError, match="no place for metrics"):
        page("# Nothing\n")

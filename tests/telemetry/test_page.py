from gateway.telemetry.table import metrics_table
from tests.support.processes import ROOT

DOCS = ROOT / "docs/metrics.md"
BEGIN, END = "<!-- table: begin -->\n", "<!-- table: end -->"


def test_docs_show_the_table_that_the_names_give(request):
    text = DOCS.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    expected = f"{before}{BEGIN}{metrics_table()}{END}{after}"
    if request.config.getoption("--golden-update"):
        DOCS.write_text(expected)

    assert DOCS.read_text() == expected


def test_counters_are_shown_as_they_are_exposed():
    assert "| `gateway_requests_total` | counter | `route` `status` `degraded` |" in metrics_table()
    assert "| `gateway_budget_tokens` | gauge | `upstream` |" in metrics_table()

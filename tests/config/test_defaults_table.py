from gateway.config import defaults_table
from gateway.config.defaults_table import SECTIONS
from gateway.config.later import NOT_BUILT
from gateway.config.specs import fields_of
from tests.config.sample import ROOT

DOCS = ROOT / "docs/configuration.md"
BEGIN, END = "<!-- tables: begin -->\n", "<!-- tables: end -->"


def test_docs_show_the_tables_that_the_models_give(request):
    text = DOCS.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    expected = f"{before}{BEGIN}{defaults_table()}{END}{after}"
    if request.config.getoption("--golden-update"):
        DOCS.write_text(expected)

    assert DOCS.read_text() == expected


def test_defaults_are_shown_as_people_write_them():
    table = defaults_table()

    for row in ("| `timeout` | `1s` |", "| `max_body` | `1MiB` |", "| `max_open_for` | `60s` |",
                "| `slow_call` | `off` |",
                "| `failure_ratio` | `0.5` |", "| `propagate` | `on` |", "| `deep` | `false` |",
                "| `proxy` | `off` |",
                "| `expose` | `[degraded, timing]` |", "| `steps` | must be written |",
                "| `respond` |  |"):  # fmt: skip
        assert row in table


def test_every_key_has_a_meaning():
    for _, model in SECTIONS:
        for name, field in fields_of(model).items():
            assert field.description, f"{model.__name__}.{name}"


def test_keys_of_later_versions_are_left_out():
    tables = dict(part.split("\n", 1) for part in defaults_table().split("### ")[1:])
    titles = {"document": "Top level", "upstream": "An upstream", "route": "A route", "step": "A step"}

    for kind, keys in NOT_BUILT.items():
        for key in keys:
            assert f"| `{key}` |" not in tables[titles[kind]]

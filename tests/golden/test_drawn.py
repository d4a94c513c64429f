"""Plans as terminal text, SVG and Mermaid; the picture is the one in docs/explain.md.

`pytest tests/golden --golden-update` writes the expectations anew: look at the picture before committing.
"""

from pathlib import Path

import pytest

from gateway import Gateway
from gateway.compiler.outlook import graph_of
from gateway.drawing.mermaid import mermaid
from gateway.drawing.svg import svg
from gateway.drawing.terminal import terminal_lines
from tests.support.processes import ROOT

FOLDER = Path(__file__).parent / "drawn"


def in_terminal(graphs):
    return "\n\n".join("\n".join([graph.name, *terminal_lines(graph)]) for graph in graphs) + "\n"


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        (in_terminal, FOLDER / "plan.txt"),
        (mermaid, FOLDER / "plan.mmd"),
        (svg, ROOT / "docs" / "explain" / "plan.svg"),
    ],
)
def test_plan_is_drawn_as_expected(draw, expected, request):
    gateway = Gateway(FOLDER / "plan.yaml", environ={})
    drawn = draw([graph_of(route) for route in gateway.routes.values()])
    if request.config.getoption("--golden-update"):
        expected.write_text(drawn)

    assert drawn == expected.read_text()

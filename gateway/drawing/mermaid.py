"""Graphs as a Mermaid flowchart, which Markdown pages draw by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.drawing.graph import Graph


def mermaid(graphs: Sequence[Graph]) -> str:
    """The text of one flowchart: a box per route, thick arrows on what takes longest, dotted soft ones."""
    lines = ["flowchart LR"]
    for number, graph in enumerate(graphs):
        lines += _of_graph(graph, f"r{number}")
    return "\n".join(lines) + "\n"


def _of_graph(graph: Graph, prefix: str) -> Iterable[str]:
    yield f'  subgraph {prefix}["{_quoted(graph.name)}"]'
    for index, node in enumerate(graph.nodes):
        words = [f"<b>{_quoted(node.name)}</b>", *(_quoted(text) for text in (node.title, node.note) if text)]
        left, right = ("[", "]") if node.required else ("(", ")")
        yield f'    {prefix}s{index}{left}"{"<br/>".join(words)}"{right}'
    for edge in graph.edges:
        arrow = "-.->" if edge.soft else "==>" if edge.critical else "-->"
        yield f"    {prefix}s{edge.source} {arrow} {prefix}s{edge.target}"
    yield "  end"


def _quoted(text: str) -> str:
    """*text* in a label: what Mermaid or HTML would read as more than text is written as an entity."""
    return "".join(f"#{ord(char)};" if char in '"#<>&{}[]()|`' else char for char in text)

"""The picture in a terminal shows every edge, and no other."""

import pytest

from gateway.drawing.graph import Graph, Node
from gateway.drawing.terminal import legend, terminal_lines
from tests.drawing.samples import profile, some_graph

RIGHT, LEFT, UP, DOWN = (0, 1), (0, -1), (-1, 0), (1, 0)
OPENS = {
    "─": {LEFT, RIGHT}, "╌": {LEFT, RIGHT}, "│": {UP, DOWN}, "╎": {UP, DOWN}, "┌": {DOWN, RIGHT},
    "┐": {DOWN, LEFT}, "└": {UP, RIGHT}, "┘": {UP, LEFT}, "├": {UP, DOWN, RIGHT}, "┤": {UP, DOWN, LEFT},
    "┬": {DOWN, LEFT, RIGHT}, "┴": {UP, LEFT, RIGHT}, "┼": {UP, DOWN, LEFT, RIGHT},
}  # fmt: skip


def test_profile_is_drawn():
    assert "\n".join(terminal_lines(profile())) == (
        "● user *  ≤ 800 ms ─┐\n"
        "                    ├───▶ ○ recs *  ≤ 1 s ─┐\n"
        "                    └───▶ ○ friends ───────│─┐\n"
        "○ orders ╌╌╌╌╌╌╌╌╌╌╌╌╌┐                    │ │\n"
        "                      └╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┴─┴─▶ ○ ranked *\n"
        "○ alone"
    )


def test_legend_explains_only_what_is_there():
    assert legend(profile()) == "● required, ○ optional, * takes longest, ╌ runs without, if need be"
    assert legend(Graph("x", [Node(name="a", required=True)])) == "● required"


def test_legend_does_not_explain_a_line_that_cannot_be_seen():
    nodes = [
        Node(name="a"),
        Node(name="b"),
        Node(name="c", needs=(1,)),
        Node(name="d", needs=(0,), awaits=(1,)),
    ]

    assert "╌" not in "".join(terminal_lines(Graph("x", nodes)))
    assert "╌" not in legend(Graph("x", nodes))


def followed(lines, graph):
    """The edges that somebody sees who goes along the lines."""
    texts = {f" {node.name}": index for index, node in enumerate(graph.nodes)}
    row_of = {}
    for row, line in enumerate(lines):
        for text, index in texts.items():
            if line.endswith(text) or f"{text} " in line:
                row_of[index] = row
    seen = set()
    for source, row in row_of.items():
        start = lines[row].index(f" {graph.nodes[source].name}") + len(graph.nodes[source].name) + 2
        todo, done = [((row, start), RIGHT)], set()
        while todo:
            (y, x), way = todo.pop()
            if ((y, x), way) in done or not (0 <= y < len(lines) and 0 <= x < len(lines[y])):
                continue
            done.add(((y, x), way))
            sign = lines[y][x]
            if sign == "▶":
                seen.add((source, next(index for index, r in row_of.items() if r == y)))
            back = (-way[0], -way[1])
            opens = OPENS.get(sign, set())
            if back in opens:
                # Nothing goes to the left, and what comes from there only meets what joins it.
                ways = [RIGHT] if way == RIGHT and RIGHT in opens else opens - {back, LEFT}
            elif sign in "│╎" and way == RIGHT:
                ways = [RIGHT]  # below what crosses
            else:
                continue
            todo += [((y + dy, x + dx), (dy, dx)) for dy, dx in ways]
    return seen


@pytest.mark.parametrize("seed", range(40))
def test_whoever_follows_the_lines_finds_the_edges(seed):
    graph = some_graph(seed, count=9)

    lines = terminal_lines(graph)

    assert followed(lines, graph) == {(edge.source, edge.target) for edge in graph.edges}, "\n".join(lines)


def test_no_graph_is_no_picture():
    assert terminal_lines(Graph("x", [])) == []

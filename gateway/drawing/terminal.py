"""A graph in box drawing characters.

Every node has a line of its own, so that only what comes to it is drawn to its left and what leaves it to its
right; every node that others wait for has a column of its own for the way down or up to them. Lines join
where they lead to the same node; where they only cross, the upright one passes over the other.
"""

from __future__ import annotations

from typing import Final

from gateway.drawing.graph import Graph

UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
_SOLID: Final = {
    LEFT | RIGHT: "─", UP | DOWN: "│", DOWN | RIGHT: "┌", DOWN | LEFT: "┐", UP | RIGHT: "└", UP | LEFT: "┘",
    UP | DOWN | RIGHT: "├", UP | DOWN | LEFT: "┤", DOWN | LEFT | RIGHT: "┬", UP | LEFT | RIGHT: "┴",
    UP | DOWN | LEFT | RIGHT: "┼",
}  # fmt: skip
_DASHED: Final = {LEFT | RIGHT: "╌", UP | DOWN: "╎"}
_LEVEL, _UPRIGHT = LEFT | RIGHT, UP | DOWN
_ARROW: Final = "▶"
_REQUIRED, _OPTIONAL, _CRITICAL = "●", "○", " *"
_LANE: Final = 2
"""Columns from one way up or down to the next."""


def terminal_lines(graph: Graph) -> list[str]:
    """The lines of the picture, without a margin."""
    return _Canvas(graph).lines()


def legend(graph: Graph) -> str:
    """What the signs in it mean, as far as they are used."""
    words = [f"{_REQUIRED} required"] if any(node.required for node in graph.nodes) else []
    words += [f"{_OPTIONAL} optional"] if not all(node.required for node in graph.nodes) else []
    words += ["* takes longest"] if any(node.critical for node in graph.nodes) else []
    drawn = "".join(terminal_lines(graph))  # a soft line that joins a hard one is not seen
    words += ["╌ runs without, if need be"] if set(drawn) & set(_DASHED.values()) else []
    return ", ".join(words)


class _Canvas:
    """Places the nodes, then draws the edges over an empty grid."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._row = {index: row for row, index in enumerate(graph.order)}
        self._depths = graph.depths
        self._texts = [_text(graph, index) for index in range(len(graph.nodes))]
        self._cells: dict[tuple[int, int], int] = {}
        self._hard: set[tuple[int, int, int]] = set()
        self._joints: set[tuple[int, int]] = set()
        self._put_columns()

    def _put_columns(self) -> None:
        """Where each node begins, and where the way of each that is waited for lies."""
        sources = {edge.source for edge in self._graph.edges}
        self._begin: dict[int, int] = {}
        self._lane: dict[int, int] = {}
        at = 0
        for depth in range(max(self._depths, default=-1) + 1):
            here = [index for index in self._graph.order if self._depths[index] == depth]
            for index in here:
                self._begin[index] = at
            at += max(len(self._texts[index]) for index in here) + 2
            for index in here:
                if index in sources:
                    self._lane[index] = at
                    at += _LANE
            at += 2

    def lines(self) -> list[str]:
        """The picture, row by row."""
        for edge in self._graph.edges:
            self._draw(edge.source, edge.target, soft=edge.soft)
        lines = []
        for index in self._graph.order:
            row, begin = self._row[index], self._begin[index]
            text = self._texts[index]
            width = max([begin + len(text), *(x + 1 for r, x in self._cells if r == row)])
            line = [self._sign(row, x) for x in range(width)]
            line[begin : begin + len(text)] = text
            if any(edge.target == index for edge in self._graph.edges):
                line[begin - 2] = _ARROW
            lines.append("".join(line).rstrip())
        return lines

    def _draw(self, source: int, target: int, *, soft: bool) -> None:
        """Right to the source's way, along it, then right to the target."""
        start, end, lane = self._row[source], self._row[target], self._lane[source]
        for x in range(self._begin[source] + len(self._texts[source]) + 1, lane):
            self._mark(start, x, _LEVEL, soft=soft)
        down = end > start
        self._mark(start, lane, LEFT | (DOWN if down else UP), soft=soft)
        for row in range(min(start, end) + 1, max(start, end)):
            self._mark(row, lane, _UPRIGHT, soft=soft)
        self._mark(end, lane, (UP if down else DOWN) | RIGHT, soft=soft)
        for x in range(lane + 1, self._begin[target] - 2):
            self._mark(end, x, _LEVEL, soft=soft)

    def _mark(self, row: int, x: int, sides: int, *, soft: bool) -> None:
        self._cells[row, x] = self._cells.get((row, x), 0) | sides
        if sides not in {_LEVEL, _UPRIGHT}:
            self._joints.add((row, x))
        if not soft:
            self._hard |= {(row, x, way) for way in (_LEVEL, _UPRIGHT) if sides & way}

    def _sign(self, row: int, x: int) -> str:
        sides = self._cells.get((row, x))
        if sides is None:
            return " "
        if (row, x) not in self._joints and sides & _UPRIGHT:
            sides = _UPRIGHT
        return _SOLID[sides] if (row, x, sides) in self._hard else _DASHED.get(sides, _SOLID[sides])


def _text(graph: Graph, index: int) -> str:
    node = graph.nodes[index]
    sign = _REQUIRED if node.required else _OPTIONAL
    note = f"  {node.note}" if node.note else ""
    return f"{sign} {node.name}{_CRITICAL if node.critical else ''}{note}"

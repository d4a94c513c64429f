"""Graphs as one SVG picture, readable by day and by night, without scripts and foreign fonts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from xml.sax.saxutils import escape

from gateway.drawing.graph import Edge, Graph, Node
from gateway.drawing.layout import Layout, Place, layout_of

_MARGIN: Final = 24
_LINE: Final = 18
_LETTER: Final = 7.3
"""Pixels of a letter of 12 pixels in the widest of the fonts below."""

_PADDING: Final = 12
_GAP: Final = 22
"""Between the boxes of a column."""

_ROOM: Final = 72
"""Between columns, for the edges."""

_LONGEST: Final = 48
"""Letters of a line in a box."""

_HEADING: Final = 44
_STYLE: Final = """
    svg { color-scheme: light dark; background: #fff; }
    text { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1f2933; }
    .name { font-weight: 700; font-size: 13px; }
    .quiet { fill: #5f6c7b; }
    .box { fill: #f5f7fa; stroke: #8894a3; stroke-width: 1.2; }
    .required { stroke: #1f2933; stroke-width: 2.4; }
    .critical { stroke: #b3400f; }
    .edge { fill: none; stroke: #8894a3; stroke-width: 1.6; }
    .edge.critical { stroke: #b3400f; stroke-width: 2.6; }
    .soft { stroke-dasharray: 5 5; }
    .arrow { fill: #8894a3; }
    .arrow.critical { fill: #b3400f; }
    @media (prefers-color-scheme: dark) {
      svg { background: #14181d; }
      text { fill: #e4e9ef; }
      .quiet { fill: #9aa7b5; }
      .box { fill: #1e252d; stroke: #6b7886; }
      .required { stroke: #e4e9ef; }
      .critical { stroke: #ff9a62; }
      .edge { stroke: #6b7886; }
      .edge.critical { stroke: #ff9a62; }
      .arrow { fill: #6b7886; }
      .arrow.critical { fill: #ff9a62; }
    }
"""


def svg(graphs: Sequence[Graph]) -> str:
    """The picture of all *graphs*, one below the other, with a legend."""
    pictures = [_Picture(graph) for graph in graphs]
    width = max([picture.width for picture in pictures] + [560]) + 2 * _MARGIN
    lines: list[str] = []
    top = float(_MARGIN)
    for picture in pictures:
        lines += picture.elements(top)
        top += picture.height + 2 * _MARGIN
    lines.append(_text(_MARGIN, top, "quiet", _LEGEND))
    height = top + _MARGIN
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img">'
    )
    title = escape(", ".join(graph.name for graph in graphs))
    return "\n".join([head, f"<title>{title}</title>", f"<style>{_STYLE}</style>", *lines, "</svg>"]) + "\n"


_LEGEND: Final = "thick border: required · orange: takes longest · dashed: runs without, if need be"


class _Picture:
    """One graph. Sizes and places are pixels from its own top left corner."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._layout: Layout = layout_of(graph)
        self._texts = [_texts(node) for node in graph.nodes]
        self._box = _PADDING * 2 + _LINE * max([len(texts) for texts in self._texts] + [1])
        self._put_columns()
        most = max(self._layout.columns, default=0)
        self._tall = most * (self._box + _GAP) - _GAP
        self.height = _HEADING + self._tall
        self.width = max(self._right, _LETTER * 1.1 * max(len(graph.name), len(graph.note)))

    def _put_columns(self) -> None:
        self._left: list[float] = []
        self._wide: list[float] = []
        at = 0.0
        for column in range(len(self._layout.columns)):
            texts = [
                text
                for place, texts in zip(self._layout.boxes, self._texts, strict=True)
                if place[0] == column
                for text in texts
            ]
            self._left.append(at)
            self._wide.append(max(map(len, texts), default=0) * _LETTER + 2 * _PADDING)
            at += self._wide[-1] + _ROOM
        self._right = at - _ROOM if at else 0.0

    def elements(self, top: float) -> Iterable[str]:
        """Its elements, *top* pixels from the picture's."""
        yield _text(_MARGIN, top + 12, "name", self._graph.name)
        yield _text(_MARGIN, top + 28, "quiet", self._graph.note)
        yield f'<g transform="translate({_MARGIN} {top + _HEADING:.0f})">'
        for edge, places in sorted(self._layout.ways, key=lambda way: way[0].critical):
            yield from self._edge(edge, places)
        for node, place, texts in zip(self._graph.nodes, self._layout.boxes, self._texts, strict=True):
            yield from self._node(node, place, texts)
        yield "</g>"

    def _node(self, node: Node, place: Place, texts: list[str]) -> Iterable[str]:
        x, y = self._left[place[0]], self._top(place)
        marks = " required" * node.required + " critical" * node.critical
        yield (
            f'<rect class="box{marks}" x="{x:.1f}" y="{y:.1f}" '
            f'width="{self._wide[place[0]]:.1f}" height="{self._box}" rx="7"/>'
        )
        for number, text in enumerate(texts):
            line = y + _PADDING + _LINE * number + 12
            yield _text(x + _PADDING, line, "quiet" if number else "name", text)

    def _edge(self, edge: Edge, places: list[Place]) -> Iterable[str]:
        """A curve from box to box, level where it passes the empty places between."""
        first, *between, last = places
        start = self._left[first[0]] + self._wide[first[0]]
        end = self._left[last[0]] - 9
        path = f"M{start:.1f} {self._middle(first):.1f}"
        x, y = start, self._middle(first)
        for place in [*between, last]:
            into = end if place is last else self._left[place[0]]
            half, level = (into - x) / 2, self._middle(place)
            path += f" C{x + half:.1f} {y:.1f} {x + half:.1f} {level:.1f} {into:.1f} {level:.1f}"
            x, y = into, level
            if place is not last:
                x = self._left[place[0]] + self._wide[place[0]]
                path += f" H{x:.1f}"
        marks = " soft" * edge.soft + " critical" * edge.critical
        yield f'<path class="edge{marks}" d="{path}"/>'
        arrow = " critical" * edge.critical
        yield f'<path class="arrow{arrow}" d="M{end + 9:.1f} {y:.1f} l-10 -5 v10 z"/>'

    def _top(self, place: Place) -> float:
        """A column with fewer places than others stands in the middle."""
        column, number = place
        own = self._layout.columns[column] * (self._box + _GAP) - _GAP
        return (self._tall - own) / 2 + number * (self._box + _GAP)

    def _middle(self, place: Place) -> float:
        return self._top(place) + self._box / 2


def _texts(node: Node) -> list[str]:
    """The words of a box; the end of a long one, such as a statement, is left out."""
    texts = [text for text in (node.name, node.title, node.note) if text]
    return [text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…" for text in texts]


def _text(x: float, y: float, kind: str, text: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'

"""Where the boxes of a graph lie in a picture: columns by what they wait for, few crossings, no hidden edges.

An edge over several columns goes through an empty place in each column between, so that it passes no box
behind its back (the way of Sugiyama, with barycentres).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from gateway.drawing.graph import Edge, Graph

_SWEEPS = 6
"""Times that the columns are put in order by their neighbours; after that little changes."""

Place = tuple[int, int]
"""A column and a number in it; empty places of edges are places too."""


@dataclass(frozen=True, slots=True)
class Layout:
    """``boxes`` has the place of each node, ``columns`` the number of places of each column. ``ways`` has the
    places that each edge goes through, both ends included.
    """

    boxes: list[Place]
    ways: list[tuple[Edge, list[Place]]]
    columns: list[int]


def layout_of(graph: Graph) -> Layout:
    """The places of *graph*."""
    depths = graph.depths
    columns: list[list[int]] = [[] for _ in range(max(depths, default=-1) + 1)]
    for index in graph.order:
        columns[depths[index]].append(index)
    count = len(graph.nodes)
    ways: list[tuple[Edge, list[int]]] = []
    for edge in graph.edges:  # what stands for an edge in a column between has a number behind the nodes'
        between = list(range(depths[edge.source] + 1, depths[edge.target]))
        way = [edge.source, *range(count, count + len(between)), edge.target]
        for column, empty in zip(between, way[1:-1], strict=True):
            columns[column].append(empty)
        count += len(between)
        ways.append((edge, way))
    _order(columns, [pair for _, way in ways for pair in pairwise(way)])
    places = {item: (x, position) for x, column in enumerate(columns) for position, item in enumerate(column)}
    return Layout(
        boxes=[places[index] for index in range(len(graph.nodes))],
        ways=[(edge, [places[item] for item in way]) for edge, way in ways],
        columns=[len(column) for column in columns],
    )


def _order(columns: list[list[int]], links: list[tuple[int, int]]) -> None:
    """Put every column in the order of the middles of what its items are linked to, there and back again."""
    before: dict[int, list[int]] = {}
    after: dict[int, list[int]] = {}
    for source, target in links:
        before.setdefault(target, []).append(source)
        after.setdefault(source, []).append(target)
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        neighbours = before if forth else after
        numbers = range(1, len(columns)) if forth else range(len(columns) - 2, -1, -1)
        for number in numbers:
            fixed = {item: at for at, item in enumerate(columns[number - 1 if forth else number + 1])}
            at = {item: float(position) for position, item in enumerate(columns[number])}
            for item in columns[number]:
                near = [fixed[each] for each in neighbours.get(item, ())]
                at[item] = sum(near) / len(near) if near else at[item]
            columns[number].sort(key=at.__getitem__)

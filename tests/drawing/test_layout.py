"""Boxes have places of their own, and edges go around them."""

import itertools

import pytest

from gateway.drawing.graph import Graph
from gateway.drawing.layout import layout_of
from tests.drawing.samples import profile, some_graph


@pytest.mark.parametrize("seed", range(20))
def test_nothing_shares_a_place(seed):
    graph = some_graph(seed)
    layout = layout_of(graph)

    empty = [place for _, way in layout.ways for place in way[1:-1]]
    everything = [*layout.boxes, *empty]
    assert len(set(everything)) == len(everything)
    assert sum(layout.columns) == len(everything)


@pytest.mark.parametrize("seed", range(20))
def test_edges_go_from_column_to_column(seed):
    layout = layout_of(some_graph(seed))

    for edge, way in layout.ways:
        assert (way[0], way[-1]) == (layout.boxes[edge.source], layout.boxes[edge.target])
        assert [there[0] - here[0] for here, there in itertools.pairwise(way)] == [1] * (len(way) - 1)


def test_sweeps_leave_no_crossing_where_none_is_needed():
    layout = layout_of(profile())

    assert layout.boxes[2][1] < layout.boxes[3][1]


def test_no_graph_has_no_columns():
    assert layout_of(Graph("x", [])).columns == []

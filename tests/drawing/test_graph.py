"""Columns and rows follow from what waits for what."""

import pytest

from tests.drawing.samples import profile, some_graph


def test_edges_know_whether_they_are_soft_and_on_the_longest_path():
    edges = [(edge.source, edge.target, edge.soft, edge.critical) for edge in profile().edges]

    assert edges == [
        (0, 2, False, True),
        (0, 3, False, False),
        (1, 4, True, False),
        (2, 4, False, True),
        (3, 4, False, False),
    ]


def test_depth_is_the_longest_way_to_a_node():
    assert profile().depths == [0, 0, 1, 1, 2, 0]


def test_nodes_stand_below_what_they_wait_for_and_next_to_it():
    assert profile().order == [0, 2, 3, 1, 4, 5]


@pytest.mark.parametrize("seed", range(20))
def test_every_node_is_placed_once_and_after_its_needs(seed):
    graph = some_graph(seed)

    assert sorted(graph.order) == list(range(len(graph.nodes)))
    assert all(graph.order.index(edge.source) < graph.order.index(edge.target) for edge in graph.edges)
    assert all(graph.depths[edge.source] < graph.depths[edge.target] for edge in graph.edges)

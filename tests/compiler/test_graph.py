"""Edges give an order, or the cycle that prevents one."""

import random
from itertools import pairwise

from gateway.compiler.graph import find_cycle, waves


def test_acyclic_edges_have_no_cycle():
    assert find_cycle({"a": [], "b": ["a"], "c": ["a", "b"]}) is None


def test_step_that_refers_to_itself_is_a_cycle():
    assert find_cycle({"a": ["a"]}) == ["a", "a"]


def test_cycle_is_named_from_its_first_step_round():
    assert find_cycle({"x": ["a"], "a": ["b"], "b": ["c"], "c": ["a"]}) == ["a", "b", "c", "a"]


def test_diamond_is_not_a_cycle():
    assert find_cycle({"d": ["b", "c"], "b": ["a"], "c": ["a"], "a": []}) is None


def test_long_chain_does_not_exhaust_the_stack():
    chain = {str(number): [str(number + 1)] for number in range(50_000)} | {"50000": []}

    assert find_cycle(chain) is None


def test_waves_follow_the_longest_way():
    edges = {"a": [], "b": ["a"], "c": [], "d": ["b", "c"]}

    assert waves(edges) == [["a", "c"], ["b"], ["d"]]


def test_random_graphs_either_have_a_true_cycle_or_an_order():
    seed = random.randrange(2**32)
    print("seed", seed)
    dice = random.Random(seed)
    for _ in range(300):
        names = [str(n) for n in range(dice.randint(1, 8))]
        edges = {n: dice.sample(names, dice.randint(0, min(2, len(names)))) for n in names}
        cycle = find_cycle(edges)
        if cycle is not None:
            assert cycle[0] == cycle[-1]
            assert all(b in edges[a] for a, b in pairwise(cycle))
        else:
            order = [step for wave in waves(edges) for step in wave]
            assert sorted(order) == sorted(names)
            assert all(order.index(need) < order.index(step) for step in edges for need in edges[step])

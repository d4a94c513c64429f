"""Graphs for tests: a chain with side branches, and random ones."""

import random

from gateway.drawing.graph import Graph, Node


def profile():
    return Graph(
        "GET /profile/{id}",
        [
            Node(name="user", title="GET users/{id}", note="≤ 800 ms", required=True, critical=True),
            Node(name="orders", title="GET orders?of={id}"),
            Node(name="recs", title="GET recs/{user.kind}", note="≤ 1 s", needs=(0,), critical=True),
            Node(name="friends", needs=(0,)),
            Node(name="ranked", title='POST rank <a> & "b"', needs=(2, 3), awaits=(1,), critical=True),
            Node(name="alone"),
        ],
        "time limit 1 s",
    )


def some_graph(seed, count=12):
    rng = random.Random(seed)
    nodes = []
    for index in range(count):
        before = [other for other in range(index) if rng.random() < 0.25]
        soft = [other for other in before if rng.random() < 0.3]
        needs = tuple(other for other in before if other not in soft)
        nodes.append(Node(name=f"step{index}", needs=needs, awaits=tuple(soft), required=rng.random() < 0.3))
    return Graph(f"seed {seed}", nodes)

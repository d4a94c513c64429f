"""A plan as it is drawn: steps with a few words each, and which waits for which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A step. ``needs`` and ``awaits`` (soft: it runs without them, if need be) are indices of other nodes.

    ``title`` says what it calls, ``note`` how long that may take; ``critical``: it is on the longest path.
    """

    name: str
    title: str = ""
    note: str = ""
    needs: tuple[int, ...] = ()
    awaits: tuple[int, ...] = ()
    required: bool = False
    critical: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """From a step to one that waits for it, by index."""

    source: int
    target: int
    soft: bool
    critical: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """The steps of one route in plan order. Without circles, as every plan is."""

    name: str
    nodes: Sequence[Node]
    note: str = ""

    @property
    def edges(self) -> list[Edge]:
        """Every edge once, by target and then by source."""
        found = []
        for target, node in enumerate(self.nodes):
            for source in sorted({*node.needs, *node.awaits}):
                critical = node.critical and self.nodes[source].critical
                found.append(Edge(source, target, source not in node.needs, critical))
        return found

    @property
    def depths(self) -> list[int]:
        """How many edges lie at most before each node: the column that it stands in."""
        depths = [0] * len(self.nodes)
        for _ in self.nodes:
            for edge in self.edges:
                depths[edge.target] = max(depths[edge.target], depths[edge.source] + 1)
        return depths

    @property
    def order(self) -> list[int]:
        """The nodes from top to bottom: each as soon as all it waits for are above it, and next to them."""
        before = [{edge.source for edge in self.edges if edge.target == i} for i in range(len(self.nodes))]
        placed: list[int] = []

        def place(index: int) -> None:
            if index in placed or not before[index] <= set(placed):
                return
            placed.append(index)
            for follower, needed in enumerate(before):
                if index in needed:
                    place(follower)

        for index in range(len(self.nodes)):
            place(index)
        return placed

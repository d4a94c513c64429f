"""References between the steps of a route → dependency edges; cycles are config faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def find_cycle(edges: Mapping[str, Sequence[str]]) -> list[str] | None:
    """The first cycle in *edges* (step → the steps it refers to), as ``[a, b, a]``, or ``None``.

    Deterministic: follows the order of steps and references. Iterative, so that no configuration can exhaust
    the stack.
    """
    settled: set[str] = set()
    for start in edges:
        path: list[str] = []
        on_path: set[str] = set()
        todo = [(start, False)]
        while todo:
            step, leaving = todo.pop()
            if leaving:
                on_path.discard(path.pop())
                settled.add(step)
            elif step in on_path:
                return [*path[path.index(step) :], step]
            elif step not in settled:
                path.append(step)
                on_path.add(step)
                todo.append((step, True))
                todo.extend((other, False) for other in reversed(edges.get(step, ())))
    return None


def waves(edges: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Acyclic *edges* as waves: a step stands in the first wave in which all it refers to has ended.

    Only for reading (``explain``): at run time a step starts as soon as its own needs have ended.
    """
    depth: dict[str, int] = {}
    remaining = list(edges)
    while remaining:
        ready = [step for step in remaining if all(need in depth for need in edges[step])]
        for step in ready:
            depth[step] = 1 + max((depth[need] for need in edges[step]), default=-1)
        remaining = [step for step in remaining if step not in depth]
    result: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for step in edges:
        result[depth[step]].append(step)
    return result

"""Stacks as a static flame graph: as wide as its share of the time, what is called stands below its caller.

No script and no background: it is shown as a picture in the docs. Titles tell the shares where the reader's
program shows them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from bench.stacks import Stack, area

WIDTH, HEIGHT, TOP = 1200, 18, 30
_LETTER = 6.9
"""Width of a letter at the size used, about."""

SMALLEST = 0.003
"""Frames with a smaller share of the time are left out."""

_COLOURS = {
    "kernel": "#c9d1d9",
    "uvloop": "#a5d6ff",
    "httptools": "#79c0ff",
    "msgspec": "#79c0ff",
    "uvicorn": "#d2a8ff",
    "other Python": "#f0d0a0",
}
_GATEWAY = "#7ee787"

_STYLE = """
text { font: 11px ui-monospace, monospace; fill: #1f2328 }
rect { stroke: #fff; stroke-width: .5 }
.title { font: 14px system-ui, sans-serif; fill: #57606a }
@media (prefers-color-scheme: dark) { .title { fill: #9198a1 } rect { stroke: #0d1117 } }
"""


@dataclass
class Node:
    """A frame with the samples that passed through it."""

    name: str
    count: int = 0
    inner: dict[str, Node] = field(default_factory=dict)


@dataclass(frozen=True)
class Box:
    """A frame's place: both ``x`` and ``width`` are shares of the whole, ``depth`` counts from the top."""

    name: str
    x: float
    width: float
    depth: int


def tree(stacks: Sequence[Stack]) -> Node:
    """All stacks under one root."""
    root = Node("all")
    for stack in stacks:
        node = root
        node.count += stack.samples
        for frame in stack.frames:
            node = node.inner.setdefault(frame, Node(frame))
            node.count += stack.samples
    return root


def boxes(root: Node) -> list[Box]:
    """Where every frame that is large enough stands; the largest stands left."""
    return list(_boxes(root, 0.0, 0, max(root.count, 1)))


def svg(stacks: Sequence[Stack], title: str) -> str:
    """The whole picture."""
    placed = boxes(tree(stacks))
    height = TOP + HEIGHT * (1 + max((box.depth for box in placed), default=0)) + 6
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<style>{_STYLE}</style>",
        f'<text class="title" x="2" y="18">{escape(title)}</text>',
        *(_drawn(box) for box in placed),
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _boxes(node: Node, x: float, depth: int, total: int) -> Iterator[Box]:
    width = node.count / total
    if width < SMALLEST:
        return
    yield Box(node.name, x, width, depth)
    for child in sorted(node.inner.values(), key=lambda inner: (-inner.count, inner.name)):
        yield from _boxes(child, x, depth + 1, total)
        x += child.count / total


def _drawn(box: Box) -> str:
    x, width, y = box.x * WIDTH, box.width * WIDTH, TOP + box.depth * HEIGHT
    kind = area(box.name) if box.depth else "other Python"
    colour = _COLOURS.get(kind, _GATEWAY)
    name, letters = box.name, int((width - 6) / _LETTER)
    shown = name if len(name) <= letters else name[: letters - 1] + "…" if letters > 3 else ""
    label = f'<text x="{x + 3:.1f}" y="{y + 13}">{escape(shown)}</text>' if shown else ""
    rect = f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{HEIGHT}" fill="{colour}" rx="1"/>'
    return f"<g><title>{escape(name)}: {box.width:.1%}</title>{rect}{label}</g>"

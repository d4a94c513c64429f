"""The figures as a small SVG: a dot at each row's median, a bar from its lowest to its highest round.

Logarithmic, since the rows span three orders; dots, since the length of a bar means nothing on such an axis.
It has no background and takes its colours from the reader's light or dark scheme.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import ceil, log10

from bench.figures import Figure, Spread
from bench.table import multiple

WIDTH, LEFT, RIGHT, TOP, STEP = 860, 320, 70, 46, 24
SPARE = 110  # left of that, for the longest labels
LOWEST = 0.2

_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.small { font-size: 11px; fill: #57606a }
.grid { stroke: #d0d7de; stroke-width: 1 }
.target { stroke: #57606a; stroke-width: 2; stroke-dasharray: 3 2 }
.bare { fill: #57606a; stroke: #57606a }
.gateway { fill: #0969da; stroke: #0969da }
.peer { fill: #bc4c00; stroke: #bc4c00 }
.floor { fill: #1a7f37; stroke: #1a7f37 }
.range { stroke-width: 4; opacity: .4; stroke-linecap: round }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .small { fill: #9198a1 } .grid { stroke: #3d444d } .target { stroke: #9198a1 }
  .bare { fill: #9198a1; stroke: #9198a1 } .gateway { fill: #4493f8; stroke: #4493f8 }
  .peer { fill: #f0883e; stroke: #f0883e } .floor { fill: #3fb950; stroke: #3fb950 }
}
"""


def svg(found: Sequence[Figure]) -> str:
    """The whole picture. Rows without a figure are left out."""
    shown = [(figure, figure.multiple) for figure in found if figure.multiple is not None]
    height = TOP + STEP * len(shown) + 16
    axis = Axis(max((spread.high for _, spread in shown), default=10))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-SPARE} 0 {SPARE + WIDTH} {height}" role="img">',
        "<title>CPU time per request as a multiple of a bare ASGI answer, logarithmic</title>",
        f"<style>{_STYLE}</style>",
        f'<text x="{LEFT}" y="14">CPU time per request, × bare (logarithmic, less is better)</text>',
        *_grid(axis, height),
    ]
    for position, (figure, spread) in enumerate(shown):
        parts += _row(figure, spread, axis, TOP + STEP * position + STEP // 2)
    return "\n".join([*parts, "</svg>"]) + "\n"


class Axis:
    """A logarithmic axis from ``LOWEST`` to a round number that holds *highest*."""

    def __init__(self, highest: float) -> None:
        self._low = log10(LOWEST)
        decade = 10.0 ** (ceil(log10(max(highest, 2))) - 1)
        self.end = next(decade * factor for factor in (1, 2, 5, 10) if decade * factor >= highest)
        self._scale = (WIDTH - LEFT - RIGHT) / (log10(self.end) - self._low)

    def x(self, value: float) -> float:
        """Where *value* lies, in units of the picture."""
        return round(LEFT + (log10(max(value, LOWEST)) - self._low) * self._scale, 1)

    def ticks(self) -> list[float]:
        """0.2, 0.5, 1, 2, 5, 10, 20 … up to the end."""
        every = (f * 10.0**d for d in range(-1, 5) for f in (1, 2, 5))
        return [tick for tick in every if LOWEST <= tick <= self.end]


def _grid(axis: Axis, height: int) -> list[str]:
    lines = []
    for tick in axis.ticks():
        x = axis.x(tick)
        lines.append(f'<line class="grid" x1="{x}" y1="{TOP - 6}" x2="{x}" y2="{height - 10}"/>')
        lines.append(f'<text class="small" x="{x}" y="{TOP - 12}" text-anchor="middle">{tick:g}</text>')
    return lines


def _row(figure: Figure, spread: Spread, axis: Axis, y: int) -> list[str]:
    group = figure.row.group
    low, middle, high = axis.x(spread.low), axis.x(spread.median), axis.x(spread.high)
    label = f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(figure.row.label)}</text>'
    parts = [
        label,
        f'<line class="{group} range" x1="{low}" y1="{y}" x2="{high}" y2="{y}"/>',
        f'<circle class="{group}" cx="{middle}" cy="{y}" r="5"/>',
        f'<text class="small" x="{high + 12}" y="{y + 4}">{multiple(spread.median)}</text>',
    ]
    if figure.row.target:
        x = axis.x(figure.row.target)
        parts.append(f'<line class="target" x1="{x}" y1="{y - 10}" x2="{x}" y2="{y + 10}"/>')
    return parts

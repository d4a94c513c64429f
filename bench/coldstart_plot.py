"""Latencies as a small SVG: one dot per request, a line at the median; logarithmic, light or dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import log10
from statistics import median

WIDTH, LEFT, RIGHT, TOP, STEP = 860, 190, 70, 46, 44
LOWEST, HIGHEST = 0.001, 10.0

_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.small { font-size: 11px; fill: #57606a }
.grid { stroke: #d0d7de; stroke-width: 1 }
.cold { fill: #bc4c00; stroke: #bc4c00 }
.warm { fill: #0969da; stroke: #0969da }
.dot { opacity: .35; stroke: none }
.middle { stroke-width: 3 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .small { fill: #9198a1 } .grid { stroke: #3d444d }
  .cold { fill: #f0883e; stroke: #f0883e } .warm { fill: #4493f8; stroke: #4493f8 }
}
"""


def svg(rows: Sequence[tuple[str, Sequence[float]]]) -> str:
    """The whole picture of *rows*: labels, and latencies in seconds. Every other row is a warm one."""
    height = TOP + STEP * len(rows) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        "<title>Latency of first requests to a function, with and without prewarm, logarithmic</title>",
        f"<style>{_STYLE}</style>",
        f'<text x="{LEFT}" y="14">Latency of each first request (logarithmic, less is better)</text>',
        *_grid(height),
    ]
    for number, (label, seconds) in enumerate(rows):
        parts += _row(label, seconds, "warm" if number % 2 else "cold", TOP + STEP * number + STEP // 2)
    return "\n".join([*parts, "</svg>"]) + "\n"


def x(seconds: float) -> float:
    """Where *seconds* lie, in units of the picture."""
    share = (log10(min(max(seconds, LOWEST), HIGHEST)) - log10(LOWEST)) / (log10(HIGHEST) - log10(LOWEST))
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _grid(height: int) -> list[str]:
    lines = []
    for tick, text in ((0.001, "1 ms"), (0.01, "10 ms"), (0.1, "100 ms"), (1.0, "1 s"), (10.0, "10 s")):
        lines.append(f'<line class="grid" x1="{x(tick)}" y1="{TOP - 6}" x2="{x(tick)}" y2="{height - 10}"/>')
        lines.append(f'<text class="small" x="{x(tick)}" y="{TOP - 12}" text-anchor="middle">{text}</text>')
    return lines


def _row(label: str, seconds: Sequence[float], kind: str, y: int) -> list[str]:
    middle = median(seconds)
    said = f"{middle * 1000:.0f} ms" if middle < 1 else f"{middle:.2f} s"
    # The dots of one row lie a little apart in height, so that equal ones can be told from one.
    dots = [
        f'<circle class="{kind} dot" cx="{x(each)}" cy="{y + number * 7 % 19 - 9}" r="4"/>'
        for number, each in enumerate(seconds)
    ]
    return [
        f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(label)}</text>',
        *dots,
        f'<line class="{kind} middle" x1="{x(middle)}" y1="{y - 13}" x2="{x(middle)}" y2="{y + 13}"/>',
        f'<text class="small" x="{x(seconds[-1]) + 12}" y="{y + 4}">median {said}</text>',
    ]

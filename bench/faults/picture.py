"""One scenario as a small SVG: a row per variant with what became of its requests over time, how long they
took, and how many calls they made upstream.

No background, colours from the reader's light or dark scheme, as in bench/plot.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import inf, log10

from bench.faults.seen import Figures, Kind, Record, slices
from bench.faults.trial import Trial

SLICE = 0.25
"""Seconds per column of a strip."""

STEP, STRIP, TOP = 30, 20, 44
LABEL, TIMES, HITS, WIDTH = 230, 560, 790, 900
_STRIP_WIDTH = TIMES - LABEL - 30
_TIMES_WIDTH = HITS - TIMES - 40
_HITS_WIDTH = WIDTH - HITS - 40
_FASTEST, _SLOWEST = 1e-3, 2.0
"""Ends of the time axis in seconds; what lies beyond is drawn at the end."""

_CLASSES = {
    Kind.COMPLETE: "complete",
    Kind.STALE: "stale",
    Kind.PARTIAL: "partial",
    Kind.REFUSED: "refused",
    Kind.LOST: "lost",
    Kind.LEFT: "left",
}

_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.small { font-size: 11px; fill: #57606a }
.grid { stroke: #d0d7de; stroke-width: 1 }
.complete { fill: #2da44e } .stale { fill: #9be9a8 } .partial { fill: #eac54f } .refused { fill: #cf222e }
.lost { fill: #6e1119 } .left { fill: #d0d7de }
.time { fill: #0969da; stroke: #0969da } .span { stroke-width: 3; opacity: .4 } .hits { fill: #57606a }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .small { fill: #9198a1 } .grid { stroke: #3d444d } .left { fill: #3d444d }
  .time { fill: #4493f8; stroke: #4493f8 } .hits { fill: #9198a1 }
}
"""


def svg(trials: Sequence[Trial]) -> str:
    """The picture of one scenario's trials; those that failed are left out."""
    shown = [
        (trial, trial.record, trial.figures)
        for trial in trials
        if trial.record is not None and trial.figures is not None
    ]
    height = TOP + STEP * len(shown) + 30
    most = max((figures.all_hits for _, _, figures in shown), default=3.0)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(trials[0].scenario.title) if trials else ''}</title>",
        f"<style>{_STYLE}</style>",
        *_heads(trials[0].scenario.seconds if trials else 1, height),
        *_legend(height - 8),
    ]
    for number, (trial, record, figures) in enumerate(shown):
        y = TOP + STEP * number
        label = f'<text x="{LABEL - 12}" y="{y + 15}" text-anchor="end">{escape(trial.variant.label)}</text>'
        parts += [label, *_strip(record, y), *_times(figures, y + STRIP // 2), *_hits(figures, most, y)]
    return "\n".join([*parts, "</svg>"]) + "\n"


def x_of(seconds: float) -> float:
    """Where a time lies on the logarithmic axis, in units of the picture."""
    inside = min(max(seconds, _FASTEST), _SLOWEST)
    return round(TIMES + _TIMES_WIDTH * log10(inside / _FASTEST) / log10(_SLOWEST / _FASTEST), 1)


def columns(record: Record) -> list[tuple[float, list[tuple[Kind, float]]]]:
    """Per slice of time: when it begins, and the share of each kind that occurs in it, in their order."""
    found = []
    for begins, piece in slices(record, SLICE):
        counted = [(kind, piece.kinds.count(kind) / len(piece.kinds)) for kind in Kind]
        found.append((begins, [(kind, share) for kind, share in counted if share]))
    return found


def _strip(record: Record, y: int) -> list[str]:
    """Stacked columns, what is best at the bottom. Neighbours that are alike become one."""
    scale = _STRIP_WIDTH / (len(record.kinds) / record.rate)
    merged: list[tuple[float, float, list[tuple[Kind, float]]]] = []
    for begins, shares in columns(record):
        if merged and merged[-1][2] == shares:
            merged[-1] = (merged[-1][0], merged[-1][1] + SLICE, shares)
        else:
            merged.append((begins, SLICE, shares))
    parts = []
    for begins, lasts, shares in merged:
        bottom = float(y + STRIP)
        for kind, share in shares:
            high = STRIP * share
            bottom -= high
            parts.append(
                f'<rect class="{_CLASSES[kind]}" x="{LABEL + begins * scale:.1f}" y="{bottom:.1f}" '
                f'width="{lasts * scale:.1f}" height="{high:.1f}"/>'
            )
    return parts


def _times(figures: Figures, y: int) -> list[str]:
    low, middle, high = (x_of(value) for value in (figures.p50, figures.p99, figures.p999))
    parts = [f'<line class="time span" x1="{low}" y1="{y}" x2="{high}" y2="{y}"/>']
    for x, radius in ((low, 4), (middle, 3), (high, 2)):
        parts.append(f'<circle class="time" cx="{x}" cy="{y}" r="{radius}"/>')
    if figures.p999 == inf:
        parts.append(f'<text class="small" x="{high + 6}" y="{y + 4}">∞</text>')
    return parts


def _hits(figures: Figures, most: float, y: int) -> list[str]:
    width = round(_HITS_WIDTH * figures.all_hits / max(most, 3.0), 1)
    return [
        f'<rect class="hits" x="{HITS}" y="{y + 4}" width="{width}" height="{STRIP - 8}"/>',
        f'<text class="small" x="{HITS + width + 6:.1f}" y="{y + 14}">{figures.all_hits:.2f}</text>',
    ]


def _heads(seconds: float, height: int) -> list[str]:
    parts = [
        f'<text x="{LABEL}" y="14">what became of the requests, by second</text>',
        f'<text x="{TIMES}" y="14">p50, p99, p99.9</text>',
        f'<text x="{HITS}" y="14">calls per request</text>',
    ]
    for second in range(int(seconds) + 1):
        x = LABEL + _STRIP_WIDTH * second / seconds
        parts.append(f'<text class="small" x="{x:.1f}" y="32" text-anchor="middle">{second}</text>')
    for tick, text in ((0.001, "1 ms"), (0.01, "10"), (0.1, "100"), (1.0, "1 s")):
        x = x_of(tick)
        parts.append(f'<line class="grid" x1="{x}" y1="{TOP - 6}" x2="{x}" y2="{height - 30}"/>')
        parts.append(f'<text class="small" x="{x}" y="32" text-anchor="middle">{text}</text>')
    return parts


def _legend(y: int) -> list[str]:
    words = {
        Kind.COMPLETE: "complete",
        Kind.STALE: "with a stale copy",
        Kind.PARTIAL: "a part is missing",
        Kind.REFUSED: "error",
        Kind.LOST: "no answer",
        Kind.LEFT: "client left",
    }
    parts, x = [], LABEL - 120
    for kind, text in words.items():
        parts.append(f'<rect class="{_CLASSES[kind]}" x="{x}" y="{y - 9}" width="10" height="10"/>')
        parts.append(f'<text class="small" x="{x + 14}" y="{y}">{text}</text>')
        x += 30 + 6 * len(text)  # as wide as such text is
    return parts

"""Families as text: the Prometheus format, or OpenMetrics for who accepts it better.

Rules of the file:
1. It is written in pieces, each of a few hundred series at most: a thousand routes have seventy thousand
   lines, and no request is to wait for all of them (the library's writer takes twenty times as long).
2. What comes in ``Accept`` is anybody's, so nothing in it is a fault: in doubt it is the Prometheus format.
3. Only OpenMetrics has exemplars.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import inf, isfinite
from typing import Final

from gateway.telemetry.collector import BUCKETS, Family
from gateway.telemetry.histogram import Example, Histogram
from gateway.telemetry.names import Kind, Name

OPENMETRICS: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"

_SERIES: Final = 100
"""Series in one piece: a millisecond of histograms on a busy machine."""

_VERSIONS: Final = ("", "1.0.0")


def negotiated(accept: str) -> str:
    """The content type for an ``Accept`` header: ``OPENMETRICS`` if it is preferred to text, or as good."""
    openmetrics = text = 0.0
    for each in accept.lower().split(","):
        kind, *parameters = (part.strip() for part in each.split(";"))
        given = dict(part.split("=", 1) for part in parameters if "=" in part)
        if kind == "application/openmetrics-text" and given.get("version", "").strip('"') in _VERSIONS:
            openmetrics = max(openmetrics, _quality(given.get("q", "1")))
        elif kind in ("text/plain", "text/*"):
            text = max(text, _quality(given.get("q", "1")))
    return OPENMETRICS if openmetrics and openmetrics >= text else PROMETHEUS


def _quality(written: str) -> float:
    try:
        quality = float(written)
    except ValueError:
        return 0.0
    return quality if 0.0 <= quality <= 1.0 else 0.0


def written(families: Iterable[Family], content_type: str) -> Iterator[bytes]:
    """The text of *families* in pieces; for OpenMetrics still without its end."""
    openmetrics = content_type == OPENMETRICS
    piece: list[str] = []
    for family in families:
        piece.append(_head(family.name, openmetrics=openmetrics))
        for series in _series(family, openmetrics=openmetrics):
            piece.append(series)
            if len(piece) >= _SERIES:
                yield "".join(piece).encode()
                piece.clear()
    yield "".join(piece).encode()


def _head(name: Name, *, openmetrics: bool) -> str:
    shown = name.name if openmetrics else exposed(name)
    return f"# HELP {shown} {name.help}\n# TYPE {shown} {name.kind.value}\n"


def exposed(name: Name) -> str:
    """The name of a metric's samples; those of a histogram have a word more at their end."""
    return f"{name.name}_total" if name.kind is Kind.COUNTER else name.name


def _series(family: Family, *, openmetrics: bool) -> Iterator[str]:
    name, labels = exposed(family.name), family.name.labels
    for values, value in family.samples:
        pairs = _pairs(labels, values)
        yield f"{name}{{{pairs}}} {_number(value)}\n" if pairs else f"{name} {_number(value)}\n"
    for values, histogram in family.histograms:
        yield _histogram(name, _pairs(labels, values), histogram, examples=openmetrics)


def _histogram(name: str, pairs: str, histogram: Histogram, *, examples: bool) -> str:
    counts = histogram.cumulated()
    start = f"{name}_bucket{{{pairs},le=" if pairs else f"{name}_bucket{{le="
    lines = [f'{start}"{bound}"}} {count}' for bound, count in zip(BUCKETS, counts, strict=True)]
    if examples and histogram.exemplars is not None:
        for bucket, example in histogram.exemplars.items():
            lines[bucket] += _exemplar(example)
    labels = f"{{{pairs}}}" if pairs else ""
    lines.append(f"{name}_count{labels} {counts[-1]}")
    lines.append(f"{name}_sum{labels} {_number(histogram.total)}\n")
    return "\n".join(lines)


def _exemplar(example: Example) -> str:
    ids = f'trace_id="{example.trace_id}",span_id="{example.span_id}"'
    return f" # {{{ids}}} {_number(example.seconds)} {example.at:.3f}"


def _pairs(labels: Iterable[str], values: Iterable[object]) -> str:
    return ",".join(f'{label}="{_escaped(str(value))}"' for label, value in zip(labels, values, strict=True))


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    if isinstance(value, int):
        return str(int(value))  # also what is true or false
    if isfinite(value):
        return repr(value)
    return "+Inf" if value == inf else "-Inf" if value == -inf else "NaN"

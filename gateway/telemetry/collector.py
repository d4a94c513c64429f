"""Puts our numbers into the metrics library's families, at scrape time only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from gateway.telemetry.histogram import Histogram
from gateway.telemetry.names import Kind, Name

Labels = Sequence[str]
Sample = tuple[Labels, float]


_FAMILIES: Final = {Kind.COUNTER: CounterMetricFamily, Kind.GAUGE: GaugeMetricFamily}


def family(name: Name, samples: Iterable[Sample]) -> Metric:
    """The counter or gauge *name* with one value per combination of labels."""
    made: CounterMetricFamily | GaugeMetricFamily = _FAMILIES[name.kind](
        name.name, name.help, labels=name.labels
    )
    for labels, value in samples:
        made.add_metric([str(label) for label in labels], value)
    return made


def histogram_family(name: Name, histograms: Iterable[tuple[Labels, Histogram]]) -> Metric:
    """The histogram *name* with one set of buckets per combination of labels."""
    made = HistogramMetricFamily(name.name, name.help, labels=name.labels)
    for labels, histogram in histograms:
        buckets = [(_written(bound), count) for bound, count in histogram.cumulated()]
        made.add_metric(list(labels), buckets, histogram.total)
    return made


def _written(bound: float) -> str:
    return "+Inf" if bound == float("inf") else str(bound)

"""Our numbers as families, looked at when they are scraped; also in the form of the metrics library."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from prometheus_client.core import (
    CounterMetricFamily,
    Exemplar,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from gateway.telemetry.histogram import BOUNDS, Histogram
from gateway.telemetry.names import Kind, Name

Labels = Sequence[str]
Sample = tuple[Labels, float]

BUCKETS: Final = (*map(str, BOUNDS), "+Inf")
"""The ``le`` of each bucket."""

_FAMILIES: Final = {Kind.COUNTER: CounterMetricFamily, Kind.GAUGE: GaugeMetricFamily}


@dataclass(frozen=True, slots=True)
class Family:
    """One metric with its values by labels; ``histograms`` for histograms, ``samples`` for all others.

    Both are to be gone through once.
    """

    name: Name
    samples: Iterable[Sample] = ()
    histograms: Iterable[tuple[Labels, Histogram]] = ()


def family(name: Name, samples: Iterable[Sample]) -> Family:
    """The counter or gauge *name* with one value per combination of labels."""
    return Family(name, samples=samples)


def histogram_family(name: Name, histograms: Iterable[tuple[Labels, Histogram]]) -> Family:
    """The histogram *name* with one set of buckets per combination of labels."""
    return Family(name, histograms=histograms)


def for_library(families: Iterable[Family]) -> Iterator[Metric]:
    """The same in the library's form, for who has a registry of his own to add ours to."""
    for each in families:
        name = each.name
        if name.kind is Kind.HISTOGRAM:
            yield _histogram(each)
            continue
        made: CounterMetricFamily | GaugeMetricFamily = _FAMILIES[name.kind](
            name.name, name.help, labels=name.labels
        )
        for labels, value in each.samples:
            made.add_metric([str(label) for label in labels], value)
        yield made


def _histogram(of: Family) -> HistogramMetricFamily:
    made = HistogramMetricFamily(of.name.name, of.name.help, labels=of.name.labels)
    for labels, histogram in of.histograms:
        buckets = [
            (bound, count, _exemplar(histogram, bucket))
            for bucket, (bound, count) in enumerate(zip(BUCKETS, histogram.cumulated(), strict=True))
        ]
        made.add_metric(list(labels), buckets, histogram.total)  # type: ignore[arg-type]
    return made


def _exemplar(histogram: Histogram, bucket: int) -> Exemplar | None:
    seen = histogram.exemplars.get(bucket) if histogram.exemplars is not None else None
    if seen is None:
        return None
    return Exemplar({"trace_id": seen.trace_id, "span_id": seen.span_id}, seen.seconds, seen.at)

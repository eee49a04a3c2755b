"""Writes counts as Prometheus reads them.

The library that does it is imported here and nowhere else: a device that nobody asks has no use for
it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from xtalk_edge.service.counts import SECONDS, Counts, Family, Histogram

PREFIX = "xtalk_edge_"


class MetricsText:
    """The page of one device: its counts, and what its process costs."""

    def __init__(self, counts: Counts) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Collector(counts))
        # Processor seconds, memory, open files and start of this process, as Linux tells them.
        ProcessCollector(registry=self._registry)

    def text(self) -> str:
        """Return it as it is now."""
        return generate_latest(self._registry).decode()


class _Collector(Collector):
    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        counts = self._counts
        for name, family in counts.families.items():
            if family.kind == "histogram":
                yield _histogram(name, family, counts.histograms[name].items())
            else:
                yield _numbers(name, family, counts.numbers[name].items())


def _numbers(
    name: str, family: Family, found: Iterable[tuple[tuple[str, ...], float]]
) -> CounterMetricFamily | GaugeMetricFamily:
    kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    metric = kind(PREFIX + name, family.about, labels=family.labels)
    for labels, value in found:
        metric.add_metric(labels, value)
    return metric


def _histogram(
    name: str, family: Family, found: Iterable[tuple[tuple[str, ...], Histogram]]
) -> HistogramMetricFamily:
    metric = HistogramMetricFamily(PREFIX + name, family.about, labels=family.labels)
    ends = [*(str(end) for end in SECONDS), "+Inf"]
    for labels, histogram in found:
        buckets = list(zip(ends, accumulate(histogram.classes), strict=True))
        metric.add_metric(labels, buckets=buckets, sum_value=histogram.sum_s)
    return metric

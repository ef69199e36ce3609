"""Metrics as plain values: they travel between processes, are added up, and become a page for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
from prometheus_client import Metric, generate_latest
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

__all__ = ["CONTENT_TYPE", "MetricSamples", "exposition", "merged", "samples"]

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
"""The media type of what `exposition` returns."""

_LARGEST: Final = frozenset({"process_start_time_seconds"})
"""Gauges of which the largest value is taken: their sum would mean nothing."""


class MetricSamples(msgspec.Struct, frozen=True):
    """One metric with its samples, as JSON can carry it.

    Attributes:
        name: the name of the family.
        kind: its type in Prometheus' words.
        meaning: its help text.
        values: the samples: name, labels, value.
    """

    name: str
    kind: str
    meaning: str
    values: tuple[tuple[str, dict[str, str], float], ...]


def samples(collector: Collector) -> list[MetricSamples]:
    """Return what a collector, or a whole registry, has at this moment. Blocks as collecting does."""
    return [
        MetricSamples(
            metric.name,
            metric.type,
            metric.documentation,
            # When a counter was made is of no use once several are added up.
            tuple((s.name, s.labels, s.value) for s in metric.samples if not s.name.endswith("_created")),
        )
        for metric in collector.collect()
    ]


def merged(parts: Iterable[Iterable[MetricSamples]]) -> list[MetricSamples]:
    """Return the metrics of several processes as one: values with the same labels are added up."""
    families: dict[str, MetricSamples] = {}
    values: dict[str, dict[tuple[str, tuple[tuple[str, str], ...]], float]] = {}
    for part in parts:
        for family in part:
            families.setdefault(family.name, family)
            found = values.setdefault(family.name, {})
            for name, labels, value in family.values:
                key = (name, tuple(sorted(labels.items())))
                before = found.get(key, 0.0)
                found[key] = max(before, value) if family.name in _LARGEST else before + value
    return [
        MetricSamples(
            family.name,
            family.kind,
            family.meaning,
            tuple((name, dict(labels), value) for (name, labels), value in values[family.name].items()),
        )
        for family in families.values()
    ]


def exposition(metrics: Iterable[MetricSamples]) -> bytes:
    """Return the page that Prometheus reads, in its text format."""
    return generate_latest(_Fixed(metrics))


class _Fixed(Collector):
    """A collector of what is known already."""

    def __init__(self, metrics: Iterable[MetricSamples]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        for each in self._metrics:
            metric = Metric(each.name, each.meaning, each.kind)
            metric.samples = [Sample(name, labels, value) for name, labels, value in each.values]
            yield metric

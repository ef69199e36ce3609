"""Metrics of clients, by prometheus_client.

As a library, nothing is exposed by itself: register a collector where your metrics are.

    from prometheus_client import REGISTRY

    from relay_runtime import RelayCollector

    REGISTRY.register(RelayCollector(client))

The ``relay-runtime`` process does so by itself, with ``--http-port``.
"""

from relay_runtime.metrics.collector import RelayCollector
from relay_runtime.metrics.families import CLIENT_FAMILIES, FAMILIES, PARENT_FAMILIES, Family, counted
from relay_runtime.metrics.samples import MetricSamples, exposition, merged, samples

__all__ = [
    "CLIENT_FAMILIES",
    "FAMILIES",
    "PARENT_FAMILIES",
    "Family",
    "MetricSamples",
    "RelayCollector",
    "counted",
    "exposition",
    "merged",
    "samples",
]

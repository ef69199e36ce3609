"""A collector of prometheus_client over one or more clients."""

from __future__ import annotations

import platform
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

import gevent
from gevent import monkey
from gevent.hub import get_hub
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from relay_actors.telemetry.histogram import Histogram
from relay_actors.telemetry.stats import Stats
from relay_actors.telemetry.status import Status
from relay_runtime.metrics.families import CLIENT_FAMILIES, Family, Reading, Value
from relay_runtime.version import VERSION
from relay_runtime.watch.hub_lag import HubLag
from relay_runtime.watch.logs import lines_dropped

__all__ = ["Observed", "RelayCollector"]

_PATIENCE: Final = 10.0
_NativeEvent: Final = monkey.get_original("threading", "Event")
_thread_id: Final = monkey.get_original("_thread", "get_ident")


class Observed(Protocol):
    """What is read of a client."""

    stats: Stats

    def status(self) -> Status:
        """Return the client at this moment."""


class RelayCollector(Collector):
    """The metrics of one or more clients, read when they are collected.

    The values of several clients are added up. Make it in the thread that the clients live in; it may be collected in
    that thread, where it blocks only the current greenlet, and in any other one, such as that of prometheus_client's
    own server.

    Args:
        clients: the clients.
        lag: what measures the hub; without one, ``relay_hub_lag_seconds`` is left out.
    """

    def __init__(self, *clients: Observed, lag: HubLag | None = None) -> None:
        self._clients = clients
        self._lag = lag
        self._hub: Any = get_hub()

    def describe(self) -> Iterator[Metric]:
        """Return the metrics without samples, so that registering them asks no client."""
        for family in CLIENT_FAMILIES:
            yield _metric(family)

    def collect(self) -> Iterator[Metric]:
        """Return the metrics.

        Raises:
            TimeoutError: another thread asked, and the clients' thread did not answer within 10 s.
        """
        # Not by get_hub(): that would make a hub, and its file descriptors, for every thread that asks.
        yield from self._here() if _thread_id() == self._hub.thread_ident else _in_hub(self._hub, self._here)

    def _here(self) -> list[Metric]:
        readings = [Reading(client.stats, client.status()) for client in self._clients]
        return [metric for family in CLIENT_FAMILIES if (metric := self._filled(family, readings)) is not None]

    def _filled(self, family: Family, readings: list[Reading]) -> Any:
        """Return a metric with its values; None when it is not measured."""
        metric = _metric(family)
        if family.name == "relay_info":
            metric.add_metric((VERSION, platform.python_version(), gevent.__version__), 1)
        elif family.name == "relay_log_lines_dropped":
            metric.add_metric((), lines_dropped())
        elif family.name == "relay_hub_lag_seconds":
            if self._lag is None:
                return None
            _add(metric, (), self._lag.seen)
        else:
            for labels, value in _total(family, readings).items():
                _add(metric, labels, value)
        return metric


def _metric(family: Family) -> Any:
    kinds = {"counter": CounterMetricFamily, "gauge": GaugeMetricFamily, "histogram": HistogramMetricFamily}
    return kinds[family.kind](family.name, family.meaning, labels=family.labels)


def _total(family: Family, readings: list[Reading]) -> dict[tuple[str, ...], Value]:
    """Return the values of all clients together, by label."""
    assert family.read is not None
    total: dict[tuple[str, ...], Any] = {}
    for reading in readings:
        for labels, value in family.read(reading):
            total[labels] = value if labels not in total else total[labels] + value
    return total


def _add(metric: Any, labels: tuple[str, ...], value: Value) -> None:
    if isinstance(value, Histogram):
        buckets = [("+Inf" if bound == float("inf") else str(bound), count) for bound, count in value.cumulative()]
        metric.add_metric(labels, buckets, value.total)
    else:
        metric.add_metric(labels, value)


def _in_hub(hub: Any, function: Callable[[], list[Metric]]) -> list[Metric]:
    """Run a function in a greenlet of another thread's hub, and wait for it. Blocks the current thread."""
    done: threading.Event = _NativeEvent()
    outcome: list[Any] = []

    def work() -> None:
        try:
            outcome.append(function())
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that asked
            outcome.append(error)
        finally:
            done.set()

    hub.loop.run_callback_threadsafe(gevent.spawn, work)
    if not done.wait(_PATIENCE):
        raise TimeoutError(f"the thread of the clients did not answer within {_PATIENCE:g} s")
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    metrics: list[Metric] = outcome[0]
    return metrics

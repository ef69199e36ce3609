"""Metrics as values that several processes add up."""

from __future__ import annotations

import msgspec
from doubles.watched import Watched
from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.parser import text_string_to_metric_families

from relay_runtime.metrics import MetricSamples, RelayCollector, exposition, merged, samples


def worker(calls: int) -> list[MetricSamples]:
    """What one process tells, after its way as JSON."""
    registry, client = CollectorRegistry(), Watched()
    registry.register(RelayCollector(client))
    client.stats.calls_offered = calls
    client.stats.command_seconds["calling.play"].add(0.2)
    Counter("app_orders", "Orders of the app's own.", registry=registry).inc(calls)
    started = Gauge("process_start_time_seconds", "When it started.", registry=registry)
    started.set(1000 + calls)
    wire = msgspec.json.encode(samples(registry))
    return msgspec.json.decode(wire, type=list[MetricSamples])


def values(metrics: list[MetricSamples]) -> dict[tuple[str, tuple[str, ...]], float]:
    """The samples of a page, by name and labels."""
    page = exposition(metrics).decode()
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def test_the_page_of_one_process_is_what_was_sampled() -> None:
    found = values(worker(3))
    assert found["relay_calls_offered_total", ()] == 3
    assert found["relay_command_duration_seconds_count", ("calling.play",)] == 1


def test_several_processes_are_added_up() -> None:
    found = values(merged([worker(3), worker(4)]))
    assert found["relay_clients", ()] == 2
    assert found["relay_calls_offered_total", ()] == 7
    assert found["app_orders_total", ()] == 7
    assert found["relay_command_duration_seconds_bucket", ("0.25", "calling.play")] == 2
    assert found["relay_command_duration_seconds_sum", ("calling.play",)] == 0.4


def test_what_has_no_sensible_sum_is_the_largest() -> None:
    assert values(merged([worker(3), worker(4)]))["process_start_time_seconds", ()] == 1004


def test_a_metric_that_only_one_process_has_is_kept() -> None:
    lone = MetricSamples("app_lone", "gauge", "Lone.", (("app_lone", {}, 1.0),))
    assert values(merged([worker(1), [*worker(1), lone]]))["app_lone", ()] == 1


def test_nothing_is_added_up_to_nothing() -> None:
    assert merged([]) == []
    assert exposition([]) == b""

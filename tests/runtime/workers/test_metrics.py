"""The metrics of all workers as one, and whether any of them is ready."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from doubles.placed import Placed
from gevent.event import Event

from relay_runtime.inspection.protocol import Problem
from relay_runtime.metrics import MetricSamples
from relay_runtime.workers import Parent, ParentMetrics
from relay_runtime.workers.worker import State

Placing = Callable[..., Placed]


def offered(count: int) -> MetricSamples:
    return MetricSamples("relay_calls_offered", "counter", "", (("relay_calls_offered_total", {}, float(count)),))


def live(count: int) -> MetricSamples:
    return MetricSamples("relay_calls_live", "gauge", "", (("relay_calls_live", {}, float(count)),))


def values(metrics: ParentMetrics, name: str) -> dict[tuple[str, ...], float]:
    found = [each for each in metrics.samples() if each.name == name]
    return {tuple(labels.values()): value for each in found for _, labels, value in each.values}


def test_what_workers_count_is_added_up_with_what_the_dead_had_counted(parent: Parent, placed: Placing) -> None:
    placed(1).answers.answers["metrics"] = [offered(2), live(1)]
    placed(2).answers.answers["metrics"] = [offered(3), live(4)]
    parent.lost.add([offered(10), live(7)])
    metrics = ParentMetrics(parent)
    assert values(metrics, "relay_calls_offered") == {(): 15.0}
    assert values(metrics, "relay_calls_live") == {(): 5.0}
    assert b"relay_calls_offered_total 15.0" in metrics.page()


def test_a_counter_never_goes_back_when_a_worker_falls_silent_and_its_gauges_go(
    parent: Parent, placed: Placing
) -> None:
    worker = placed(1)
    worker.answers.answers["metrics"] = [offered(2), live(1)]
    metrics = ParentMetrics(parent)
    metrics.samples()
    worker.close()
    assert values(metrics, "relay_calls_offered") == {(): 2.0}
    assert values(metrics, "relay_calls_live") == {}


def test_a_worker_that_ends_while_it_is_asked_is_counted_once(parent: Parent, placed: Placing) -> None:
    worker = placed(1)

    def dies() -> list[MetricSamples]:
        worker.buried = True
        parent.lost.add([offered(2)])
        return [offered(2)]

    worker.answers.answers["metrics"] = dies
    assert values(ParentMetrics(parent), "relay_calls_offered") == {(): 2.0}


def test_workers_are_counted_by_how_far_they_have_come(parent: Parent, placed: Placing) -> None:
    placed(1, State.STARTING)
    placed(2, State.DEAD)
    parent.slots[1].restarts.failed(0.0, 0.5)
    metrics = ParentMetrics(parent)
    workers = values(metrics, "relay_workers")
    assert workers.pop(("starting",)) == 1.0
    assert set(workers.values()) == {0.0}
    assert values(metrics, "relay_worker_restarts") == {(): 1.0}


def test_a_worker_that_should_serve_and_does_not_answer_is_counted_as_silent(parent: Parent, placed: Placing) -> None:
    placed(1).close()
    placed(2).answers.answers["metrics"] = []
    parent.timeouts = 3
    metrics = ParentMetrics(parent)
    workers = values(metrics, "relay_workers")
    assert {key: count for key, count in workers.items() if count} == {("serving",): 1.0, ("silent",): 1.0}
    assert values(metrics, "relay_worker_timeouts") == {(): 3.0}


def test_calls_that_workers_have_left_up_are_counted(parent: Parent) -> None:
    parent.outcome.left_up = 3
    assert values(ParentMetrics(parent), "relay_calls_left_up") == {(): 3.0}


def test_nobody_waits_for_a_silent_worker_when_another_one_is_ready(
    parent: Parent, placed: Placing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay_runtime.workers.metrics.PATIENCE", 600.0)
    asked, answers = Event(), Event()

    def blocked() -> list[str]:
        asked.set()
        answers.wait()
        return ["not connected"]

    placed(1).answers.answers["ready"] = blocked

    def ready() -> list[str]:
        asked.wait()
        return []

    placed(2).answers.answers["ready"] = ready
    assert ParentMetrics(parent).not_ready() == ()
    assert not answers.is_set()
    answers.set()


def test_one_worker_that_is_ready_is_enough(parent: Parent, placed: Placing) -> None:
    placed(1).answers.answers["ready"] = ["not connected"]
    placed(2).answers.answers["ready"] = []
    assert ParentMetrics(parent).not_ready() == ()


@pytest.mark.parametrize(
    ("answer", "reasons"),
    [
        (["not connected"], ("worker 1: not connected",)),
        (Problem("failed", "why"), ("no worker serves calls and answers",)),
    ],
)
def test_when_none_is_ready_the_reasons_are_told(
    parent: Parent, placed: Placing, answer: object, reasons: tuple[str, ...]
) -> None:
    placed(1).answers.answers["ready"] = answer
    placed(2, State.DRAINING)
    assert ParentMetrics(parent).not_ready() == reasons


def test_what_asks_for_a_look_at_workers_is_told_by_their_numbers(parent: Parent, placed: Placing) -> None:
    placed(1).answers.answers["notes"] = []
    placed(2).answers.answers["notes"] = ["without its fleet"]
    assert ParentMetrics(parent).notes() == ("worker 2: without its fleet",)

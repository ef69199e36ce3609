"""The calls of all workers, asked over their control sockets."""

from __future__ import annotations

from collections.abc import Callable

import gevent
import pytest
from doubles.placed import Placed
from doubles.watched import Watched

from relay_actors.telemetry.status import CallStatus
from relay_runtime.inspection.answers import Answers
from relay_runtime.inspection.protocol import Problem, Request
from relay_runtime.inspection.reports import Report, WorkerReport
from relay_runtime.inspection.trace import Stream
from relay_runtime.workers import Parent, ParentMetrics, WorkersCalls
from relay_runtime.workers.worker import State

Placing = Callable[..., Placed]

LIMIT = 60.0


@pytest.fixture
def answers(parent: Parent) -> Answers:
    return Answers(WorkersCalls(parent), parent, ParentMetrics(parent), app="app:It")


def call(call_id: str) -> CallStatus:
    return CallStatus(call_id=call_id, kind="It", direction="inbound", context="office", state="answered", age=1.0)


def serves(worker: Placed, *call_ids: str) -> None:
    """Have a worker serve calls."""
    client = Watched()
    client.becomes("calls", live=len(call_ids))
    calls = tuple(call(call_id) for call_id in call_ids)
    own = WorkerReport(pid=worker.pid, status=client.status(), calls=calls)
    report = Report(pid=worker.pid, app="app:It", version="1", uptime=1.0, draining=False, workers=(own,))
    worker.answers.answers.update(
        report=report, find=lambda: matching(worker, call_ids), call=calls[0] if calls else {}
    )


def matching(worker: Placed, call_ids: tuple[str, ...]) -> list[str]:
    return [call_id for call_id in call_ids if call_id.startswith(worker.answers.asked[-1].id)]


def test_a_report_has_every_worker_with_what_the_parent_knows_of_it(
    parent: Parent, placed: Placing, answers: Answers
) -> None:
    serves(placed(1), "a1")
    parent.slots[0].restarts.failed(0.0, 0.5)
    parent.slots[1].problem = "ended with signal 9"
    report = answers.answer(Request(op="report", calls=True))
    first, second = report.workers
    assert (report.app, report.supervised, report.draining) == ("app:It", True, False)
    assert (first.number, first.state, first.restarts, [each.call_id for each in first.calls]) == (
        1,
        "serving",
        1,
        ["a1"],
    )
    assert (second.pid, second.state, second.problem) == (0, "waiting", "ended with signal 9")


@pytest.mark.parametrize(
    ("state", "shown"),
    [(State.STARTING, "starting"), (State.LOADED, "starting"), (State.SERVING, "silent"), (State.DRAINING, "draining")],
)
def test_a_worker_that_does_not_answer_is_shown_by_what_is_known(
    placed: Placing, answers: Answers, state: State, shown: str
) -> None:
    placed(1, state).close()
    worker = answers.answer(Request(op="report")).workers[0]
    assert worker.state == shown
    assert ("nobody answers" in worker.problem) == (state not in {State.STARTING, State.LOADED})


def test_a_call_is_found_in_the_worker_that_has_it(placed: Placing, answers: Answers) -> None:
    first, second = placed(1), placed(2)
    serves(first, "a1", "a2")
    serves(second, "b1")
    assert answers.answer(Request(op="find", id="a")) == ["a1", "a2"]
    assert answers.answer(Request(op="call", id="b")) == call("b1")
    assert [request.op for request in first.answers.asked] == ["find", "find"]
    assert second.answers.asked[-1] == Request(op="call", id="b1")


def test_a_whole_id_goes_before_another_that_begins_so(placed: Placing, answers: Answers) -> None:
    serves(placed(1), "a1")
    serves(placed(2), "a11")
    assert answers.answer(Request(op="call", id="a1")) == call("a1")


@pytest.mark.parametrize(("prefix", "kind"), [("x", "unknown_call"), ("", "unknown_call"), ("a", "several_calls")])
def test_a_call_that_is_not_one_is_a_problem(placed: Placing, answers: Answers, prefix: str, kind: str) -> None:
    serves(placed(1), "a1")
    serves(placed(2), "a2")
    with pytest.raises(Problem) as problem:
        answers.answer(Request(op="call", id=prefix))
    assert problem.value.kind == kind


def test_a_worker_that_falls_silent_meanwhile_is_a_problem(placed: Placing, answers: Answers) -> None:
    worker = placed(1)
    serves(worker, "a1")
    worker.answers.answers["hangup"] = worker.close
    with pytest.raises(Problem, match=rf"^worker 1 \(process {worker.pid}\) does not answer$"):
        answers.answer(Request(op="hangup", id="a1"))


@pytest.fixture
def silent(placed: Placing, monkeypatch: pytest.MonkeyPatch) -> Placed:
    """Worker 1, which does not answer; worker 2 serves two calls."""
    monkeypatch.setattr("relay_runtime.workers.calls.PATIENCE", 0.05)
    monkeypatch.setattr("relay_runtime.workers.metrics.PATIENCE", 0.05)
    first, second = placed(1), placed(2)
    first.answers.answers = dict.fromkeys(("report", "find"), lambda: gevent.sleep(LIMIT))
    serves(second, "b1", "b2")
    return first


@pytest.mark.parametrize("op", ["call", "trace", "record", "hangup"])
@pytest.mark.parametrize("identity", ["a1", "b"])
@pytest.mark.slow
def test_while_a_worker_is_silent_a_call_that_may_be_its_is_not_known(
    silent: Placed, answers: Answers, op: str, identity: str
) -> None:
    with pytest.raises(
        Problem, match=rf"^worker 1 \(process {silent.pid}\) does not answer: .*'{identity}'"
    ) as problem:
        answers.answer(Request(op=op, id=identity))
    assert problem.value.kind == "failed"


def test_a_whole_id_of_another_worker_waits_for_no_silent_one(
    silent: Placed, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay_runtime.workers.metrics.PATIENCE", LIMIT)
    assert answers.answer(Request(op="call", id="b1")) == call("b1")


@pytest.mark.slow
def test_a_drain_names_the_workers_whose_calls_are_not_known(silent: Placed, answers: Answers) -> None:
    drained = answers.answer(Request(op="drain"))
    assert (drained.live, drained.silent) == (2, (f"worker 1 (process {silent.pid})",))


def test_a_worker_that_ends_while_it_is_asked_is_said_to_have_ended(placed: Placing, answers: Answers) -> None:
    worker, other = placed(1), placed(2)
    serves(worker, "a1")
    serves(other)
    worker.answers.answers["hangup"] = worker.close
    worker.gone = True
    ended = f"worker 1 (process {worker.pid}) ended while it was asked"
    with pytest.raises(Problem) as problem:
        answers.answer(Request(op="hangup", id="a1"))
    assert str(problem.value) == ended
    shown = answers.answer(Request(op="report")).workers[0]
    assert (shown.pid, shown.state, shown.memory, shown.problem) == (0, "waiting", None, ended)
    with pytest.raises(Problem, match="no live call begins with 'a1'; live calls: 0"):
        answers.answer(Request(op="call", id="a1"))


def test_a_trace_is_handed_on_until_the_worker_ends_it(placed: Placing, answers: Answers) -> None:
    worker = placed(1)
    serves(worker, "a1")
    frames = Stream()
    worker.answers.answers["trace"] = frames
    relayed = answers.answer(Request(op="trace", id="a"))
    frames.put({"frame": 1})
    frames.close()
    assert list(relayed) == [{"frame": 1}]
    assert worker.answers.asked[-1].id == "a1"


def test_a_trace_of_a_call_that_has_ended_ends(placed: Placing, answers: Answers) -> None:
    worker = placed(1)
    serves(worker, "a1")
    worker.answers.answers["trace"] = Problem("unknown_call", "it has just ended")
    assert list(answers.answer(Request(op="trace", id="a1"))) == []


def test_a_recording_is_handed_on_and_the_worker_is_asked_as_the_parent_was(placed: Placing, answers: Answers) -> None:
    worker = placed(1)
    serves(worker, "a1")
    lines = Stream()
    worker.answers.answers["record"] = lines
    relayed = answers.answer(Request(op="record", id="a", keep_words=True))
    lines.put({"line": 1})
    lines.close()
    assert list(relayed) == [{"line": 1}]
    assert worker.answers.asked[-1] == Request(op="record", id="a1", keep_words=True)


def waiting(worker: Placed) -> Stream:
    """Have a worker wait for the next call."""
    lines = Stream()
    lines.put({"recording": ""})
    worker.answers.answers["record_next"] = lines
    return lines


def test_the_next_call_is_recorded_on_whichever_worker_it_comes_first(placed: Placing, answers: Answers) -> None:
    first, second = waiting(placed(1)), waiting(placed(2))
    relayed = answers.answer(Request(op="record_next", context="office"))
    second.put({"line": 1})
    items = iter(relayed)
    assert [next(items), next(items)] == [{"recording": ""}, {"line": 1}]
    first.put({"line": "too late"})
    second.put({"line": 2})
    second.close()
    assert list(items) == [{"line": 2}]


def test_waiting_for_the_next_call_ends_with_the_last_worker_or_with_who_waits(
    placed: Placing, answers: Answers
) -> None:
    workers = placed(1), placed(2)
    both = [waiting(worker) for worker in workers]
    relayed = answers.answer(Request(op="record_next"))
    for lines in both:
        lines.close()
    assert list(relayed) == [{"recording": ""}]
    both = [waiting(worker) for worker in workers]
    again = answers.answer(Request(op="record_next"))
    again.close()
    assert list(again) == [{"recording": ""}]
    for lines in both:
        lines.close()


def test_without_a_worker_there_is_no_next_call(answers: Answers) -> None:
    with pytest.raises(Problem, match="no worker serves calls"):
        answers.answer(Request(op="record_next"))


def test_a_wish_to_drain_is_the_parents_and_the_calls_of_all_are_counted(placed: Placing, answers: Answers) -> None:
    serves(placed(1), "a1")
    serves(placed(2), "b1", "b2")
    drained = answers.answer(Request(op="drain"))
    assert (drained.begun, drained.live) == (True, 3)

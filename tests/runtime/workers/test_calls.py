"""The calls of all workers, asked over their control sockets."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from doubles.inspected import InspectedClient, InspectedProcess

from relay_actors.kit.restarts import Backoff
from relay_runtime.inspection.answers import Answers, Found
from relay_runtime.inspection.process_calls import ProcessCalls
from relay_runtime.inspection.protocol import Problem
from relay_runtime.inspection.server import ControlServer
from relay_runtime.workers.calls import WorkersCalls
from relay_runtime.workers.slot import Slot
from relay_runtime.workers.worker import State


class Mate:
    """A worker without a process of its own: it answers on its control socket."""

    def __init__(self, number: int, directory: Path, *call_ids: str) -> None:
        self.number = number
        self.pid = 4_000_000 + number
        self.began = time.monotonic()
        self.state = State.SERVING
        self.control_socket = directory / f"{number}.sock"
        self.client = InspectedClient(*call_ids)
        process = InspectedProcess()
        answers = Answers(ProcessCalls(self.client, process), process, process, app="app:Menu")
        self.server = ControlServer(self.control_socket, answers.answer)
        self.server.start()


class Staff:
    """The workers of a parent."""

    def __init__(self, *mates: Mate) -> None:
        self.mates = mates
        self.slots = [Slot(mate.number, Backoff()) for mate in mates]
        for slot, mate in zip(self.slots, mates, strict=True):
            slot.worker = mate  # type: ignore[assignment]

    @property
    def living(self) -> list[Mate]:
        return [mate for mate in self.mates if mate.state is not State.DEAD]


@pytest.fixture
def staff() -> Iterator[Staff]:
    with gevent.Timeout(20, AssertionError("the test waited in vain")), tempfile.TemporaryDirectory() as path:
        staff = Staff(Mate(1, Path(path), "abc-1"), Mate(2, Path(path), "abd-2", "xyz-3"))
        yield staff
        for mate in staff.mates:
            mate.server.stop()


def calls(staff: Staff) -> WorkersCalls:
    parent: Any = staff
    return WorkersCalls(parent)


def test_the_calls_of_all_workers_are_found_and_counted(staff: Staff) -> None:
    found = calls(staff).find("ab")
    assert [(each.call_id, each.worker.number) for each in found] == [("abc-1", 1), ("abd-2", 2)]
    assert calls(staff).live() == 3


def test_a_call_is_asked_for_and_hung_up_in_the_process_that_serves_it(staff: Staff) -> None:
    here = Found("xyz-3", staff.mates[1])
    assert calls(staff).call(here).call_id == "xyz-3"
    assert calls(staff).hang_up(here) == {"call_id": "xyz-3"}
    assert [mate.client.calls for mate in staff.mates] == [["abc-1"], ["abd-2"]]
    with pytest.raises(Problem, match="no live call begins with 'xyz-3'"):
        calls(staff).call(here)


def test_a_worker_that_does_not_answer_fails_what_is_asked_of_it_and_is_shown_so(staff: Staff) -> None:
    staff.mates[0].server.stop()
    with pytest.raises(Problem, match="worker 1 does not answer"):
        calls(staff).call(Found("abc-1", staff.mates[0]))
    assert [worker.state for worker in calls(staff).workers(calls=False)] == ["silent", "serving"]
    assert [each.call_id for each in calls(staff).find("")] == ["abd-2", "xyz-3"]


@pytest.mark.parametrize(
    ("state", "shown"), [(State.DEAD, "waiting"), (State.STARTING, "starting"), (State.LOADED, "starting")]
)
def test_a_worker_that_does_not_serve_is_not_asked(staff: Staff, state: State, shown: str) -> None:
    staff.mates[0].state = state
    staff.slots[0].problem = "exit code 1"
    for _ in range(2):
        staff.slots[0].restarts.failed(0.0, 0.5)
    first, second = calls(staff).workers(calls=True)
    assert (first.state, first.number, first.restarts, first.problem) == (shown, 1, 2, "exit code 1")
    assert first.status is None
    assert [call.call_id for call in second.calls] == ["abd-2", "xyz-3"]
    assert (second.pid, second.number) == (4_000_002, 2)


def test_a_trace_hands_on_what_the_worker_sends_until_it_is_closed(staff: Staff) -> None:
    trace = calls(staff).trace(Found("abc-1", staff.mates[0]))
    assert next(iter(trace)) == {"tracing": "abc-1"}
    trace.close()


def test_a_trace_of_a_call_that_has_ended_ends(staff: Staff) -> None:
    assert list(calls(staff).trace(Found("gone", staff.mates[0]))) == []

"""The calls of this process, as it shows them to those who look into it."""

from __future__ import annotations

from typing import Any

import pytest
from doubles.inspected import InspectedClient, InspectedProcess

from relay_actors.errors import RelayError
from relay_runtime.inspection.answers import Found
from relay_runtime.inspection.process_calls import ProcessCalls
from relay_runtime.inspection.protocol import Problem, Request


class Line:
    tap: Any = None


@pytest.mark.parametrize(
    ("connection", "stopping", "state"),
    [("connected", False, "serving"), ("waiting", False, "starting"), ("connected", True, "draining")],
)
def test_the_one_worker_tells_how_far_it_has_come(connection: str, stopping: bool, state: str) -> None:
    client, process = InspectedClient(), InspectedProcess()
    client.state, process.stopping = connection, stopping
    (worker,) = ProcessCalls(client, process).workers(calls=False)
    assert worker.state == state


def test_what_the_client_counted_is_in_the_report() -> None:
    client = InspectedClient()
    client.stats.calls_offered = 3
    (worker,) = ProcessCalls(client, InspectedProcess()).workers(calls=False)
    assert worker.stats["calls_offered"] == 3


def test_a_whole_id_asks_one_call_and_not_all() -> None:
    client = InspectedClient("c1", "c11")
    served = ProcessCalls(client, InspectedProcess())
    assert served.find("c") == ([Found("c1"), Found("c11")], ())
    known = client.live_calls()[0]
    client.call_status = lambda call_id: known if call_id == "c1" else None
    client.live_calls = lambda: pytest.fail("every call was asked")
    assert served.find("c1") == ([Found("c1")], ())


def test_a_refused_hangup_is_a_problem_and_an_ended_call_is_none() -> None:
    client = InspectedClient("c1")
    served = ProcessCalls(client, InspectedProcess())
    client.error = RelayError(503, "try later")
    with pytest.raises(Problem, match="call c1 could not be hung up: .*try later") as caught:
        served.hang_up(Found("c1"))
    assert caught.value.kind == "refused"
    client.error = None
    assert served.hang_up(Found("c1")) == {"call_id": "c1"}
    assert served.hang_up(Found("c1")) is None


def test_a_trace_masks_the_secrets_of_the_process() -> None:
    client, line = InspectedClient("call-1"), Line()
    client.tap.through(lambda: line)()
    trace = ProcessCalls(client, InspectedProcess(), ("PT-secret",)).trace(Found("call-1"))
    line.tap("out", b'{"id":"r1","method":"calling.play","params":{"call_id":"call-1","text":"PT-secret"}}')
    trace.close()
    assert "PT-secret" not in str(list(trace))
    assert line.tap is None


def test_a_recording_masks_the_secrets_of_the_process_as_it_was_asked_to() -> None:
    client, line = InspectedClient("call-1"), Line()
    client.tap.through(lambda: line)()
    served = ProcessCalls(client, InspectedProcess(), ("PT-secret",))
    recording = served.record(Found("call-1"), Request(op="record", keep_words=True))
    assert recording is not None
    line.tap("out", b'{"id":"r1","method":"calling.play","params":{"call_id":"call-1","text":"Hello PT-secret"}}')
    recording.close()
    assert "'text': 'Hello ********'" in str(list(recording))


def test_a_call_that_has_just_ended_is_not_recorded() -> None:
    client, line = InspectedClient("call-1"), Line()
    client.tap.through(lambda: line)()
    served = ProcessCalls(client, InspectedProcess())
    assert served.record(Found("call-2"), Request(op="record")) is None
    (live,) = client.live_calls()
    answers = iter([live, None])  # its end passes while it is asked for
    client.call_status = lambda _: next(answers)
    assert served.record(Found("call-1"), Request(op="record")) is None
    assert line.tap is None

"""The web server as a real process, against the sandbox: it dials on request while calls come in."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from running_process import RunningProcess, http

from relay_runtime.sandbox import Callee, Caller, Sandbox

HERE = Path(__file__).parent
GUEST = "+15550100001"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(time_scale=0.02) as running:
        yield running
        assert running.errors == []


@pytest.fixture
def server(sandbox: Sandbox) -> Iterator[RunningProcess]:
    environ = {
        "SIGNALWIRE_SPACE": sandbox.url,
        "SIGNALWIRE_PROJECT_ID": sandbox.project,
        "SIGNALWIRE_API_TOKEN": sandbox.token,
        "PORT": "0",
    }
    with RunningProcess([str(HERE / "app.py")], cwd=HERE, environ=environ) as process:
        yield process


def url_of(server: RunningProcess) -> str:
    return server.wait_for_line(r"listening on (http\S+)", "stdout")[1]


def test_a_request_places_a_call_and_tells_its_outcome_while_calls_come_in(
    sandbox: Sandbox, server: RunningProcess
) -> None:
    url = url_of(server)
    sandbox.on_dial(GUEST, Callee().answers().hears("Press 1").presses("1").waits_for_hangup())
    request = gevent.spawn(http, f"{url}/calls", {"to": GUEST})
    caller = Caller("+15550100002").dials("office").hears("We will call you back").waits_for_hangup()
    assert sandbox.place(caller).wait(15).ok
    status, outcome = request.get(timeout=15)
    assert status == 200
    assert outcome.pop("call_id") == sandbox.runs(GUEST)[0].call_id
    assert outcome == {"outcome": "answered", "confirmed": True}
    status, state = http(f"{url}/status")
    assert (status, state["connection"], state["calls_taken"]) == (200, "connected", 1)
    assert state["dials"] == {"answered": 1}


def test_requests_wait_side_by_side(sandbox: Sandbox, server: RunningProcess) -> None:
    url = url_of(server)
    sandbox.on_dial("*", Callee().answers().hears("Press 1").presses("1").waits_for_hangup())
    requests = [gevent.spawn(http, f"{url}/calls", {"to": f"+1555010{n:04d}"}) for n in range(8)]
    gevent.joinall(requests, timeout=20)
    assert [request.value[1]["confirmed"] for request in requests] == [True] * 8


def test_who_does_not_answer_is_no_error_of_the_server(sandbox: Sandbox, server: RunningProcess) -> None:
    sandbox.on_dial(GUEST, Callee().is_busy())
    assert http(f"{url_of(server)}/calls", {"to": GUEST}) == (200, {"outcome": "not answered", "reason": "busy"})


@pytest.mark.parametrize("body", [{}, [], {"to": 5}, {"to": "5550100001"}])
def test_a_request_without_a_number_is_refused(server: RunningProcess, body: object) -> None:
    status, answer = http(f"{url_of(server)}/calls", body)
    assert status == 400
    assert answer["error"]


def test_sigterm_lets_a_call_end_and_its_request_be_answered(sandbox: Sandbox, server: RunningProcess) -> None:
    url = url_of(server)
    sandbox.on_dial(GUEST, Callee().answers().hears("Press 1").waits(5).presses("1").waits_for_hangup())
    request = gevent.spawn(http, f"{url}/calls", {"to": GUEST})
    with gevent.Timeout(10, AssertionError("nobody was called")):
        while not any(run.status == "answered" for run in sandbox.runs(GUEST)):
            gevent.sleep(0.01)
    server.send(signal.SIGTERM)
    status, outcome = request.get(timeout=15)
    assert (status, outcome["confirmed"]) == (200, True)
    assert server.exit_code() == 0
    assert "still up" not in server.stderr

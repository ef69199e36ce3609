"""The web server as a real process, on each loop, against the sandbox: it dials on request while calls come in."""

from __future__ import annotations

import importlib.util
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from running_process import RunningProcess, http

from relay_runtime.sandbox import Callee, Caller, Sandbox

pytest.importorskip("fastapi", reason="fastapi is not installed; it is in the extra 'test'")
pytest.importorskip("uvicorn", reason="uvicorn is not installed; it is in the extra 'test'")

HERE = Path(__file__).parent
GUEST = "+15550100001"
NO_UVLOOP = pytest.mark.skipif(
    importlib.util.find_spec("uvloop") is None, reason="uvloop is not installed; it is in the extra 'test'"
)
on_both_loops = pytest.mark.parametrize("server", ["asyncio", pytest.param("uvloop", marks=NO_UVLOOP)], indirect=True)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(time_scale=0.02) as running:
        yield running
        assert running.errors == []


@pytest.fixture
def server(sandbox: Sandbox, request: Any) -> Iterator[RunningProcess]:
    environ = {
        "SIGNALWIRE_SPACE": sandbox.url,
        "SIGNALWIRE_PROJECT_ID": sandbox.project,
        "SIGNALWIRE_API_TOKEN": sandbox.token,
    }
    command = ["-m", "uvicorn", "app:app", "--port", "0", "--loop", getattr(request, "param", "asyncio")]
    with RunningProcess(command, cwd=HERE, environ=environ) as process:
        yield process


def url_of(server: RunningProcess) -> str:
    return server.wait_for_line(r"running on (http://[\d.:]+)")[1]


@on_both_loops
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


def test_who_does_not_answer_or_hangs_up_is_no_error_of_the_server(sandbox: Sandbox, server: RunningProcess) -> None:
    url = url_of(server)
    sandbox.on_dial(GUEST, Callee().is_busy())
    assert http(f"{url}/calls", {"to": GUEST}) == (200, {"outcome": "not answered", "reason": "busy"})
    sandbox.on_dial(GUEST, Callee().answers().hangs_up_while_hearing("Your table"))
    status, outcome = http(f"{url}/calls", {"to": GUEST})
    assert (status, outcome["confirmed"]) == (200, False)


def test_a_request_without_a_number_is_refused(server: RunningProcess) -> None:
    url = url_of(server)
    assert http(f"{url}/calls", {})[0] == 422
    assert http(f"{url}/calls", {"to": 5})[0] == 422
    status, answer = http(f"{url}/calls", {"to": "5550100001"})
    assert (status, "E.164" in answer["detail"]) == (400, True)


@on_both_loops
def test_sigterm_lets_calls_end_and_requests_be_answered_and_leaves_nobody_on_the_line(
    sandbox: Sandbox, server: RunningProcess
) -> None:
    url = url_of(server)
    sandbox.settings.change(characters_per_second=1)  # both calls are still up when the signal comes
    sandbox.on_dial(GUEST, Callee().answers().hears("Press 1").presses("1").waits_for_hangup())
    request = gevent.spawn(http, f"{url}/calls", {"to": GUEST})
    run = sandbox.place(Caller("+15550100002").dials("office").hears("call you back").waits_for_hangup())
    with gevent.Timeout(10, AssertionError("the two calls did not come up")):
        while [each.status for each in (run, *sandbox.runs(GUEST))] != ["answered", "answered"]:
            gevent.sleep(0.01)
    assert sandbox.counters.calls_up == 2
    server.send(signal.SIGTERM)
    status, outcome = request.get(timeout=15)
    assert (status, outcome["confirmed"]) == (200, True)
    assert run.wait(15).ok
    assert server.exit_code() in {0, -signal.SIGTERM}  # it ends itself by the signal when it is through
    assert "hanging up what is still up" not in server.stderr
    assert sandbox.counters.calls_up == 0

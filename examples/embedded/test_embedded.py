"""The web server: its views in virtual time, and the program as a real process. It dials while calls come in."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from runpy import run_path
from typing import Any

import gevent
import pytest
from running_process import RunningProcess, http

from relay_runtime.sandbox import Callee, Sandbox

HERE = Path(__file__).parent
GUEST = "+15550100001"
APP = run_path(str(HERE / "app.py"))


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


@pytest.fixture
def relay_app() -> Any:
    return APP["Hotline"]


@pytest.fixture
def post(relay_client: Any) -> Any:
    """Send a request to place a call, and return its status and answer; blocks until the call is over."""

    def post(body: object) -> tuple[int, Any]:
        response = APP["make_app"](relay_client).test_client().post("/calls", json=body)
        return response.status_code, response.json

    return post


def test_a_request_places_a_call_and_tells_its_outcome_while_calls_come_in(
    relay_caller: Any, relay_callee: Any, relay_client: Any, post: Any
) -> None:
    guest = relay_callee(GUEST)
    request = gevent.spawn(post, {"to": GUEST})
    guest.hears("Press 1")
    relay_caller("+15550100002").dials("office").hears("We will call you back").is_hung_up_on()
    guest.presses("1").is_hung_up_on()
    told = {"outcome": "answered", "confirmed": True, "call_id": guest.call_id}
    assert request.get() == (200, told)
    state = APP["make_app"](relay_client).test_client().get("/status").json
    assert (state["connection"], state["calls_taken"], state["dials"]) == ("connected", 1, {"answered": 1})


def test_requests_wait_side_by_side(relay_callee: Any, relay_clock: Any, post: Any) -> None:
    guests = [relay_callee(f"+1555010{n:04d}").rings(20) for n in range(50)]
    requests = [gevent.spawn(post, {"to": f"+1555010{n:04d}"}) for n in range(50)]
    for guest in guests:
        guest.hears("Press 1", within=60).presses("1")
    assert [request.get()[1]["confirmed"] for request in requests] == [True] * 50
    assert relay_clock.now() < 100


def test_who_does_not_answer_is_no_error_of_the_server(relay_callee: Any, post: Any) -> None:
    relay_callee(GUEST).is_busy()
    assert post({"to": GUEST}) == (200, {"outcome": "not answered", "reason": "busy"})
    relay_callee(GUEST).never_answers()
    status, answer = post({"to": GUEST})
    assert (status, answer["outcome"]) == (200, "not answered")


@pytest.mark.parametrize("body", [{}, [], {"to": 5}, {"to": "5550100001"}])
def test_a_request_without_a_number_is_refused(post: Any, body: object) -> None:
    status, answer = post(body)
    assert status == 400
    assert answer["error"]


# The process


def test_the_server_answers_requests(sandbox: Sandbox, server: RunningProcess) -> None:
    sandbox.on_dial(GUEST, Callee().answers().hears("Press 1").presses("1").waits_for_hangup())
    status, outcome = http(f"{url_of(server)}/calls", {"to": GUEST})
    assert (status, outcome["confirmed"]) == (200, True)
    assert http(f"{url_of(server)}/status")[1]["connection"] == "connected"


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

"""The web app under gunicorn, as real processes, against the sandbox: SIGTERM leaves no call up."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import gevent
import pytest
from running_process import RunningProcess, http

from relay_runtime.sandbox import Callee, Caller, Sandbox

pytest.importorskip("gunicorn", reason="gunicorn is not installed; it is in the extra 'test'")

HERE = Path(__file__).parent
GUEST = "+15550100001"
CALLER = "+15550100002"
WORKERS = 2


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(time_scale=0.02) as running:
        yield running
        assert running.errors == []


class Server(RunningProcess):
    """gunicorn with the example's configuration, whose workers are connected."""

    def __init__(self, sandbox: Sandbox, home: Path, drain_seconds: float = 20) -> None:
        environ = {
            "SIGNALWIRE_SPACE": sandbox.url,
            "SIGNALWIRE_PROJECT_ID": sandbox.project,
            "SIGNALWIRE_API_TOKEN": sandbox.token,
            "BIND": "127.0.0.1:0",
            "WORKERS": str(WORKERS),
            "DRAIN_SECONDS": str(drain_seconds),
            "HOME": str(home),  # where gunicorn puts its control socket
        }
        super().__init__(["-m", "gunicorn"], cwd=HERE, environ=environ)
        self._sandbox = sandbox

    @property
    def url(self) -> str:
        url = self.wait_for_line(r"Listening at: (http://[\d.:]+)")[1]
        until(lambda: len(subscribed(self._sandbox)) == WORKERS, "not every worker is connected")
        return url


def subscribed(sandbox: Sandbox) -> list[object]:
    return [session for session in sandbox.sessions() if "office" in session.contexts]


def until(condition: Callable[[], object], complaint: str) -> None:
    with gevent.Timeout(20, AssertionError(complaint)):
        while not condition():
            gevent.sleep(0.01)


@pytest.mark.proof
def test_a_request_places_a_call_and_tells_its_outcome_while_calls_come_in(sandbox: Sandbox, tmp_path: Path) -> None:
    with Server(sandbox, tmp_path) as server:
        url = server.url
        sandbox.on_dial(GUEST, Callee().answers().hears("Press 1").presses("1").waits_for_hangup())
        request = gevent.spawn(http, f"{url}/calls", {"to": GUEST})
        caller = Caller(CALLER).dials("office").hears("We will call you back").waits_for_hangup()
        assert sandbox.place(caller).wait(15).ok
        status, outcome = request.get(timeout=15)
        assert (status, outcome["outcome"], outcome["confirmed"]) == (200, "answered", True)
        assert http(f"{url}/status")[1]["connection"] == "connected"
        assert http(f"{url}/calls", {"to": "5550100001"})[0] == 400
        assert http(f"{url}/elsewhere")[0] == 404
        server.send(signal.SIGTERM)
        assert server.exit_code() == 0, server.last_lines
    assert "Traceback" not in server.stderr


@pytest.mark.proof
def test_at_sigterm_calls_end_by_themselves_and_the_requests_that_wait_for_them_are_answered(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with Server(sandbox, tmp_path) as server:
        url = server.url
        sandbox.settings.change(characters_per_second=1)  # both calls are still up when the signal comes
        sandbox.on_dial(GUEST, Callee().answers().hears("Press 1").presses("1").waits_for_hangup())
        request = gevent.spawn(http, f"{url}/calls", {"to": GUEST})
        run = sandbox.place(Caller(CALLER).dials("office").hears("call you back").waits_for_hangup())
        until(lambda: sandbox.counters.calls_up == 2 and run.status == "answered", "the two calls did not come up")
        server.send(signal.SIGTERM)
        status, outcome = request.get(timeout=15)
        assert (status, outcome["confirmed"]) == (200, True)
        assert run.wait(15).ok
        assert server.exit_code() == 0, server.last_lines
    assert sandbox.counters.calls_up == 0
    assert subscribed(sandbox) == []


@pytest.mark.proof
def test_sigterm_leaves_no_call_up_in_any_worker_however_long_calls_and_requests_would_last(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with Server(sandbox, tmp_path, drain_seconds=0.5) as server:
        url = server.url
        sandbox.settings.change(characters_per_second=0.001)  # nobody hears the end of any sentence
        sandbox.on_dial("*", Callee().answers().waits_for_hangup(600))
        requests = [gevent.spawn(http, f"{url}/calls", {"to": f"+1555010{n:04d}"}) for n in range(4)]
        runs = [sandbox.place(Caller(CALLER).dials("office").waits_for_hangup(600)) for _ in range(6)]
        until(lambda: sandbox.counters.calls_up == 10, "the calls did not come up")
        until(lambda: all(run.status == "answered" for run in runs), "not every call was answered")
        server.send(signal.SIGTERM)
        assert server.exit_code() == 0, server.last_lines
        assert all(run.wait(15).end_source == "outbound" for run in runs)
        for request in requests:
            assert request.get(timeout=15)[0] == 200
    assert sandbox.counters.calls_up == 0
    assert subscribed(sandbox) == []
    assert "hanging up what is still up" in server.stderr
    assert "Traceback" not in server.stderr


@pytest.mark.proof
def test_a_quick_shutdown_hangs_up_at_once(sandbox: Sandbox, tmp_path: Path) -> None:
    with Server(sandbox, tmp_path, drain_seconds=600) as server:
        assert server.url
        sandbox.settings.change(characters_per_second=0.001)
        runs = [sandbox.place(Caller(CALLER).dials("office").waits_for_hangup(600)) for _ in range(4)]
        until(lambda: all(run.status == "answered" for run in runs), "not every call was answered")
        server.send(signal.SIGINT)
        assert all(run.wait(15).end_source == "outbound" for run in runs)
        assert server.exit_code() == 0, server.last_lines
    assert sandbox.counters.calls_up == 0


@pytest.mark.proof
def test_a_reload_lets_the_calls_of_the_old_workers_end_while_new_ones_serve(sandbox: Sandbox, tmp_path: Path) -> None:
    with Server(sandbox, tmp_path) as server:
        assert server.url
        old = subscribed(sandbox)
        sandbox.settings.change(characters_per_second=0.001)
        run = sandbox.place(Caller(CALLER).dials("office").waits(60).hangs_up())
        until(lambda: run.status == "answered", "the call did not come up")
        server.send(signal.SIGHUP)
        until(lambda: len([each for each in subscribed(sandbox) if each not in old]) == WORKERS, "nobody new serves")
        until(lambda: not [each for each in subscribed(sandbox) if each in old], "the old workers still serve")
        assert run.wait(15).end_source == "inbound"
        server.send(signal.SIGTERM)
        assert server.exit_code() == 0, server.last_lines
    assert "hanging up what is still up" not in server.stderr
    assert "Traceback" not in server.stderr

"""The processes that use a sandbox, asked over their control sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from tempfile import TemporaryDirectory
from typing import Any

import gevent
import pytest

from relay_actors.telemetry.status import CallsStatus, CallStatus, ConnectionStatus, QueuesStatus, Status
from relay_runtime.inspection.places import default_path
from relay_runtime.inspection.protocol import Problem, Request
from relay_runtime.inspection.reports import Report, WorkerReport
from relay_runtime.inspection.server import ControlServer
from relay_runtime.metrics.samples import MetricSamples
from relay_runtime.web.apps import Apps, Lag

CALL = CallStatus(call_id="c1", kind="Menu", direction="inbound", context="office", state="answered", age=1.0)


def worker(endpoint: str = "127.0.0.1:4242", pid: int = 7) -> WorkerReport:
    connection = ConnectionStatus(state="connected", endpoint=endpoint, logins=3, last_error="cut")
    status = Status(connection=connection, calls=CallsStatus(), queues=QueuesStatus(), actors=(), taken=0.0)
    stats = {"calls_admitted": 5, "calls_refused": {"cap": 2, "drain": 1}, "dials": {}}
    return WorkerReport(pid=pid, status=status, stats=stats, calls=(CALL,), memory=1000)


def buckets(*counts: float) -> list[MetricSamples]:
    bounds = ("0.005", "0.05", "+Inf")
    values = tuple(("relay_hub_lag_seconds_bucket", {"le": le}, n) for le, n in zip(bounds, counts, strict=True))
    return [MetricSamples("relay_hub_lag_seconds", "histogram", "", (*values, ("relay_hub_lag_seconds_sum", {}, 1.0)))]


class Process:
    """A process that says what it is told to say."""

    def __init__(self, *workers: WorkerReport) -> None:
        self.workers = workers
        self.lag = buckets(10, 10, 10)
        self.asked: list[str] = []

    def answer(self, request: Request) -> Any:
        self.asked.append(request.op)
        if request.op == "report":
            return Report(pid=1, app="app:Menu", version="1", uptime=1.0, draining=False, workers=self.workers)
        if request.op == "metrics":
            return self.lag
        raise Problem("bad_request", request.op)


Running = Callable[[int, Process], Process]


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    with ExitStack() as stack:
        place = stack.enter_context(TemporaryDirectory(prefix="rr-"))  # the name of a socket may have 107 bytes
        monkeypatch.setenv("XDG_RUNTIME_DIR", place)

        def start(pid: int, process: Process) -> Process:
            server = ControlServer(default_path(pid), process.answer)
            server.start()
            stack.callback(server.stop)
            return process

        yield start


def test_a_process_that_uses_the_sandbox_is_shown_with_its_calls(running: Running) -> None:
    running(1, Process(worker()))
    apps = Apps("ws://127.0.0.1:4242")
    apps.look()
    (app,) = apps.seen
    assert (app.pid, app.name, app.state, app.connection) == (7, "app:Menu", "serving", "connected")
    assert (app.reconnects, app.last_error, app.memory) == (2, "cut", 1000)
    assert app.counted == {"calls_admitted": 5, "calls_refused": 3}
    assert (apps.calls, app.lag) == ({"c1": CALL}, 0.005)


@pytest.mark.parametrize("endpoint", ["127.0.0.1:4243", "relay.signalwire.com:4242", "[2001:db8::1]:4242"])
def test_one_that_uses_another_server_is_left_alone_for_a_while(running: Running, endpoint: str) -> None:
    stranger = running(1, Process(worker(endpoint)))
    apps = Apps("ws://127.0.0.1:4242")
    for _ in range(10):
        apps.look()
    assert (apps.seen, apps.calls) == ((), {})
    assert stranger.asked == ["report"]
    stranger.workers = (worker(),)
    apps.look()
    assert len(apps.seen) == 1


@pytest.mark.parametrize("endpoint", ["localhost:4242", "[::1]:4242", ""])
def test_names_of_this_machine_are_the_sandbox_and_who_does_not_know_yet_may_be(
    running: Running, endpoint: str
) -> None:
    running(1, Process(worker(endpoint)))
    apps = Apps("ws://127.0.0.1:4242")
    apps.look()
    assert len(apps.seen) == 1


def test_workers_are_shown_one_by_one_and_one_that_is_silent_too(running: Running) -> None:
    running(1, Process(worker(pid=9), WorkerReport(pid=8, state="silent", problem="no answer")))
    apps = Apps("ws://127.0.0.1:4242")
    apps.look()
    assert [(app.pid, app.state, app.connection) for app in apps.seen] == [
        (8, "silent", ""),
        (9, "serving", "connected"),
    ]


def test_one_that_does_not_answer_holds_up_nobody_else(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relay_runtime.web.apps._PATIENCE", 0.05)

    class Stuck(Process):
        def answer(self, request: Request) -> Any:
            gevent.sleep(100)

    running(1, Stuck())
    running(2, Process(worker()))
    apps = Apps("ws://127.0.0.1:4242")
    apps.look()
    assert [app.pid for app in apps.seen] == [7]


def test_the_lag_is_that_since_the_last_look() -> None:
    lag = Lag()
    assert lag.since(buckets(10, 10, 10)) == 0.005
    assert lag.since(buckets(19, 20, 20)) == 0.05
    assert lag.since(buckets(29, 30, 30)) == 0.005
    assert lag.since(buckets(29, 30, 31)) == 0.05  # later than the last bound: that at least
    assert lag.since(buckets(29, 30, 31)) is None
    assert lag.since([]) is None

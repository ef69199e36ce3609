"""A process as Prometheus, probes and systemd see it."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent import socket
from prometheus_client.parser import text_string_to_metric_families
from running_process import LIMIT, RunningProcess, http, http_text, relay_runtime

from relay_runtime.process.process import ExitCode

pytestmark = [pytest.mark.scenario, pytest.mark.proof]

APP = """
import time
from prometheus_client import Counter
from relay_runtime import CallActor

GREETED = Counter("app_greeted", "Callers who were greeted.")

class Greeter(CallActor):
    def run(self):
        self.answer()
        GREETED.inc()
        self.prompt_tts("Press 1", {"digits": {"max": 1}, "initial_timeout": 10_000}).wait(60)

class Traced(CallActor):
    def run(self):
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter()))
        trace.set_tracer_provider(provider)
        self.answer()

class Blocker(CallActor):
    def run(self):
        self.answer()
        import gevent.monkey
        gevent.monkey.get_original("time", "sleep")(2)
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP)
    return tmp_path


def start(app: Path, kind: str = "Greeter", *arguments: str, environ: dict[str, str] | None = None) -> RunningProcess:
    where = ("--sandbox", "--sandbox-time-scale", "0.05", "--http-port", "0")
    return relay_runtime("start", f"app:{kind}", "-c", "office", *where, *arguments, cwd=app, environ=environ)


def port_of(process: RunningProcess) -> str:
    url = process.wait_for_line(r"probes and metrics on (http\S+)")[1]
    process.wait_for_line("serving the contexts")
    return url


def control_of(process: RunningProcess) -> str:
    return process.wait_for_line(r"control port +(http\S+)", "stdout")[1]


def scrape(url: str, token: str = "") -> dict[tuple[str, str], float]:
    """The samples by name and the value of their only label, or an empty string."""
    status, page = http_text(f"{url}/metrics", token)
    assert status == 200, page
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def sum_of(found: dict[tuple[str, str], float], name: str) -> float:
    return sum(value for (sample, _), value in found.items() if sample == name)


def place(control: str, count: int, steps: list[Any]) -> list[str]:
    calls = []
    for _ in range(count):
        status, run = http(f"{control}/calls", {"context": "office", "steps": steps})
        assert status == 200, run
        calls.append(run["call_id"])
    return calls


def until_metrics(url: str, name: str, label: str, value: float) -> dict[tuple[str, str], float]:
    """Scrape until a sample has a value."""
    found: dict[tuple[str, str], float] = {}
    with gevent.Timeout(LIMIT, AssertionError(f"{name} {label} never was {value}")):
        while (found := scrape(url)).get((name, label)) != value:
            gevent.sleep(0.05)
    return found


def test_metrics_agree_with_what_the_sandbox_has_counted(app: Path) -> None:
    with start(app) as process:
        url, control = port_of(process), control_of(process)
        calls = place(control, 3, [{"waits_for_hangup": 60}])
        up = until_metrics(url, "app_greeted_total", "", 3)
        assert (up["relay_connection_up", ""], up["relay_connection_subscribed", ""]) == (1, 1)
        assert (up["relay_calls_live", ""], up["relay_calls_active", ""]) == (3, 3)
        for call in calls:
            assert http(f"{control}/calls/{call}/press", {"digits": "1"})[0] == 200
        over = until_metrics(url, "relay_calls_ended_total", "hangup", 3)
        counted = http(f"{control}/counters")[1]
        session = http(f"{control}/sessions")[1]["sessions"][0]["sessionid"]
        frames = [entry["frame"] for entry in http(f"{control}/sessions/{session}/journal")[1]["frames"]]
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.OK
    assert over["relay_calls_live", ""] == 0
    assert over["relay_calls_offered_total", ""] == counted["offered"] == 3
    assert over["relay_calls_answered_total", "inbound"] == counted["answered"] == 3
    assert sum_of(over, "relay_calls_ended_total") == counted["ended"] == 3
    assert sum_of(over, "relay_events_total") == counted["events"]
    assert over["relay_connection_logins_total", ""] == counted["sessions"] == 1
    commands = Counter(frame.get("method") for frame in frames if str(frame.get("method")).startswith("calling."))
    assert commands["calling.answer"] == 3
    for method, count in commands.items():
        assert over["relay_command_duration_seconds_count", str(method)] == count
    assert sum_of(over, "relay_command_duration_seconds_count") == commands.total()
    assert over["relay_call_duration_seconds_count", ""] == over["relay_call_first_command_seconds_count", ""] == 3


def test_the_lag_of_the_event_loop_is_measured(app: Path) -> None:
    with start(app) as process:
        url = port_of(process)
        with gevent.Timeout(LIMIT, AssertionError("it never was")):
            while not scrape(url)["relay_hub_lag_seconds_count", ""]:
                gevent.sleep(0.05)
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.OK


def test_readyz_turns_to_503_while_the_process_drains_and_says_so(app: Path) -> None:
    with start(app) as process:
        url, control = port_of(process), control_of(process)
        assert http(f"{url}/readyz") == (200, {"ready": True})
        (call,) = place(control, 1, [{"waits_for_hangup": 60}])
        until_metrics(url, "app_greeted_total", "", 1)
        process.send(signal.SIGTERM)
        process.wait_for_line("draining")
        assert http(f"{url}/readyz") == (503, {"ready": False, "reasons": ["draining: no new call is taken"]})
        assert http(f"{url}/livez") == (200, {"live": True})
        http(f"{control}/calls/{call}/press", {"digits": "1"})
        assert process.exit_code() == ExitCode.OK


def test_before_the_connection_is_up_the_process_is_live_and_not_ready(app: Path) -> None:
    environ = {
        "SIGNALWIRE_SPACE": "ws://127.0.0.1:9",  # the discard port: nobody listens
        "SIGNALWIRE_PROJECT_ID": "p",
        "SIGNALWIRE_API_TOKEN": "a-secret-token",
    }
    with relay_runtime("start", "app:Greeter", "--http-port", "0", cwd=app, environ=environ) as process:
        url = process.wait_for_line(r"probes and metrics on (http\S+)")[1]
        process.wait_for_line("connection waiting")
        status, answer = http(f"{url}/readyz")
        assert status == 503
        assert answer["reasons"][0].startswith("not connected: the connection is ")
        assert http(f"{url}/livez")[0] == 200
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.OK


def test_a_call_that_blocks_the_event_loop_makes_the_process_unready_for_a_while(app: Path) -> None:
    with start(app, "Blocker") as process:
        url, control = port_of(process), control_of(process)
        place(control, 1, [{"waits_for_hangup": 60}])
        with gevent.Timeout(LIMIT, AssertionError("the process never was unready")):
            while (answer := http(f"{url}/readyz"))[0] == 200:
                gevent.sleep(0.05)
        assert answer[1]["reasons"][0].startswith("the event loop was ")
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.OK


def test_with_a_token_only_its_holder_reads_the_metrics(app: Path) -> None:
    with start(app, environ={"RELAY_HTTP_TOKEN": "for-prometheus"}) as process:
        url = port_of(process)
        assert http_text(f"{url}/metrics")[0] == 401
        assert scrape(url, "for-prometheus")["relay_clients", ""] == 1
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.OK
    assert "for-prometheus" not in process.stderr


def test_a_port_for_everybody_without_a_token_is_refused_at_the_start(app: Path) -> None:
    with start(app, "Greeter", "--http-host", "0.0.0.0") as process:
        assert process.exit_code() == ExitCode.BAD_CONFIG
    assert "--http-host is 0.0.0.0, which others can reach: give a token" in process.stderr


def test_calls_are_traced_by_the_provider_that_the_app_sets(app: Path) -> None:
    with start(app, "Traced", environ={"RELAY_TRACES": "true"}) as process:
        port_of(process)
        place(control_of(process), 1, [{"waits_for_hangup": 60}])
        process.wait_for_line('"name": "calling.answer"', "stdout")
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.OK
    assert "Traceback" not in process.stderr


@pytest.fixture
def notifications(tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """The socket of a service manager, and what it hears."""
    address, heard = str(tmp_path / "notify"), []
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(address)

    def read() -> None:
        while True:
            heard.extend(manager.recv(4096).decode().split("\n"))

    reader = gevent.spawn(read)
    yield address, heard
    reader.kill()
    manager.close()


def test_systemd_hears_of_readiness_of_life_and_of_the_stop(app: Path, notifications: tuple[str, list[str]]) -> None:
    address, heard = notifications
    with start(app, environ={"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "300000"}) as process:
        port_of(process)
        with gevent.Timeout(LIMIT, AssertionError(f"no pings: {heard}")):
            while heard.count("WATCHDOG=1") < 2:
                gevent.sleep(0.02)
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.OK
        gevent.sleep(0.01)
    assert heard[:2] == ["READY=1", "STATUS=serving calls"]
    stop = heard.index("STOPPING=1")
    assert heard[stop + 1] == "STATUS=stopping: SIGTERM"

"""`start --asyncio`: an app of asyncio as a process, as an operator starts it, looks into it and stops it."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import msgspec
import pytest
from gevent import socket
from running_process import LIMIT, RunningProcess, ask, http, relay_runtime

from relay_runtime.process.process import ExitCode

pytestmark = [pytest.mark.scenario, pytest.mark.proof]

APP = """
import threading
from gevent import monkey
from loguru import logger
from relay_runtime.aio import CallEnded, RelayClient

client = RelayClient()

@client.on_call
async def serve(call):
    await call.answer()
    prompt = await call.prompt_tts("Press 1", {"digits": {"max": 1}, "initial_timeout": 10_000})
    patched = monkey.is_module_patched("threading")
    logger.info("answered in {}, patched: {}", threading.current_thread().name, patched)  # from here on, a key counts
    try:
        await prompt.wait(60)
        goodbye = await call.play_tts("Goodbye")
        await goodbye.wait(10)
        await call.hangup()
        logger.info("said goodbye")
    except CallEnded:
        logger.info("the call has ended before")
        raise
"""
LINE_OF_THE_PROMPT = APP.splitlines().index("        await prompt.wait(60)") + 1
BLOCKER = """
from relay_runtime.aio import RelayClient

client = RelayClient(contexts=["office"])

@client.on_call
async def serve(call):
    await call.answer()
    open("release").read()  # a pipe that nobody writes to yet
"""
LINE_OF_THE_BLOCKER = BLOCKER.splitlines().index(next(line for line in BLOCKER.splitlines() if "open(" in line)) + 1
LEAVER = """
from relay_runtime.aio import RelayClient

client = RelayClient(contexts=["office"])

@client.on_call
async def serve(call):
    await call.answer()
    await client.disconnect()
"""


class Bench:
    """A directory with apps, and the processes that are started in it."""

    def __init__(self, path: Path, runtime: str) -> None:
        self.path = path
        self.environ = {"XDG_RUNTIME_DIR": runtime}

    def start(self, app: str, *arguments: str, **environ: str) -> RunningProcess:
        sandbox = ("--sandbox", "--sandbox-time-scale", "0.05")
        given = ("start", "--asyncio", app, *sandbox, *arguments)
        return relay_runtime(*given, cwd=self.path, environ={**self.environ, **environ})

    def ask(self, *arguments: str) -> str:
        return ask(*arguments, environ=self.environ)

    def ask_json(self, *arguments: str) -> Any:
        return msgspec.json.decode(self.ask(*arguments, "--json"))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    for name, text in {"app": APP, "blocker": BLOCKER, "leaver": LEAVER}.items():
        (tmp_path / f"{name}.py").write_text(text)
    with tempfile.TemporaryDirectory(prefix="rr-") as runtime:  # a short path: sockets have a limit
        yield Bench(tmp_path, runtime)
        assert [path for path in Path(runtime).rglob("*") if path.name != "relay-runtime"] == []


def call_in(process: RunningProcess, context: str = "office") -> str:
    """Place a call that waits for the other side, and return the URL of its run."""
    control = process.wait_for_line(r"control port +(http\S+)", "stdout")[1]
    process.wait_for_line("serving the contexts")
    status, run = http(f"{control}/calls", {"context": context, "steps": [{"waits_for_hangup": 60}]})
    assert status == 200, run
    return f"{control}/calls/{run['call_id']}"


def until(condition: Callable[[], bool], complaint: str) -> None:
    with gevent.Timeout(LIMIT, AssertionError(complaint)):
        while not condition():
            gevent.sleep(0.02)


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


def test_its_code_runs_in_the_main_thread_of_a_process_that_is_not_patched_and_a_call_up_at_sigterm_ends_by_its_own(
    bench: Bench, notifications: tuple[str, list[str]]
) -> None:
    address, heard = notifications
    watched = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "300000"}
    with bench.start("app:client", "-c", "lobby", "--max-active-calls", "7", **watched) as process:
        call = call_in(process, "lobby")
        call_id = call.rpartition("/")[2]
        process.wait_for_line(f"answered in MainThread, patched: False call_id={call_id} context=lobby")
        until(lambda: "WATCHDOG=1" in heard, "the watchdog gets no pings")
        report = bench.ask_json("ps")
        process.send(signal.SIGTERM)
        process.wait_for_line("draining; live calls: 1")
        assert http(f"{call}/press", {"digits": "1"})[0] == 200
        assert process.exit_code() == ExitCode.OK
        until(lambda: "STOPPING=1" in heard, "the service manager is not told of the stop")
    assert report["workers"][0]["status"]["calls"]["limit"] == 7
    assert heard[:2] == ["READY=1", "STATUS=serving calls"]
    assert "said goodbye" in process.stderr
    assert "every call ended by itself" in process.stderr
    assert "Traceback" not in process.stderr


def test_those_who_look_into_it_see_where_the_code_of_a_call_stands_and_may_end_it(bench: Bench) -> None:
    with bench.start("app") as process:
        first, second = call_in(process), call_in(process)
        until(lambda: process.stderr.count("answered in") == 2, "not every call was answered")
        (one, other) = (url.rpartition("/")[2] for url in (first, second))
        shown, status = bench.ask("call", one), bench.ask_json("call", one)
        top = msgspec.json.decode(bench.ask("top", "--json", "--count", "1"))
        with relay_runtime("trace", one, cwd=bench.path, environ=bench.environ) as trace:
            trace.wait_for_line(f"tracing {one}")
            assert bench.ask("hangup", one) == f"hung up {one}"
            assert trace.exit_code() == ExitCode.OK, trace.lines
        process.wait_for_line("the call has ended before")
        assert bench.ask("drain") == "draining; live calls: 1"
        http(f"{second}/press", {"digits": "1"})
        assert process.exit_code() == ExitCode.OK, process.stderr
    where = f"app.py:{LINE_OF_THE_PROMPT} in serve"
    assert where in status["where"]
    assert where in shown
    calls = top["workers"][0]["calls"]
    assert {live["call_id"]: where in live["where"] for live in calls} == {one: True, other: True}
    assert "-> calling.end" in trace.stdout
    assert process.stderr.count("said goodbye") == 1


def test_a_second_signal_hangs_up_and_ends(bench: Bench) -> None:
    with bench.start("app:client") as process:
        call_in(process)
        process.wait_for_line("answered in")
        process.send(signal.SIGINT)
        process.wait_for_line("draining")
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.AT_ONCE
    assert "hanging up what is still up; live calls: 1" in process.stderr
    assert "the call has ended before" in process.stderr
    assert "Traceback" not in process.stderr


def test_a_loop_that_is_blocked_is_named_and_fails_the_probes_and_holds_up_no_signal(bench: Bench) -> None:
    release = bench.path / "release"
    os.mkfifo(release)
    with bench.start("blocker:client", "--http-port", "0", "--drain-timeout", "0") as process:
        url = process.wait_for_line(r"probes and metrics on (http\S+)")[1]
        process.wait_for_line("serving the contexts")
        assert http(f"{url}/livez") == (200, {"live": True})
        call = call_in(process)
        named = process.wait_for_line("the loop of asyncio has been blocked for .* it stands at (.*);")[1]
        until(lambda: http(f"{url}/livez") == (503, {"live": False}), "it stays live")
        status, answer = http(f"{url}/readyz")
        process.send(signal.SIGTERM)
        process.wait_for_line("calls that were still up were hung up")
        outcome = http(f"{call}?wait=10")[1]["outcome"]
        os.close(os.open(release, os.O_WRONLY | os.O_NONBLOCK))
        assert process.exit_code() == ExitCode.CALLS_ENDED
    assert f"blocker.py:{LINE_OF_THE_BLOCKER} in serve" in named
    assert status == 503
    assert answer["reasons"][0].startswith("the event loop was ")
    assert outcome["end_source"] == "outbound"


def test_a_client_that_its_own_code_disconnects_ends_the_process(bench: Bench) -> None:
    with bench.start("leaver.py") as process:
        call_in(process)
        assert process.exit_code() == ExitCode.OK
    assert "the client was disconnected by its own code" in process.stderr
    assert "Traceback" not in process.stderr


def test_several_workers_serve_it_each_in_a_loop_of_its_own(bench: Bench) -> None:
    with bench.start("app:client", "--workers", "2") as process:
        process.wait_for_line("all workers serve calls")
        calls = [call_in(process) for _ in range(4)]
        until(lambda: process.stderr.count("answered in MainThread, patched: False") == 4, "not every call is answered")
        report = bench.ask_json("ps")
        process.send(signal.SIGTERM)
        until(lambda: process.stderr.count("draining; live calls:") == 2, "not every worker drains")
        for call in calls:
            assert http(f"{call}/press", {"digits": "1"})[0] == 200
        assert process.exit_code() == ExitCode.OK, process.stderr
    assert all(f"app.py:{LINE_OF_THE_PROMPT}" in call["where"] for each in report["workers"] for call in each["calls"])
    assert sum(len(each["calls"]) for each in report["workers"]) == 4
    assert process.stderr.count("said goodbye") == 4


def test_several_workers_that_cannot_load_it_end_with_its_complaint(bench: Bench) -> None:
    (bench.path / "app.py").write_text("from relay_runtime import CallActor\nclass Patient(CallActor): pass\n")
    with bench.start("app", "--workers", "2") as process:
        assert process.exit_code() == ExitCode.BAD_APP
    assert process.stderr.count("app:Patient is a CallActor class, which greenlets serve: start it without") == 1


def test_it_is_started_again_when_its_source_changes(bench: Bench) -> None:
    with bench.start("app:client", "--reload") as process:
        process.wait_for_line("all workers serve calls")
        first = call_in(process)
        process.wait_for_line("answered in MainThread, patched: False")
        (bench.path / "app.py").write_text(APP.replace("answered in", "taken in"))
        process.wait_for_line("every worker was replaced")
        assert http(f"{first}?wait=10")[1]["outcome"]["end_source"] == "outbound"
        second = call_in(process)
        process.wait_for_line("taken in MainThread")
        http(f"{second}/press", {"digits": "1"})
        process.send(signal.SIGINT)
        assert process.exit_code() == ExitCode.OK, process.stderr

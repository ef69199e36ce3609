"""A hub that goes round no more, in real processes: a worker is named and started again, a lone process says so.

What holds it up is different each time: Python code, C code that keeps the interpreter, the system.
"""

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
from running_process import RunningProcess, ask, http, http_text, relay_runtime

from relay_runtime.process.process import ExitCode

pytestmark = [pytest.mark.scenario, pytest.mark.proof]

LIMIT = 60.0  # seconds for whatever several processes do
TIMEOUT = 3  # seconds of silence; a machine that is busy with other tests holds a worker up for less
DRAIN = 1
GREENLETS = """
import os
import re
import signal

from relay_runtime import CallActor


class Blocker(CallActor):
    def run(self):
        self.answer()
        if not os.path.exists("blocked"):
            print("blocks", os.getpid(), flush=True)
            open("blocked", "w").close()
            {block}
        self.play_tts("Hello").wait()
"""
ASYNCIO = """
import os
import re

from relay_runtime.aio import RelayClient

client = RelayClient()


@client.on_call
async def serve(call):
    await call.answer()
    if not os.path.exists("blocked"):
        print("blocks", os.getpid(), flush=True)
        open("blocked", "w").close()
        {block}
"""
LOOP = "while True: pass"
REGEX = 're.match("(a+)+$", "a" * 80 + "b")'
INDENT = {GREENLETS: 12 * " ", ASYNCIO: 8 * " "}
STOP = "os.kill(os.getpid(), signal.SIGSTOP)"


class Bench:
    """A directory with an app whose first call blocks its process for ever."""

    def __init__(self, path: Path, runtime: str) -> None:
        self.path = path
        self.environ = {"XDG_RUNTIME_DIR": runtime}

    def start(self, *arguments: str, block: str, app: str = GREENLETS, **environ: str) -> RunningProcess:
        (self.path / "app.py").write_text(app.format(block=block))
        given = ("app.py", "-c", "office", "--http-port", "0", "--drain-timeout", str(DRAIN), "--sandbox")
        return relay_runtime("start", *given, *arguments, cwd=self.path, environ={**self.environ, **environ})

    def workers(self, *arguments: str, block: str, app: str = GREENLETS, timeout: int = TIMEOUT) -> RunningProcess:
        several = ("--workers", "2", "--worker-timeout", str(timeout))
        return self.start(*several, *arguments, block=block, app=app)

    @property
    def states(self) -> list[str]:
        report: Any = msgspec.json.decode(ask("ps", "--json", environ=self.environ))
        return [worker["state"] for worker in report["workers"]]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="rr-") as runtime:  # a short path: sockets have a limit
        yield Bench(tmp_path, runtime)


def until(condition: Callable[[], object], complaint: str) -> None:
    with gevent.Timeout(LIMIT, AssertionError(complaint)):
        while not condition():
            gevent.sleep(0.02)


def line(process: RunningProcess, text: str, stream: str = "stderr") -> str:
    """Wait for a line with a text, and return it."""

    def found() -> str | None:
        return next((each for each in process.lines[stream] if text in each), None)

    until(found, f"no line with {text!r}:\n{process.last_lines}")
    return str(found())


def blocked(process: RunningProcess, serving: str = "all workers serve calls") -> int:
    """Let a caller come, whose call blocks for ever; return the id of the process that it blocks."""
    line(process, serving)
    control = line(process, "control port", "stdout").split()[-1]
    http(f"{control}/calls", {"context": "office", "steps": [{"waits_for_hangup": 60}]})
    return int(line(process, "blocks", "stdout").split()[-1])


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def end_with_its_workers(process: RunningProcess, pid: int) -> None:
    """Kill what a failed test would leave behind."""
    process.send(signal.SIGKILL)
    if lives(pid):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(
    ("app", "block", "where"),
    [
        (GREENLETS, LOOP, "its hub is held up by Blocker of call "),
        (GREENLETS, REGEX, "its interpreter is held by C code that was called at "),
        (GREENLETS, STOP, "no thread of it answers where it stands; the process is stopped"),
        (ASYNCIO, LOOP, "its loop of asyncio stands at "),
        (ASYNCIO, REGEX, "its interpreter is held by C code that was called at "),
    ],
)
def test_a_silent_worker_is_named_counted_killed_and_started_again(
    bench: Bench, app: str, block: str, where: str
) -> None:
    line_of_it = app.format(block=block).splitlines().index(f"{INDENT[app]}{block}") + 1
    with bench.workers(*(["--asyncio"] if app is ASYNCIO else []), block=block, app=app) as process:
        url = line(process, "probes and metrics on").split()[-1].rstrip("/")
        pid = blocked(process)
        told = line(process, "has been silent for")
        assert where in told
        assert (f"app.py:{line_of_it} in " in told) == (block is not STOP)
        assert f"process {pid} is killed" in told
        until(lambda: process.stderr.count("serves calls as process") == 3, "it was not started again")
        page = http_text(f"{url}/metrics")[1]
        assert "relay_worker_timeouts_total 1.0" in page
        assert "relay_worker_restarts_total 1.0" in page
        assert not lives(pid)
        assert "relay_calls_left_up_total 0.0" in page
        line(process, "killed by its parent since it was silent; another one goes on with its calls: 1")
        line(process, "calls adopted: 1")
        until(lambda: bench.states == ["serving", "serving"], "not every worker serves")
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.OK, process.stderr


def test_meanwhile_a_silent_worker_is_shown_as_such_and_does_not_hold_up_the_probes(bench: Bench) -> None:
    with bench.workers(block=LOOP, timeout=600) as process:
        url = line(process, "probes and metrics on").split()[-1].rstrip("/")
        pid = blocked(process)
        try:
            until(lambda: sorted(bench.states) == ["serving", "silent"], "ps tells otherwise")
            page = http_text(f"{url}/metrics")[1]
            assert 'relay_workers{state="serving"} 1.0' in page
            assert 'relay_workers{state="silent"} 1.0' in page
            assert (http_text(f"{url}/readyz")[0], http_text(f"{url}/livez")[0]) == (200, 200)
        finally:
            end_with_its_workers(process, pid)


def test_when_no_worker_answers_the_process_is_not_ready(bench: Bench) -> None:
    with bench.start("--workers", "1", "--reload", "--worker-timeout", "0", block=LOOP) as process:
        url = line(process, "probes and metrics on").split()[-1].rstrip("/")
        pid = blocked(process)
        try:
            status, page = http_text(f"{url}/readyz")
            assert (status, "no worker serves calls and answers" in page) == (503, True)
            assert bench.states == ["silent"]
        finally:
            end_with_its_workers(process, pid)


@pytest.mark.parametrize("block", [LOOP, REGEX, STOP])
def test_sigterm_is_bounded_whatever_a_worker_does(bench: Bench, block: str) -> None:
    with bench.workers(block=block, timeout=600) as process:
        pid = blocked(process)
        process.send(signal.SIGTERM)
        assert f"process {pid} is killed, with calls up: 1" in line(process, "has not ended in time")
        line(process, "killed by its parent since it had not ended in time; calls may be up still: 1: ")
        assert process.exit_code() == ExitCode.UNREACHABLE
        assert not lives(pid)


@pytest.mark.parametrize(("app", "block"), [(GREENLETS, LOOP), (GREENLETS, REGEX), (ASYNCIO, LOOP), (ASYNCIO, REGEX)])
def test_a_blocked_worker_whose_parent_was_killed_ends(bench: Bench, app: str, block: str) -> None:
    timeout = 1 if block is REGEX else 600  # seconds; it ends by itself after ten times as long
    with bench.workers(*(["--asyncio"] if app is ASYNCIO else []), block=block, app=app, timeout=timeout) as process:
        pid = blocked(process)
        process.send(signal.SIGKILL)
        until(lambda: not lives(pid), "a worker outlived its parent")
        until(lambda: len(list(Path(bench.environ["XDG_RUNTIME_DIR"]).rglob("[12].sock"))) <= (block is REGEX), "left")


@pytest.fixture
def notifications(tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """The socket of a service manager, and what it hears."""
    address, heard = str(tmp_path / "notify"), []
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(address)

    def read() -> None:
        while True:
            heard.append(manager.recv(4096).decode())

    reader = gevent.spawn(read)
    yield address, heard
    reader.kill()
    manager.close()


@pytest.mark.parametrize("block", [LOOP, REGEX])
def test_a_lone_process_whose_hub_is_dead_feeds_no_watchdog_and_answers_no_probe(
    bench: Bench, notifications: tuple[str, list[str]], block: str
) -> None:
    address, heard = notifications
    environ = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "300000"}
    with bench.start(block=block, **environ) as process:
        host, port = line(process, "probes and metrics on").split()[-1].strip("/").removeprefix("http://").split(":")
        until(lambda: heard.count("WATCHDOG=1") > 3, "the watchdog is not fed")
        assert http_text(f"http://{host}:{port}/livez")[0] == 200
        blocked(process, "serving the contexts")
        gevent.sleep(0)  # what was sent before is read
        before = len(heard)
        with socket.create_connection((host, int(port)), timeout=1.0) as probe:
            probe.sendall(b"GET /livez HTTP/1.1\r\nHost: here\r\n\r\n")
            with pytest.raises(TimeoutError):
                probe.recv(1)
        assert heard[before:] == []
        process.send(signal.SIGKILL)


def test_who_looks_into_the_parent_of_a_silent_worker_is_told_of_it_and_not_that_there_is_no_call(bench: Bench) -> None:
    with bench.workers(block=LOOP, timeout=0) as process:
        pid = blocked(process)
        try:
            silent = f"(process {pid}) does not answer"
            for command in ("call", "trace", "hangup"):
                assert silent in ask(command, "a", environ=bench.environ, code=ExitCode.UNREACHABLE)
            shown = ask("ps", environ=bench.environ)
            assert "calls not known: worker " in shown
            assert silent in shown
            assert silent in ask("drain", environ=bench.environ)
        finally:
            end_with_its_workers(process, pid)

"""`relay_runtime.run`: a plain program is a process with signals, a drain and an exit code."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from doubles.client import LIMIT, THEM, client_of
from doubles.hub import until
from running_process import RunningProcess

import relay_runtime
from relay_runtime import RelayClient, aio
from relay_runtime.client.importing import importing
from relay_runtime.process.process import ExitCode
from relay_runtime.process.running import exit_by
from relay_runtime.sandbox import Caller, Sandbox

PROGRAM = """
{first}
import relay_runtime
from relay_runtime import RelayClient

client = RelayClient("{project}", "{token}", host="{url}", contexts=["office"])

@client.on_call
def serve(call):
    call.answer()
    print("answered", flush=True)
    call.wait_for("calling.call.tap")

@client.on_drain
def drain(client):
    print("draining", flush=True)

if __name__ == "__main__":
    relay_runtime.run(client, drain_timeout={drain_timeout})
    print("run has returned:", client.state, flush=True)
"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with gevent.Timeout(3 * LIMIT), Sandbox(time_scale=0.005, control_port=None) as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def signals_as_they_were() -> Iterator[None]:
    """Whoever runs these tests by ``nohup``, or behind other work, has signals ignored."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [(number, signal.signal(number, signal.SIG_DFL)) for number in numbers]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before:
        signal.signal(number, handler)


# As a process


def process_of(sandbox: Sandbox, folder: Path, *, drain_timeout: float = 30, **other: str) -> RunningProcess:
    given = {"project": sandbox.project, "token": sandbox.token, "url": sandbox.url, "first": "", **other}
    return RunningProcess(["-c", PROGRAM.format(drain_timeout=drain_timeout, **given)], cwd=folder)


def call_in(sandbox: Sandbox, process: RunningProcess, caller: Caller) -> Any:
    process.wait_for_line("serving the contexts office")
    placed = sandbox.place(caller)
    process.wait_for_line("answered", "stdout")
    return placed


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_lets_a_call_end_and_the_exit_code_is_0(
    sandbox: Sandbox, tmp_path: Path, number: signal.Signals
) -> None:
    with process_of(sandbox, tmp_path) as process:
        call = call_in(sandbox, process, Caller(THEM).dials("office").waits_for_hangup(600))
        process.send(number)
        process.wait_for_line("draining; live calls: 1")
        call.call.end("hangup", "inbound")
        assert process.exit_code() == ExitCode.OK
    assert process.lines["stdout"] == ["answered", "draining", "run has returned: stopped"]
    assert "Traceback" not in process.stderr


@pytest.mark.slow
def test_a_program_that_was_patched_by_gevent_is_run_as_well(sandbox: Sandbox, tmp_path: Path) -> None:
    with process_of(sandbox, tmp_path, first="from gevent import monkey; monkey.patch_all()") as process:
        process.wait_for_line("serving the contexts office")
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.OK
    assert process.lines["stdout"] == ["draining", "run has returned: stopped"]


@pytest.mark.slow
def test_a_call_that_outlasts_the_drain_is_hung_up_and_the_exit_code_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    with process_of(sandbox, tmp_path, drain_timeout=0.1) as process:
        call = call_in(sandbox, process, Caller(THEM).dials("office").waits_for_hangup(600))
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.CALLS_ENDED
        assert call.wait(LIMIT).ok
    assert sandbox.counters.calls_up == 0
    assert "run has returned" not in process.stdout
    assert "Traceback" not in process.stderr


def loses_link(sandbox: Sandbox, process: RunningProcess) -> None:
    """Cut the link of a process, and let no other one come up."""
    sandbox.faults.refuse("http", times=100_000)
    sandbox.cut()
    process.wait_for_line("connection waiting")


@pytest.mark.slow
def test_a_link_that_is_down_at_the_signal_and_comes_back_has_the_call_hung_up(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with process_of(sandbox, tmp_path, drain_timeout=0.1) as process:
        call = call_in(sandbox, process, Caller(THEM).dials("office").waits_for_hangup(6000))
        loses_link(sandbox, process)
        process.send(signal.SIGTERM)
        process.wait_for_line("hanging up what is still up; live calls: 1")
        sandbox.faults.calm()
        assert process.exit_code() == ExitCode.CALLS_ENDED
        ended = call.wait(LIMIT)
    assert (ended.end_reason, ended.end_source) == ("hangup", "outbound")  # by the process, not for its absence
    assert "may be up still" not in process.stderr


@pytest.mark.proof
def test_a_link_that_stays_down_leaves_the_call_up_and_exit_code_and_log_say_so(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with process_of(sandbox, tmp_path, drain_timeout=0.1) as process:
        call_in(sandbox, process, Caller(THEM).dials("office").waits_for_hangup(60_000))
        call_id = sandbox.runs()[0].call.call_id
        loses_link(sandbox, process)
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.UNREACHABLE
        assert sandbox.counters.calls_up == 1
    assert f"since the server took no hang-up of them: {call_id}" in process.stderr
    assert "calls may be up still: 1" in process.stderr
    assert "hung up" not in process.stderr
    assert THEM not in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.slow
def test_a_second_signal_ends_at_once_and_leaves_nobody_on_the_line(sandbox: Sandbox, tmp_path: Path) -> None:
    with process_of(sandbox, tmp_path, drain_timeout=600) as process:
        call = call_in(sandbox, process, Caller(THEM).dials("office").waits_for_hangup(600))
        process.send(signal.SIGTERM)
        process.wait_for_line("draining; live calls: 1")
        process.send(signal.SIGINT)
        assert process.exit_code() == ExitCode.AT_ONCE
        assert call.wait(LIMIT).ok
    assert sandbox.counters.calls_up == 0
    assert "Traceback" not in process.stderr


@pytest.mark.slow
def test_refused_credentials_have_an_exit_code_and_a_line(sandbox: Sandbox, tmp_path: Path) -> None:
    with process_of(sandbox, tmp_path, token="wrong") as process:
        assert process.exit_code() == ExitCode.REFUSED
    assert "stopped: " in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.slow
def test_a_server_that_cannot_be_used_as_configured_has_an_exit_code_and_a_line(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with process_of(sandbox, tmp_path, url=sandbox.url.replace("ws:", "wss:")) as process:
        assert process.exit_code() == ExitCode.BAD_CONFIG
    assert "stopped: " in process.stderr
    assert "does not speak TLS" in process.stderr
    assert "Traceback" not in process.stderr


# In this process


def caught() -> int:
    """Return the set of signals that this process takes, as the system knows it: gevent tells Python nothing."""
    status = Path("/proc/self/status").read_text()
    return int(re.search("SigCgt:\t(.*)", status)[1], 16)  # type: ignore[index]


def test_it_returns_when_other_code_disconnects_the_client_and_gives_the_signals_back(sandbox: Sandbox) -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    heard: list[int] = []
    for number in numbers:
        signal.signal(number, lambda number, _: heard.append(number))
    client, before = client_of(sandbox), caught()
    client.on_ready(lambda client: client.disconnect())
    relay_runtime.run(client)
    assert caught() == before  # or the next lines would end this process
    for number in numbers:
        os.kill(os.getpid(), number)
        until(lambda: heard)
        assert heard.pop() == number


def test_a_client_that_is_connected_already_may_be_run(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        running = gevent.spawn(relay_runtime.run, client)
        gevent.sleep(0)
        assert not running.ready()
        os.kill(os.getpid(), signal.SIGTERM)
        running.get(timeout=LIMIT)
        assert client.state == "stopped"
    assert sandbox.counters.sessions == 1


def test_a_failure_is_raised_and_the_signals_are_given_back_as_well() -> None:
    def fails() -> ExitCode:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise KeyError

    with pytest.raises(KeyError):
        exit_by(fails)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


@pytest.mark.parametrize("code", list(ExitCode))
def test_every_exit_code_but_0_ends_the_process(code: ExitCode) -> None:
    if code is ExitCode.OK:
        exit_by(lambda: code)
    else:
        with pytest.raises(SystemExit) as ended:
            exit_by(lambda: code)
        assert (ended.value.code, type(ended.value.code)) == (code, int)


# What is refused


def test_another_thread_is_refused(sandbox: Sandbox) -> None:
    refused: list[Exception] = []

    def other() -> None:
        try:
            relay_runtime.run(client_of(sandbox))
        except Exception as error:
            refused.append(error)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join(LIMIT)
    (error,) = refused
    assert isinstance(error, RuntimeError)
    assert "in the main thread, which alone gets signals" in str(error)


def test_a_loop_that_runs_is_refused(sandbox: Sandbox) -> None:
    async def main() -> None:
        relay_runtime.run(client_of(sandbox))

    with pytest.raises(RuntimeError, match=r"relay_runtime\.run\(client\) blocks, and a loop of asyncio is running"):
        asyncio.run(main())


def test_the_import_of_an_app_is_refused(sandbox: Sandbox) -> None:
    refused = r"relay_runtime\.run\(client\) was called while relay-runtime start imports app\.py"
    with importing("app.py"), pytest.raises(RuntimeError, match=refused):
        relay_runtime.run(client_of(sandbox))


@pytest.mark.parametrize(
    ("client", "kind"),
    [(aio.RelayClient("p", "t"), "RelayClient"), (RelayClient, "type"), (None, "NoneType")],
    ids=["asyncio", "class", "none"],
)
def test_what_is_no_client_is_refused(client: Any, kind: str) -> None:
    with pytest.raises(TypeError, match=rf"client is a {kind}; accepted is a relay_runtime\.RelayClient .*aio\.run"):
        relay_runtime.run(client)


@pytest.mark.parametrize("timeout", [-1, float("inf"), float("nan"), True, "soon", None])
def test_a_drain_timeout_is_a_number_of_seconds(sandbox: Sandbox, timeout: Any) -> None:
    with pytest.raises(ValueError, match="drain_timeout is .*; accepted is a number of seconds from 0"):
        relay_runtime.run(client_of(sandbox), drain_timeout=timeout)

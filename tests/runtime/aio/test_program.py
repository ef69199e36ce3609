"""`relay_runtime.aio.run`: a plain program on asyncio is a process with signals, a drain and an exit code."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from doubles.awaited import LIMIT, THEM, client_of, hub_threads, run
from doubles.threaded_sandbox import ThreadedSandbox
from running_process import RunningProcess

import relay_runtime
from relay_runtime import aio
from relay_runtime.client.importing import importing
from relay_runtime.process.process import ExitCode
from relay_runtime.sandbox import Caller, Sandbox

PROGRAM = """
import os
import time
from relay_runtime import aio

client = aio.RelayClient("{project}", "{token}", host="{url}", contexts=["office"], guard=None)

@client.on_call
async def serve(call):
    await call.answer()
    print("answered", flush=True)
    {stands}
    await call.wait_for("calling.call.tap")

@client.on_drain
async def drain(client):
    print("draining", flush=True)

if __name__ == "__main__":
    aio.run(client, drain_timeout={drain_timeout})
    print("run has returned:", client.state, flush=True)
"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with gevent.Timeout(3 * LIMIT), Sandbox(time_scale=0.005, control_port=None) as sandbox:
        yield sandbox


def process_of(
    sandbox: Sandbox, folder: Path, *, drain_timeout: float = 30, stands: str = "pass", token: str = ""
) -> RunningProcess:
    given = {"project": sandbox.project, "token": token or sandbox.token, "url": sandbox.url}
    return RunningProcess(["-c", PROGRAM.format(drain_timeout=drain_timeout, stands=stands, **given)], cwd=folder)


def call_in(sandbox: Sandbox, process: RunningProcess) -> Any:
    process.wait_for_line("serving the contexts office")
    placed = sandbox.place(Caller(THEM).dials("office").waits_for_hangup(600))
    process.wait_for_line("answered", "stdout")
    return placed


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_a_call_end_and_the_exit_code_is_0(
    sandbox: Sandbox, tmp_path: Path, number: signal.Signals
) -> None:
    with process_of(sandbox, tmp_path) as process:
        call = call_in(sandbox, process)
        process.send(number)
        process.wait_for_line("draining; live calls: 1")
        call.call.end("hangup", "inbound")
        assert process.exit_code() == ExitCode.OK
    assert process.lines["stdout"] == ["answered", "draining", "run has returned: stopped"]
    assert "Traceback" not in process.stderr


@pytest.mark.slow
def test_a_call_that_outlasts_the_drain_is_hung_up_and_the_exit_code_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    with process_of(sandbox, tmp_path, drain_timeout=0.1) as process:
        call = call_in(sandbox, process)
        process.send(signal.SIGTERM)
        assert process.exit_code() == ExitCode.CALLS_ENDED
        assert call.wait(LIMIT).ok
    assert "run has returned" not in process.stdout
    assert "Traceback" not in process.stderr


@pytest.mark.slow
def test_a_loop_that_is_blocked_holds_up_no_signal_and_nobody_stays_on_the_line(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    stands = "while not os.path.exists('free'): time.sleep(0.01)"
    with process_of(sandbox, tmp_path, stands=stands) as process:
        call = call_in(sandbox, process)
        process.send(signal.SIGTERM)
        process.wait_for_line("letting live calls end")
        process.send(signal.SIGTERM)
        assert call.wait(LIMIT).ok
        (tmp_path / "free").touch()
        assert process.exit_code() == ExitCode.AT_ONCE
    assert sandbox.counters.calls_up == 0


@pytest.mark.slow
def test_refused_credentials_have_an_exit_code_and_a_line(sandbox: Sandbox, tmp_path: Path) -> None:
    with process_of(sandbox, tmp_path, token="wrong") as process:
        assert process.exit_code() == ExitCode.REFUSED
    assert "stopped: " in process.stderr
    assert "Traceback" not in process.stderr


def test_it_returns_when_the_code_of_the_client_disconnects_it_and_no_thread_is_left(
    threaded: ThreadedSandbox,
) -> None:
    before = hub_threads()
    client = client_of(threaded)
    client.on_ready(lambda client: client.disconnect())
    aio.run(client)
    assert client.state == "stopped"
    assert hub_threads() == before


# What is refused


def test_another_thread_is_refused() -> None:
    refused: list[Exception] = []

    def other() -> None:
        try:
            aio.run(aio.RelayClient("p", "t"))
        except Exception as error:
            refused.append(error)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join(LIMIT)
    (error,) = refused
    assert isinstance(error, RuntimeError)
    assert "in the main thread, which alone gets signals" in str(error)


def test_a_loop_that_runs_is_refused() -> None:
    async def main() -> None:
        aio.run(aio.RelayClient("p", "t"))

    with pytest.raises(RuntimeError, match=r"a loop of asyncio is running in this thread: use `async with client`"):
        run(main())


def test_a_client_that_is_connected_elsewhere_is_refused(threaded: ThreadedSandbox) -> None:
    client = client_of(threaded)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(client.connect())
    try:
        with pytest.raises(RuntimeError, match="connected in another loop; disconnect it there first"):
            aio.run(client)
    finally:
        loop.run_until_complete(client.disconnect())
        loop.close()


def test_the_import_of_an_app_is_refused() -> None:
    refused = r"relay_runtime\.aio\.run\(client\) was called while relay-runtime start imports app\.py"
    with importing("app.py"), pytest.raises(RuntimeError, match=refused):
        aio.run(aio.RelayClient("p", "t"))


@pytest.mark.parametrize("client", [relay_runtime.RelayClient("p", "t"), None], ids=["greenlets", "none"])
def test_what_is_no_client_of_asyncio_is_refused(client: Any) -> None:
    with pytest.raises(TypeError, match=r"accepted is a relay_runtime\.aio\.RelayClient"):
        aio.run(client)


def test_a_drain_timeout_is_a_number_of_seconds() -> None:
    with pytest.raises(ValueError, match="drain_timeout is -1; accepted is a number of seconds from 0"):
        aio.run(aio.RelayClient("p", "t"), drain_timeout=-1)

"""`run` serves until a signal or the end of the client, in a loop of its own."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from doubles.awaited import LIMIT, THEM, client_of, hub_threads, run
from doubles.threaded_sandbox import ThreadedSandbox
from running_process import RunningProcess

from relay_runtime.aio import AuthenticationFailed, Call, RelayClient
from relay_runtime.sandbox import Caller, Sandbox

PROGRAM = """
from relay_runtime.aio import RelayClient

client = RelayClient("{project}", "{token}", host="{url}", contexts=["office"])

@client.on_call
async def serve(call):
    await call.answer()
    print("answered", flush=True)
    try:
        await call.wait_for("calling.call.tap")
    finally:
        print("the code has ended", flush=True)

@client.on_change
def tell(change):
    print("state", client.state, flush=True)

client.run()
print("run has returned:", client.state, flush=True)
"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with gevent.Timeout(3 * LIMIT), Sandbox(time_scale=0.005, control_port=None) as sandbox:
        yield sandbox


def process_of(sandbox: Sandbox, folder: Path) -> RunningProcess:
    program = PROGRAM.format(project=sandbox.project, token=sandbox.token, url=sandbox.url)
    return RunningProcess(["-c", program], cwd=folder)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_run_and_leaves_nobody_on_the_line(
    sandbox: Sandbox, tmp_path: Path, number: signal.Signals
) -> None:
    with process_of(sandbox, tmp_path) as process:
        process.wait_for_line("state connected", "stdout")
        placed = sandbox.place(Caller(THEM).dials("office").waits_for_hangup())
        process.wait_for_line("answered", "stdout")
        process.send(number)
        outcome = placed.wait(LIMIT)
        assert (outcome.end_source, outcome.failure) == ("outbound", None)
        assert process.exit_code() == 0
    told = [line for line in process.lines["stdout"] if not line.startswith("state")]
    assert told == ["answered", "the code has ended", "run has returned: stopped"]
    assert "Traceback" not in process.stderr
    assert "never retrieved" not in process.stderr
    assert sandbox.counters.calls_up == 0


@pytest.mark.slow
def test_a_signal_ends_a_run_that_can_not_connect(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.faults.refuse("hang", 100)
    with process_of(sandbox, tmp_path) as process:
        process.wait_for_line("connection connecting")
        process.send(signal.SIGTERM)
        assert process.exit_code() == 0
    assert process.lines["stdout"][-1] == "run has returned: stopped"
    assert "Traceback" not in process.stderr


def test_run_returns_when_the_client_is_disconnected(threaded: ThreadedSandbox) -> None:
    client = client_of(threaded)
    before = hub_threads()

    @client.on_call
    async def serve(call: Call) -> None:
        await call.answer()
        await client.disconnect()

    threaded.begin(call_when_connected, threaded.sandbox)
    client.run()
    assert client.state == "stopped"
    assert hub_threads() == before
    assert signal.getsignal(signal.SIGTERM) in {signal.SIG_DFL, signal.Handlers.SIG_DFL}


def call_when_connected(sandbox: Sandbox) -> None:
    """Let somebody call as soon as a client receives the context; blocks a greenlet of the sandbox."""
    while not any("office" in session.contexts for session in sandbox.sessions()):
        gevent.sleep(0.001)
    sandbox.place(Caller(THEM).dials("office").waits_for_hangup())


def test_run_raises_what_ended_the_client(threaded: ThreadedSandbox) -> None:
    with pytest.raises(AuthenticationFailed):
        client_of(threaded, token="wrong").run()


def test_run_works_in_a_thread_that_gets_no_signals(threaded: ThreadedSandbox) -> None:
    client = client_of(threaded)

    @client.on_call
    async def serve(call: Call) -> None:
        await client.disconnect()

    threaded.begin(call_when_connected, threaded.sandbox)
    thread = threading.Thread(target=client.run)
    thread.start()
    thread.join(LIMIT)
    assert not thread.is_alive()
    assert client.state == "stopped"


@pytest.mark.parametrize("state", ["connected", "stopped", "over"])
def test_a_client_that_is_disconnected_as_soon_as_it_is_connected_stays_so(
    threaded: ThreadedSandbox, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """Whoever disconnects may be ahead of the code that goes on behind the connect: at its beginning, or at its end."""
    client, ends = client_of(threaded), asyncio.Event()
    ended: list[asyncio.Future[None]] = []

    @client.on_change
    async def linger(change: object) -> None:
        await ends.wait()

    async def connect() -> None:
        await RelayClient.connect(client)
        ended.append(asyncio.ensure_future(client.disconnect()))
        while client.state != "stopped" and state != "connected":
            await asyncio.sleep(0)
        asyncio.get_running_loop().call_later(0.05, ends.set)
        if state == "over":
            await ended[0]

    monkeypatch.setattr(client, "connect", connect)
    client.run()
    assert ended[0].done()
    assert client.state == "stopped"
    assert len(threaded.sandbox.sessions()) == 1


def test_run_is_refused_where_a_loop_runs(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        with pytest.raises(RuntimeError, match="use `async with client` instead"):
            client_of(threaded).run()
        await asyncio.sleep(0)

    run(main())

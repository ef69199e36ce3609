"""What is there while a client is connected: its loop, its thread, its handlers, and the end of all of them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from doubles.awaited import LIMIT, OFFICE, THEM, client_of, hub_threads, on_a_call, phone, run, until
from doubles.threaded_sandbox import ThreadedSandbox
from running_process import RunningProcess

from relay_runtime.aio import Call, ClientFailed, Message, NotConnected, RelayClient
from relay_runtime.sandbox import Callee, Caller, Sandbox

# Loops


def test_a_client_that_is_connected_may_be_connected_again(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with client_of(threaded) as client:
            before = hub_threads()
            await client.connect(LIMIT)
            assert hub_threads() == before

    run(main())


def test_a_client_serves_one_loop_after_another(threaded: ThreadedSandbox) -> None:
    client = client_of(threaded)

    async def main() -> None:
        async with client:
            assert (await client.execute("signalwire.ping", {"payload": "x"}))["payload"] == "x"

    for _ in range(2):
        run(main())


def test_a_second_loop_is_refused_while_the_first_one_is_there(threaded: ThreadedSandbox) -> None:
    async def elsewhere(client: RelayClient) -> None:
        with pytest.raises(RuntimeError, match="connected in another loop; disconnect it there first"):
            await client.connect()
        with pytest.raises(RuntimeError, match="belongs to the loop that connected it"):
            await client.execute("signalwire.ping", {})

    async def main() -> None:
        async with client_of(threaded) as client:
            await asyncio.to_thread(asyncio.run, elsewhere(client))
            assert client.state == "connected"

    run(main())


def test_handlers_are_registered_where_the_loop_is_and_nowhere_else_while_it_runs(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with on_a_call(threaded) as (client, call):
            message = await client.send_message(to_number=THEM, from_number=OFFICE, body="hello")
            for register in (client.on_call, client.on_message, message.on, message.on_completed):
                with pytest.raises(RuntimeError, match="call_soon_threadsafe"):
                    await asyncio.to_thread(register, lambda _: None)
            with pytest.raises(RuntimeError, match="call_soon_threadsafe"):
                await asyncio.to_thread(call.on, "*", lambda _: None)
            await asyncio.to_thread(asyncio.get_running_loop().call_soon_threadsafe, call.on, "*", lambda _: None)

    run(main())


def test_a_handler_may_be_registered_between_two_runs_of_the_loop(threaded: ThreadedSandbox) -> None:
    client = client_of(threaded)
    arrived = asyncio.Event()
    with asyncio.Runner() as runner:
        runner.run(client.connect(LIMIT))
        client.on_message(lambda _: arrived.set())
        text = {"from_number": THEM, "to_number": OFFICE, "body": "hello", "context": "office"}
        threaded.do(threaded.sandbox.sends_message, **text)
        runner.run(asyncio.wait_for(arrived.wait(), LIMIT))
        runner.run(client.disconnect())


def test_a_loop_that_was_closed_leaves_nobody_on_the_line_and_the_next_one_may_connect(
    threaded: ThreadedSandbox,
) -> None:
    client = client_of(threaded)
    threaded.do(threaded.sandbox.on_dial, THEM, Callee().answers().waits_for_hangup())

    async def leave() -> Call:
        await client.connect()
        return await client.dial(phone(), dial_timeout=LIMIT)

    async def come_again() -> None:
        async with client:
            assert client.state == "connected"

    call = run(leave())
    run(come_again())
    assert call.is_ended
    (placed,) = threaded.sandbox.runs(THEM)
    assert threaded.do(placed.wait, LIMIT).end_source == "outbound"


# The end


def test_no_thread_is_left_when_disconnect_returns(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        before = threading.enumerate()
        async with on_a_call(threaded) as (_, call):
            assert len(threading.enumerate()) == len(before) + 1
        assert threading.enumerate() == before
        assert call.is_ended

    run(main())


def test_any_number_of_tasks_may_disconnect_at_once(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        client = client_of(threaded)
        await client.connect()
        await asyncio.gather(*(client.disconnect() for _ in range(3)))
        assert client.state == "stopped"
        await client.disconnect()

    run(main())


@pytest.mark.parametrize("turns", [1, 2, 3, 10, 100])
def test_a_disconnect_that_is_cancelled_comes_to_its_end_without_whoever_began_it(
    threaded: ThreadedSandbox, turns: int
) -> None:
    async def main() -> None:
        async with on_a_call(threaded) as (client, call):
            ending = asyncio.ensure_future(client.disconnect())
            for _ in range(turns):
                await asyncio.sleep(0)
            ending.cancel()
            await asyncio.wait({ending})
            await until(lambda: call.is_ended)
            await until(lambda: client.state == "stopped")

    run(main())
    (placed,) = threaded.sandbox.runs(THEM)
    assert threaded.do(placed.wait, LIMIT).end_source == "outbound"


def test_a_handler_may_disconnect_its_client_and_goes_on(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        client, ends = client_of(threaded), asyncio.Queue[str]()

        @client.on_call
        async def serve(call: Call) -> None:
            await call.answer()
            await client.disconnect()
            await ends.put(client.state)

        await client.connect()
        threaded.do(threaded.sandbox.place, Caller(THEM).dials("office").waits_for_hangup())
        assert await ends.get() == "stopped"

    run(main())


@pytest.mark.slow
def test_handlers_that_run_may_clean_up_and_are_cancelled_if_they_take_too_long(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        client, here, ends = client_of(threaded), asyncio.Queue[str](), list[str]()

        @client.on_call
        async def serve(call: Call) -> None:
            await call.answer()
            await here.put(call.call_id)
            try:
                await call.wait_for("calling.call.tap")
            finally:
                await asyncio.sleep(0)
                ends.append("cleaned up")

        @client.on_message
        async def read(_: Message) -> None:
            await here.put("message")
            try:
                await asyncio.sleep(2 * LIMIT)
            finally:
                ends.append("cancelled")

        sandbox = threaded.sandbox
        async with client:
            threaded.do(sandbox.place, Caller(THEM).dials("office").waits_for_hangup())
            threaded.do(sandbox.sends_message, from_number=THEM, to_number=OFFICE, body="Hello", context="office")
            for _ in range(2):
                await here.get()
        assert ends == ["cleaned up", "cancelled"]

    run(main())


def test_the_death_of_the_thread_fails_what_waits_and_the_client_can_be_connected_again(
    threaded: ThreadedSandbox,
) -> None:
    def die() -> None:
        raise SystemExit(7)

    async def main() -> None:
        async with on_a_call(threaded) as (client, call):
            waiting = asyncio.ensure_future(call.wait_for("calling.call.tap"))
            await client.status()
            client._joint.bridge.send(die)
            with pytest.raises(ClientFailed, match="the thread of the client has died"):
                await waiting
            with pytest.raises(ClientFailed):
                await call.answer()
            await client.disconnect()
            with pytest.raises(NotConnected):
                await client.execute("signalwire.ping", {})
            async with client:
                assert client.state == "connected"

    run(main())


# Handlers


def test_what_comes_goes_to_the_handler_of_its_kind_in_the_loop(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        client, heard = client_of(threaded), asyncio.Queue[tuple[str, str]]()

        def note(kind: str) -> Any:
            async def handle(value: Any) -> None:
                assert threading.current_thread() is threading.main_thread()
                await heard.put((kind, type(value).__name__))

            return handle

        client.on_change(note("change"))
        client.on_call(note("call"))
        client.on_message(note("message"))
        client.on_task(note("task"))
        sandbox = threaded.sandbox
        async with client:
            assert await heard.get() == ("change", "Change")
            threaded.do(sandbox.place, Caller(THEM).dials("office").abandons(1))
            assert await first_of(heard, "call") == "Call"
            threaded.do(sandbox.sends_message, from_number=THEM, to_number=OFFICE, body="Hello", context="office")
            assert await first_of(heard, "message") == "Message"
            threaded.do(sandbox.sends_task, {"number": 7}, "office")
            assert await first_of(heard, "task") == "TaskEvent"
            client.on_event(note("event"))  # a handler may come when the client is connected
            await client.status()
            params = {"event_type": "calling.conference", "params": {"conference_id": "c1", "status": "start"}}
            frame = {"jsonrpc": "2.0", "id": "e1", "method": "signalwire.event", "params": params}
            threaded.do(sandbox.push, None, frame)
            assert await first_of(heard, "event") == "ConferenceEvent"

    run(main())


async def first_of(heard: asyncio.Queue[tuple[str, str]], kind: str) -> str:
    """Return the type of the next value that came to the handler of a kind."""
    while True:
        of, name = await heard.get()
        if of == kind:
            return name


def test_a_handler_that_is_registered_again_takes_the_place_of_the_former_one(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        heard = asyncio.Queue[str]()
        async with client_of(threaded) as client:
            for name in ("first", "second"):
                handler = lambda _, name=name: heard.put(name)  # noqa: E731
                assert client.on_call(handler) is handler
                await client.status()
                threaded.do(threaded.sandbox.place, Caller(THEM).dials("office").abandons(1))
                assert await heard.get() == name
            assert heard.empty()

    run(main())


def test_a_handler_that_crashes_is_logged_by_its_kind(threaded: ThreadedSandbox, log_lines: list[str]) -> None:
    async def main() -> None:
        async with client_of(threaded) as client:

            @client.on_message
            async def read(_: Message) -> None:
                raise LookupError("a defect of the app")

            threaded.do(
                threaded.sandbox.sends_message, from_number=THEM, to_number=OFFICE, body="Hello", context="office"
            )
            await until(lambda: [line for line in log_lines if "crashed" in line])

    run(main())
    (line,) = [line for line in log_lines if "crashed" in line]
    assert line.startswith("ERROR the handler of messages crashed\n")


# The end of the process

FORGETFUL = """
import asyncio, sys
from relay_runtime.aio import RelayClient

client = RelayClient("{project}", "{token}", host="{url}", contexts=["office"])

async def main():
    answered = asyncio.Event()

    @client.on_call
    async def serve(call):
        await call.answer()
        answered.set()

    await client.connect()
    print("connected", flush=True)
    await answered.wait()
    {last}

{how}
"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with gevent.Timeout(3 * LIMIT), Sandbox(time_scale=0.005, control_port=None) as sandbox:
        yield sandbox


@pytest.mark.slow
@pytest.mark.parametrize(
    ("last", "how", "code"),
    [
        ("return", "asyncio.run(main())", 0),
        ("sys.exit(3)", "asyncio.run(main())", 3),
        ("return", "loop = asyncio.new_event_loop(); loop.run_until_complete(main())", 0),
    ],
    ids=["whose loop was closed", "that was left by sys.exit", "whose loop is still open"],
)
def test_a_process_that_ends_without_disconnecting_leaves_nobody_on_the_line(
    sandbox: Sandbox, tmp_path: Path, last: str, how: str, code: int
) -> None:
    program = FORGETFUL.format(project=sandbox.project, token=sandbox.token, url=sandbox.url, last=last, how=how)
    with RunningProcess(["-c", program], cwd=tmp_path) as process:
        process.wait_for_line("connected", "stdout")
        outcome = sandbox.place(Caller(THEM).dials("office").waits_for_hangup()).wait(LIMIT)
        assert (outcome.end_source, outcome.failure) == ("outbound", None)
        assert process.exit_code() == code

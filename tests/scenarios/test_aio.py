"""The face for asyncio against the sandbox: what cancellation, time limits, the end of a loop and blocked code do."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pykka
import pytest
from doubles.threaded_sandbox import LIMIT, ThreadedSandbox

from relay_runtime.aio import (
    Call,
    CallEnded,
    ClientFailed,
    DialFailed,
    NotConnected,
    RelayClient,
    RelayError,
    RelayTimeout,
    Timing,
)
from relay_runtime.sandbox import Callee, Caller

pytestmark = pytest.mark.scenario

US, THEM = "+15550100001", "+15550100002"
PHONE = [[{"type": "phone", "params": {"from_number": US, "to_number": THEM, "timeout": 10_000}}]]
TIMING = Timing(stop_timeout=2.0, call_linger=0.2)


@pytest.fixture
def server() -> Iterator[ThreadedSandbox]:
    with ThreadedSandbox() as running:
        yield running
        assert running.sandbox.errors == []
    assert [thread.name for thread in threading.enumerate() if thread.name == "relay-runtime"] == []


def client_of(server: ThreadedSandbox, **settings: Any) -> RelayClient:
    sandbox = server.sandbox
    settings = {"timing": TIMING, "contexts": ["office"], **settings}
    return RelayClient(sandbox.project, sandbox.token, host=sandbox.url, **settings)


@asynccontextmanager
async def dialled(server: ThreadedSandbox, **settings: Any) -> AsyncIterator[tuple[RelayClient, Call]]:
    """A client, and a call that it has dialled and that is answered."""
    server.do(server.sandbox.on_dial, "*", Callee().answers().waits_for_hangup(timeout=3000))
    async with client_of(server, **settings) as client:
        yield client, await client.dial(PHONE)


def run(main: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(LIMIT):
            await main()

    asyncio.run(limited())


async def outcome(server: ThreadedSandbox, caller: Caller) -> Any:
    """Let a caller play his script; return how it ended."""
    placed = server.do(server.sandbox.place, caller)
    return await asyncio.wrap_future(server.begin(placed.wait, LIMIT))


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


# A call


def test_a_handler_is_a_task_of_the_loop_with_the_context_of_connect(server: ThreadedSandbox) -> None:
    tenant = contextvars.ContextVar("tenant", default="nobody")
    seen: list[Any] = []

    async def main() -> None:
        client = client_of(server)

        @client.on_call
        async def serve(call: Call) -> None:
            seen.append((tenant.get(), threading.current_thread(), asyncio.current_task() is not None))
            tenant.set("this call alone")
            await call.answer()
            await (await call.play_tts("Hello")).wait()
            await call.hangup()

        tenant.set("ours")
        async with client:
            tenant.set("later")
            for _ in range(2):
                ended = await outcome(server, Caller(US).dials("office").hears("Hello").waits_for_hangup())
                assert ended.end_source == "outbound"

    run(main)
    assert seen == [("ours", threading.main_thread(), True)] * 2


def test_a_call_stays_up_when_its_handler_returns_unless_told_otherwise(server: ThreadedSandbox) -> None:
    async def main(when_done: str, source: str) -> None:
        client = client_of(server, when_done=when_done)

        @client.on_call
        async def serve(call: Call) -> None:
            await call.answer()

        async with client:
            ended = await outcome(server, Caller(US).dials("office").waits(20).hangs_up())
            assert ended.end_source == source

    run(lambda: main("leave", "inbound"))
    run(lambda: main("hangup", "outbound"))


@pytest.mark.parametrize("coroutine", [True, False])
def test_a_handler_that_raises_is_logged_and_the_call_is_not_left(
    server: ThreadedSandbox, log_lines: list[str], *, coroutine: bool
) -> None:
    async def fail(_call: Call) -> None:
        raise LookupError("no such table")

    def fail_at_once(_call: Call) -> None:
        raise LookupError("no such table")

    async def main() -> None:
        client = client_of(server)
        client.on_call(fail if coroutine else fail_at_once)
        async with client:
            ended = await outcome(server, Caller(US).dials("office").waits_for_hangup())
            assert ended.end_reason == "error"
            assert client.stats.calls_crashed == 1

    run(main)
    assert sum("LookupError: no such table" in line for line in log_lines) == 1


def test_the_end_of_a_call_reaches_the_coroutine(server: ThreadedSandbox) -> None:
    ends: list[Any] = []

    async def main() -> None:
        client = client_of(server)

        @client.on_call
        async def serve(call: Call) -> None:
            await call.answer()
            for step in (lambda: call.wait_for("calling.user_event"), call.hold):
                with pytest.raises(CallEnded) as ended:
                    await step()
                ends.append(ended.value.reason)

        async with client:
            await outcome(server, Caller(US).dials("office").waits(5).hangs_up())
            await until(lambda: len(ends) == 2)

    run(main)
    assert ends == ["hangup", "hangup"]


def test_code_that_outlives_its_call_is_cancelled(server: ThreadedSandbox, log_lines: list[str]) -> None:
    async def main() -> None:
        client = client_of(server, timing=Timing(code_linger=0.05))
        cancelled = asyncio.Event()

        @client.on_call
        async def serve(call: Call) -> None:
            await call.answer()
            try:
                await asyncio.sleep(3600)
            finally:
                cancelled.set()

        async with client:
            await outcome(server, Caller(US).dials("office").waits(5).hangs_up())
            await cancelled.wait()
            await until(lambda: client.stats.calls_outlived == 1)

    run(main)
    (line,) = [line for line in log_lines if "outlives the call" in line]
    assert "in test_code_that_outlives_its_call_is_cancelled.<locals>.main.<locals>.serve" in line


def test_what_comes_between_a_verb_and_its_wait_is_not_missed(server: ThreadedSandbox) -> None:
    async def main() -> None:
        async with dialled(server) as (_, call):
            for number in range(50):
                await call.play_silence(0.01)
                server.do(server.sandbox.emit, call.call_id, "calling.user_event", number=number)
                await asyncio.sleep(0.002)  # long enough for the event to be first
                event = await call.wait_for("calling.user_event", timeout=LIMIT)
                assert event.params["number"] == number

    run(main)


def test_an_event_of_an_operation_is_found_by_a_wait_that_begins_late(server: ThreadedSandbox) -> None:
    async def main() -> None:
        async with dialled(server) as (_, call):
            await (await call.play_silence(0.01)).wait(LIMIT)
            played = await call.wait_for("calling.call.play", lambda event: event.state == "finished", LIMIT)
            assert played.params["state"] == "finished"

    run(main)


# Cancellation and limits


def test_a_cancelled_wait_leaves_the_action_and_the_next_verb_usable(server: ThreadedSandbox) -> None:
    async def main() -> None:
        async with dialled(server) as (_, call):
            action = await call.play_silence(1000)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(action.wait())), 0.001)
            waiting = asyncio.ensure_future(call.wait_for("calling.user_event"))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            verb = asyncio.ensure_future(call.play_silence(1000))
            await asyncio.sleep(0)
            verb.cancel()
            with pytest.raises(asyncio.CancelledError):
                await verb
            await action.stop()
            assert (await action.wait(LIMIT)).state == "finished"
            assert (await (await call.play_silence(0.01)).wait(LIMIT)).state == "finished"

    run(main)


def test_a_limit_of_the_method_is_its_own_and_one_of_asyncio_is_asyncios(server: ThreadedSandbox) -> None:
    async def main() -> None:
        async with dialled(server) as (_, call):
            action = await call.play_silence(1000)
            with pytest.raises(RelayTimeout, match=r"calling\.play did not end within 0\.01 s"):
                await action.wait(timeout=0.01)
            with pytest.raises(RelayTimeout):
                await call.wait_for("calling.user_event", timeout=0.01)
            for limited in (action.wait, call.wait_for_ended):
                with pytest.raises(TimeoutError) as over:
                    async with asyncio.timeout(0.01):
                        await limited()
                assert not isinstance(over.value, RelayError)

    run(main)


@pytest.mark.parametrize("callee", [Callee().rings(3000), Callee().answers().waits_for_hangup(timeout=3000)])
def test_a_cancelled_dial_leaves_nobody_on_the_line(server: ThreadedSandbox, callee: Callee) -> None:
    async def main() -> None:
        server.do(server.sandbox.on_dial, "*", callee)
        async with client_of(server) as client:
            for turns in range(12):  # of the loop, until it is cancelled: before the answer, with it, and behind it
                dial = asyncio.ensure_future(client.dial(PHONE))
                for _ in range(turns * turns):
                    await asyncio.sleep(0)
                if not dial.cancel():
                    await (await dial).hangup()
                await asyncio.wait({dial})
            await until(lambda: server.sandbox.counters.calls_up == 0)

    run(main)


def test_errors_have_their_own_types(server: ThreadedSandbox) -> None:
    async def main() -> None:
        async with dialled(server) as (client, call):
            with pytest.raises(ValueError, match="volume"):
                await call.play_tts("Hello", volume=400)
            with pytest.raises(RelayError) as refused:
                await call.leave_room()
            assert refused.value.code == 404
            server.do(server.sandbox.on_dial, "*", Callee().is_busy())
            with pytest.raises(DialFailed) as failed:
                await client.dial(PHONE)
            assert failed.value.reason == "busy"
            with pytest.raises(TypeError, match="frobnicate"):
                await call.hold(frobnicate=1)  # type: ignore[call-arg]

    run(main)


def test_many_calls_at_once_in_a_task_group(server: ThreadedSandbox) -> None:
    async def main() -> None:
        async with client_of(server) as client:
            server.do(server.sandbox.on_dial, "*", Callee().answers().hears("Hello").waits_for_hangup())

            async def one() -> str:
                call = await client.dial(PHONE)
                await (await call.play_tts("Hello")).wait()
                await call.hangup()
                await call.wait_for_ended()
                return call.end_reason

            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one()) for _ in range(50)]
            assert {task.result() for task in tasks} == {"hangup"}
            assert await client.live_calls() == []

    run(main)


# Ends and beginnings


def test_a_client_that_is_connected_again_while_it_disconnects_is_whole(server: ThreadedSandbox) -> None:
    async def main() -> None:
        client, free = client_of(server), asyncio.Event()

        @client.on_call
        async def serve(call: Call) -> None:
            await call.answer()
            try:
                await call.wait_for_ended()
            finally:
                await free.wait()

        await client.connect()
        server.do(server.sandbox.place, Caller(US).dials("office").waits_for_hangup(timeout=3000))
        await until(lambda: server.sandbox.counters.answered == 1)
        ending = asyncio.ensure_future(client.disconnect())
        await until(lambda: client.state == "stopped")
        again = asyncio.ensure_future(client.connect())
        await asyncio.sleep(0)
        free.set()
        await asyncio.gather(ending, again)
        server.do(server.sandbox.on_dial, "*", Callee().answers().waits_for_hangup(timeout=3000))
        await (await client.dial(PHONE)).hangup()
        await client.disconnect()

    run(main)


def test_a_disconnect_that_is_cancelled_is_done_before_the_next_connect(server: ThreadedSandbox) -> None:
    async def main() -> None:
        client = client_of(server)

        @client.on_call
        async def serve(call: Call) -> None:
            await call.answer()
            try:
                await call.wait_for_ended()
            finally:
                await asyncio.sleep(3600)

        await client.connect()
        server.do(server.sandbox.place, Caller(US).dials("office").waits_for_hangup(timeout=3000))
        await until(lambda: server.sandbox.counters.answered == 1)
        ending = asyncio.ensure_future(client.disconnect())
        await until(lambda: client.state == "stopped")
        ending.cancel()
        await asyncio.wait({ending})
        await client.connect()
        assert client.state == "connected"
        await client.disconnect()

    run(main)


@pytest.mark.parametrize("wrapped", [True, False])
def test_handlers_that_disconnect_their_client_are_not_waited_for(server: ThreadedSandbox, *, wrapped: bool) -> None:
    async def main() -> None:
        client, over = client_of(server, timing=Timing(stop_timeout=LIMIT)), []

        @client.on_call
        async def serve(call: Call) -> None:
            await call.answer()
            await until(lambda: server.sandbox.counters.answered == 2)
            await (asyncio.wait_for(client.disconnect(), 2 * LIMIT) if wrapped else client.disconnect())
            over.append(call)

        await client.connect()
        for _ in range(2):
            server.do(server.sandbox.place, Caller(US).dials("office").waits_for_hangup(timeout=3000))
        await until(lambda: len(over) == 2)

    run(main)


def test_a_listener_that_raises_anything_hides_nothing_from_others(server: ThreadedSandbox) -> None:
    def fail(_event: Any) -> None:
        raise asyncio.CancelledError

    async def main() -> None:
        async with client_of(server) as client:
            server.do(server.sandbox.on_dial, "*", Callee().answers().waits_for_hangup(timeout=3000))
            calls = [await client.dial(PHONE) for _ in range(10)]
            for call in calls:
                call.on("calling.call.state", fail)
            await asyncio.gather(*(call.wait_for_ended() for call in calls), *(call.hangup() for call in calls))

    run(main)


def test_a_generator_is_refused_as_a_handler(server: ThreadedSandbox) -> None:
    def plain(call: Call) -> Iterator[None]:
        yield

    async def coroutine(call: Call) -> AsyncIterator[None]:
        yield

    client = client_of(server)
    for handler in (plain, coroutine):
        with pytest.raises(TypeError, match="has a `yield`"):
            client.on_call(handler)


# Loops and threads


def test_a_blocked_loop_costs_no_connection_and_is_named(server: ThreadedSandbox, log_lines: list[str]) -> None:
    async def main() -> None:
        async with dialled(server, guard=0.05) as (client, call):
            await call.play_silence(0.01)
            pings = client.stats.connections
            end = time.monotonic() + LIMIT
            while not any("has been blocked" in line for line in log_lines) and time.monotonic() < end:
                time.sleep(0.001)
            assert client.stats.connections == pings == 1
            await call.hangup()

    run(main)
    (line,) = [line for line in log_lines if "has been blocked" in line]
    assert "test_aio.py" in line
    assert "in test_a_blocked_loop_costs_no_connection_and_is_named.<locals>.main" in line


def test_two_clients_and_two_loops_in_a_row(server: ThreadedSandbox) -> None:
    client = client_of(server)

    async def main() -> None:
        async with client, client_of(server, contexts=["sales"]) as other:
            assert (client.state, other.state) == ("connected", "connected")
            assert sum(thread.name == "relay-runtime" for thread in threading.enumerate()) == 3  # the server's is one
            with pytest.raises(RuntimeError, match="connected in another loop"):
                await asyncio.to_thread(asyncio.run, client.connect())
        assert client.state == "stopped"

    run(main)
    run(main)


def test_a_loop_that_was_closed_with_calls_live_leaves_nobody_on_the_line(server: ThreadedSandbox) -> None:
    client = client_of(server)
    server.do(server.sandbox.on_dial, "*", Callee().answers().waits_for_hangup(timeout=3000))

    async def main() -> None:
        await client.connect()
        await client.dial(PHONE)

    run(main)
    end = time.monotonic() + LIMIT
    while server.sandbox.counters.calls_up and time.monotonic() < end:
        time.sleep(0.001)
    assert server.sandbox.counters.calls_up == 0

    async def again() -> None:
        async with client:
            assert client.state == "connected"

    run(again)


def test_a_call_that_nobody_took_is_no_business_of_the_next_connection(server: ThreadedSandbox) -> None:
    async def main() -> None:
        client = client_of(server)
        async with client:
            hang_up = client._joint.unclaimed
        async with client:
            assert not hang_up(object())  # type: ignore[arg-type]

    run(main)


def test_the_death_of_the_thread_fails_every_wait(server: ThreadedSandbox) -> None:
    async def main() -> None:
        client = client_of(server)
        client.on_call(lambda call: None)
        client.on_message(lambda message: None)
        server.do(server.sandbox.on_dial, "*", Callee().answers().waits_for_hangup(timeout=3000))
        await client.connect()
        call = await client.dial(PHONE)
        action = await call.play_silence(1000)
        waits = [asyncio.ensure_future(each) for each in (call.wait_for_ended(), action.wait(), client.dial(PHONE))]
        await asyncio.sleep(0)
        client._joint.bridge.send(exit)
        for wait in waits:
            with pytest.raises(ClientFailed, match="the thread of the client has died: SystemExit"):
                await wait
        assert client.state == "failed"
        with pytest.raises(ClientFailed):
            await call.hangup()
        await client.disconnect()
        assert client.state == "stopped"
        assert pykka.ActorRegistry.get_all() == []
        async with client:
            assert client.state == "connected"

    run(main)


def test_handlers_hear_of_the_end_of_the_client_and_may_clean_up(server: ThreadedSandbox) -> None:
    seen: list[str] = []

    async def main() -> None:
        client = client_of(server)

        @client.on_call
        async def serve(call: Call) -> None:
            await call.answer()
            try:
                await call.wait_for_ended()
            finally:
                await asyncio.sleep(0.01)
                seen.append(call.state)

        async with client:
            server.do(server.sandbox.place, Caller(US).dials("office").waits_for_hangup(timeout=3000))
            await until(lambda: server.sandbox.counters.answered == 1)

    run(main)
    assert seen == ["ended"]


def test_a_handler_may_disconnect_its_own_client(server: ThreadedSandbox) -> None:
    async def main() -> None:
        client, over = client_of(server), asyncio.Event()

        @client.on_call
        async def serve(call: Call) -> None:
            await call.answer()
            await client.disconnect()
            over.set()

        await client.connect()
        ended = await outcome(server, Caller(US).dials("office").waits_for_hangup(timeout=3000))
        assert ended.end_source == "outbound"
        await over.wait()
        with pytest.raises(NotConnected):
            await client.dial(PHONE)

    run(main)


def test_a_message_is_sent_received_and_followed(server: ThreadedSandbox) -> None:
    async def main() -> None:
        client, states, texts = client_of(server), list[str](), asyncio.Queue[str]()

        @client.on_message
        async def read(message: Any) -> None:
            await texts.put(message.body)

        async with client:
            sent = await client.send_message(
                to_number=THEM, from_number=US, body="Hello", on_completed=lambda event: states.append("over")
            )
            sent.on(lambda event: states.append(event.message_state))
            assert (await sent.wait(LIMIT)).message_state == "delivered"
            await until(lambda: {"delivered", "over"} <= set(states))
            server.do(server.sandbox.sends_message, from_number=THEM, to_number=US, body="Hi there", context="office")
            assert await texts.get() == "Hi there"

    run(main)


def test_each_face_says_which_keyword_it_takes(server: ThreadedSandbox) -> None:
    client = client_of(server)
    with pytest.raises(TypeError, match="takes `async with`"), client:
        pass

    async def main() -> None:
        with pytest.raises(TypeError, match="takes `with`"):
            async with client._client:
                pass

    run(main)

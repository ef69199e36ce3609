"""A call as coroutines know it: what is known of it, any command, its listeners and its waits."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from doubles.awaited import LIMIT, OFFICE, THEM, on_a_call, run
from doubles.threaded_sandbox import ThreadedSandbox

from relay_runtime.aio import CallEnded, RelayError, RelayTimeout
from relay_runtime.sandbox import Callee


def test_what_is_known_of_a_call_can_be_read_while_it_is_up_and_after(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with on_a_call(threaded) as (client, call):
            assert (call.direction, call.from_number, call.to_number) == ("outbound", OFFICE, THEM)
            assert (call.state, call.is_ended, call.end_reason, call.context) == ("answered", False, "", "")
            assert all((call.call_id, call.node_id, call.tag, call.segment_id is not None))
            assert call.project_id in {"", client.project}
            assert call.device["type"] == "phone"
            assert [state for _, state in call.history][-1] == "answered"
            assert repr(call) == f"<RemoteCall {call.call_id} outbound answered>"
            await call.hangup("busy")
            await call.wait_for_ended(LIMIT)
            assert (call.state, call.is_ended, call.end_reason) == ("ended", True, "busy")

    run(main())


def test_any_command_can_be_sent_and_its_refusal_is_an_error(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with on_a_call(threaded) as (_, call):
            reply = await call.command("calling.denoise", {}, timeout=LIMIT)
            assert reply["code"] == "200"
            with pytest.raises(RelayError):
                await call.command("calling.no_such_thing", {})

    run(main())


def test_a_misspelt_key_is_refused_as_on_greenlets(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with on_a_call(threaded) as (_, call):
            with pytest.raises(ValueError, match=r"collect\.initialTimeout is not known; did you mean initial_timeout"):
                await call.prompt_tts("Hello", {"digits": {"max": 1}, "initialTimeout": 5})
            with pytest.raises(ValueError, match="statusUrl is not known; did you mean status_url"):
                await call.echo(statusUrl="https://example.com")

    run(main())


def test_a_listener_of_either_kind_hears_the_events_of_its_type_in_the_loop(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with on_a_call(threaded) as (_, call):
            heard = asyncio.Queue[tuple[str, str]]()

            def plain(event: Any) -> None:
                heard.put_nowait((event.state, threading.current_thread().name))

            async def awaited(event: Any) -> None:
                await heard.put((event.state, threading.current_thread().name))

            call.on("calling.call.play", plain)
            call.on("calling.call.play", awaited)
            await call.play_tts("Hello")
            name = threading.current_thread().name
            told = [await heard.get() for _ in range(4)]
            assert sorted(told) == [("finished", name)] * 2 + [("playing", name)] * 2

    run(main())


def test_a_listener_that_crashes_is_logged_and_one_that_is_no_function_is_refused(
    threaded: ThreadedSandbox, log_lines: list[str]
) -> None:
    async def main() -> str:
        async with on_a_call(threaded) as (_, call):
            nothing: Any = None
            with pytest.raises(TypeError, match="accepted is a function of one argument"):
                call.on("*", nothing)
            called = asyncio.Event()

            def listen(_: Any) -> None:
                called.set()
                raise LookupError("a defect of the app")

            call.on("calling.call.denoise", listen)
            await call.denoise()
            await called.wait()
            return call.call_id

    call_id = run(main())
    (line,) = [line for line in log_lines if " crashed" in line]
    assert line.startswith(f"ERROR a listener of call {call_id} crashed\n")


def test_a_wait_finds_the_event_that_came_since_the_last_verb(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with on_a_call(threaded) as (_, call):
            heard = asyncio.Event()
            call.on("calling.user_event", lambda _: heard.set())
            await call.denoise()
            threaded.do(threaded.sandbox.emit, call.call_id, "calling.user_event", number=7)
            await heard.wait()  # it has come before anybody waits for it
            event = await call.wait_for("calling.user_event", lambda event: event.params["number"] == 7, LIMIT)
            assert event.params["number"] == 7

    run(main())


def test_a_wait_is_bounded_and_can_be_cancelled_and_the_call_goes_on(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with on_a_call(threaded) as (_, call):
            with pytest.raises(RelayTimeout):
                await call.wait_for("calling.call.fax", timeout=0.001)
            with pytest.raises(TimeoutError) as caught:
                await asyncio.wait_for(call.wait_for("calling.call.fax"), 0.001)
            assert not isinstance(caught.value, RelayTimeout)
            assert (await (await call.play_tts("Hello")).wait(LIMIT)).params["state"] == "finished"

    run(main())


def test_states_that_were_reached_are_waited_for_at_once_and_the_others_end_with_the_call(
    threaded: ThreadedSandbox,
) -> None:
    async def main() -> None:
        callee = Callee().rings(1).answers().hears("Bye").hangs_up()
        async with on_a_call(threaded, callee) as (_, call):
            for wait in (call.wait_for_ringing, call.wait_for_answered):
                await wait(LIMIT)
            waiting = asyncio.ensure_future(call.wait_for("calling.call.tap"))
            await call.play_tts("Bye")
            with pytest.raises(CallEnded):
                await waiting
            await call.wait_for_ending(LIMIT)
            assert (await call.wait_for_ended(LIMIT)).params["call_state"] == "ended"

    run(main())

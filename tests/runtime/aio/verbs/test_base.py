"""What the verbs of a call stand on: they run on the hub, and what they bring is of the loop."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from doubles.awaited import LIMIT, on_a_call, run
from doubles.threaded_sandbox import ThreadedSandbox

from relay_runtime.aio import PlayAction, RelayError


def test_a_verb_gives_the_reply_and_one_that_begins_something_the_running_operation(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with on_a_call(threaded) as (_, call):
            assert (await call.denoise())["code"] == "200"
            action = await call.play_tts("Hello")
            assert type(action) is PlayAction
            assert action.reply["code"] == "200"
            assert (await action.wait(LIMIT)).params["state"] == "finished"

    run(main())


def test_a_verb_that_is_wrong_or_refused_says_so_and_the_call_goes_on(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with on_a_call(threaded) as (_, call):
            with pytest.raises(ValueError, match="volume"):
                await call.play_tts("Hello", volume=1000)
            threaded.do(threaded.sandbox.arm, "calling.play", error={"code": 500, "message": "broken"})
            with pytest.raises(RelayError, match="broken"):
                await call.play_tts("Hello")
            await (await call.play_tts("Hello")).wait(LIMIT)

    run(main())


def test_a_completion_callback_of_either_kind_runs_in_the_loop(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with on_a_call(threaded) as (_, call):
            heard = asyncio.Queue[tuple[str, str]]()

            def plain(event: Any) -> None:
                heard.put_nowait((event.state, threading.current_thread().name))

            async def awaited(event: Any) -> None:
                await heard.put((event.state, threading.current_thread().name))

            for callback in (plain, awaited):
                await call.play_tts("Hello", on_completed=callback)
                assert await heard.get() == ("finished", threading.current_thread().name)

    run(main())


def test_a_completion_callback_that_crashes_is_logged_and_costs_the_call_nothing(
    threaded: ThreadedSandbox, log_lines: list[str]
) -> None:
    async def main() -> str:
        async with on_a_call(threaded) as (_, call):
            crashed = asyncio.Event()

            async def callback(_: Any) -> None:
                crashed.set()
                raise LookupError("a defect of the app")

            await call.play_tts("Hello", on_completed=callback)
            await crashed.wait()
            await (await call.play_tts("Bye")).wait(LIMIT)
            return call.call_id

    call_id = run(main())
    (line,) = [line for line in log_lines if " crashed" in line]
    assert line.startswith(f"ERROR a completion callback of call {call_id} crashed\n")
    assert "LookupError: a defect of the app" in line


def test_a_completion_callback_hears_that_the_call_ended_first(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with on_a_call(threaded) as (_, call):
            heard = asyncio.Queue[Any]()
            await call.transcribe(on_completed=heard.put)
            await call.tap(
                {"type": "audio", "params": {"direction": "both"}},
                {"type": "rtp", "params": {"addr": "203.0.113.7", "port": 4000}},
                on_completed=heard.put,
            )
            await call.hangup()
            last = [await heard.get() for _ in range(2)]
            assert "calling.call.tap" in {each.event_type for each in last}

    run(main())

"""Inbound calls that tasks of the loop serve: what becomes of a call after its code, and of code after its call."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from doubles.awaited import LIMIT, QUICK, THEM, client_of, run, until
from doubles.threaded_sandbox import ThreadedSandbox
from msgspec.structs import replace

from relay_runtime.aio import Call, CallEnded, RelayClient, Say
from relay_runtime.sandbox import Caller, Outcome

HERE = Path(__file__)
PATIENT = Caller(THEM).dials("office").waits_for_hangup()


async def outcome_of(threaded: ThreadedSandbox, caller: Caller) -> Outcome:
    """Let somebody call, and return how it went."""
    placed = threaded.do(threaded.sandbox.place, caller)
    return await asyncio.wrap_future(threaded.begin(placed.wait, LIMIT))


def logged(lines: list[str], words: str) -> list[str]:
    return [line for line in lines if words in line]


# The code is through


def test_each_call_has_a_task_of_its_own(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        tasks = set[Any]()
        async with client_of(threaded) as client:
            all_here = asyncio.Barrier(5)

            @client.on_call
            async def serve(call: Call) -> None:
                tasks.add(asyncio.current_task())
                await call.answer()
                await all_here.wait()  # nobody waits for another's end
                await call.hangup()

            for outcome in await asyncio.gather(*(outcome_of(threaded, PATIENT) for _ in range(5))):
                assert (outcome.end_source, outcome.failure) == ("outbound", None)
        assert len(tasks) == 5

    run(main())


def test_a_call_stays_up_when_its_handler_returns(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with client_of(threaded) as client:
            calls = asyncio.Queue[Call]()

            @client.on_call
            async def serve(call: Call) -> None:
                await call.answer()
                await calls.put(call)

            leaving = asyncio.ensure_future(
                outcome_of(threaded, Caller(THEM).dials("office").hears("Still here").hangs_up())
            )
            call = await calls.get()
            await call.play_tts("Still here")
            outcome = await leaving
            assert (outcome.end_source, outcome.failure) == ("inbound", None)

    run(main())


def test_a_handler_may_say_itself_what_happens_when_it_returns(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with client_of(threaded) as client:

            @client.on_call(when_done="hangup")
            async def serve(call: Call) -> None:
                await call.answer()
                await call.play_tts("To its end.")

            outcome = await outcome_of(threaded, PATIENT)
            assert (outcome.end_source, outcome.heard) == ("outbound", ("To its end.",))

            @client.on_call(when_done="hangup")
            async def listen(call: Call) -> None:
                call.on("calling.call.state", lambda _: None)
                await call.answer()

            await client.status()
            outcome = await outcome_of(threaded, Caller(THEM).dials("office").waits(1).hangs_up())
            assert outcome.end_source == "inbound"

    run(main())


@pytest.mark.slow
def test_an_offer_that_a_handler_did_not_touch_is_left_to_others_and_takes_no_slot(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with client_of(threaded, max_active_calls=1) as client:
            client.on_call(lambda _: None)
            for _ in range(2):
                outcome = await outcome_of(threaded, Caller(THEM).dials("office", patience=2))
                assert outcome.end_source != "outbound"
            assert client.stats.offers_left == 2
            assert client.stats.calls_refused == {}

    run(main())


def test_code_sleeps_until_its_call_ends(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        ends = asyncio.Queue[str]()
        async with client_of(threaded) as client:

            @client.on_call
            async def serve(call: Call) -> None:
                assert call.client is client
                try:
                    await call.answer()
                    await call.sleep(0)
                    await call.sleep(10 * LIMIT)
                except CallEnded as error:
                    await ends.put(error.reason)

            await outcome_of(threaded, Caller(THEM).dials("office").waits(1).hangs_up())
            assert await ends.get() == "hangup"

    run(main())


def test_a_call_is_hung_up_when_its_handler_returns_if_the_client_was_told_so(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with client_of(threaded, when_done="hangup") as client:

            @client.on_call
            async def serve(call: Call) -> None:
                await call.answer()

            outcome = await outcome_of(threaded, PATIENT)
            assert (outcome.end_source, outcome.end_reason) == ("outbound", "hangup")

    run(main())


def test_a_handler_that_is_a_plain_function_may_begin_tasks_of_its_own(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with client_of(threaded) as client, asyncio.TaskGroup() as group:

            async def answer(call: Call) -> None:
                await call.answer()
                await call.hangup()

            @client.on_call
            def serve(call: Call) -> None:
                group.create_task(answer(call))

            assert (await outcome_of(threaded, PATIENT)).end_source == "outbound"

    run(main())


def test_a_handler_that_crashes_is_logged_and_its_call_follows_the_crash_policy(
    threaded: ThreadedSandbox, log_lines: list[str]
) -> None:
    async def main() -> None:
        async with client_of(threaded, when_crashed=Say("We are sorry.")) as client:

            @client.on_call
            async def serve(call: Call) -> None:
                await call.answer()
                raise LookupError("a defect of the app")

            outcome = await outcome_of(threaded, PATIENT)
            assert outcome.end_source == "outbound"
            assert outcome.heard == ("We are sorry.",)

    run(main())
    (line,) = logged(log_lines, "crashed in call")
    assert "LookupError: a defect of the app" in line


def test_a_plain_handler_that_crashes_at_once_is_logged_too_and_its_call_is_refused(
    threaded: ThreadedSandbox, log_lines: list[str]
) -> None:
    async def main() -> None:
        async with client_of(threaded) as client:

            @client.on_call
            def serve(call: Call) -> None:
                raise LookupError("a defect of the app")

            outcome = await outcome_of(threaded, PATIENT)
            assert (outcome.end_source, outcome.end_reason) == ("outbound", "error")

    run(main())
    (line,) = logged(log_lines, "crashed in call")
    assert "LookupError: a defect of the app" in line


# The call is through


def test_the_end_of_its_call_reaches_a_handler_and_is_no_crash(threaded: ThreadedSandbox, log_lines: list[str]) -> None:
    async def main() -> None:
        async with client_of(threaded) as client:
            ends = asyncio.Queue[str]()

            @client.on_call
            async def serve(call: Call) -> None:
                await call.answer()
                try:
                    await call.wait_for("calling.call.tap")
                except CallEnded as error:
                    await ends.put(error.reason)
                    raise

            await outcome_of(threaded, Caller(THEM).dials("office").waits(1).hangs_up())
            assert await ends.get() == "hangup"

    run(main())
    assert logged(log_lines, " crashed") == []


def test_a_crash_after_the_end_of_the_call_is_logged_with_the_call(
    threaded: ThreadedSandbox, log_lines: list[str]
) -> None:
    async def main() -> str:
        async with client_of(threaded, timing=replace(QUICK, call_linger=0.01)) as client:
            closed, calls = asyncio.Event(), asyncio.Queue[Call]()

            @client.on_call
            async def serve(call: Call) -> None:
                await call.answer()
                await calls.put(call)
                await closed.wait()
                raise LookupError("a defect of the app")

            await outcome_of(threaded, Caller(THEM).dials("office").hangs_up())
            call = await calls.get()
            await until(lambda: call._of._relay.mailbox.closed)
            closed.set()
            await until(lambda: logged(log_lines, "crashed after call"))
            return call.call_id

    call_id = run(main())
    (line,) = logged(log_lines, "crashed after call")
    assert line.startswith(f"ERROR HostedCall crashed after call {call_id}\n")
    assert f"'call_id': '{call_id}'" in line


def test_code_that_goes_on_after_the_end_of_its_call_is_cancelled_and_named(
    threaded: ThreadedSandbox, log_lines: list[str]
) -> None:
    async def main() -> str:
        async with client_of(threaded, timing=replace(QUICK, code_linger=0.01)) as client:
            ends = asyncio.Queue[str]()

            @client.on_call
            async def serve(call: Call) -> None:
                await call.answer()
                try:
                    await asyncio.sleep(2 * LIMIT)  # the line that outlives
                except asyncio.CancelledError:
                    await ends.put(call.call_id)
                    raise

            await outcome_of(threaded, Caller(THEM).dials("office").hangs_up())
            return await ends.get()

    call_id = run(main())
    (line,) = logged(log_lines, "outlives")
    number = next(number for number, line in enumerate(HERE.read_text().splitlines(), 1) if "# the line that" in line)
    assert line.startswith(
        f"WARNING the code of call {call_id} outlives the call and is ended; it stood at {HERE}:{number}"
    )
    assert logged(log_lines, " crashed") == []


def test_code_may_go_on_for_as_long_as_it_likes_if_the_timing_says_so(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with client_of(threaded, timing=replace(QUICK, code_linger=None, call_linger=0.01)) as client:
            ends, calls = asyncio.Queue[str](), asyncio.Queue[Call]()

            @client.on_call
            async def serve(call: Call) -> None:
                await call.answer()
                await calls.put(call)
                await until(lambda: call._of._relay.mailbox.closed)
                await ends.put("came to its end")

            await outcome_of(threaded, Caller(THEM).dials("office").hangs_up())
            assert await ends.get() == "came to its end"

    run(main())


# What can be seen of it


def test_where_the_code_of_a_call_stands_can_be_seen(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with client_of(threaded) as client:
            calls = asyncio.Queue[Call]()

            @client.on_call
            async def serve(call: Call) -> None:
                await call.answer()
                await calls.put(call)
                await call.wait_for("calling.call.tap")  # the line that waits

            leaving = asyncio.ensure_future(outcome_of(threaded, PATIENT))
            call = await calls.get()
            status = await standing(client, call, "wait_for")
            number = next(
                n for n, line in enumerate(HERE.read_text().splitlines(), 1) if "# the line that waits" in line
            )
            assert status.where.startswith(f"{HERE}:{number} in ")
            await call.hangup()
            await leaving

    run(main())


async def standing(client: RelayClient, call: Call, doing: str) -> Any:
    """Return the status of a call whose code does something; wait until it does."""
    while True:
        status = await client.call_status(call.call_id)
        assert status is not None
        if status.doing == doing:
            return status


def test_a_call_that_nobody_serves_is_known_to_do_nothing(threaded: ThreadedSandbox) -> None:
    async def main() -> None:
        async with client_of(threaded) as client:
            calls = asyncio.Queue[Call]()
            client.on_call(calls.put_nowait)
            leaving = asyncio.ensure_future(outcome_of(threaded, PATIENT))
            call = await calls.get()
            await call.answer()
            status = await client.call_status(call.call_id)
            assert status is not None
            assert (status.kind, status.doing, status.where) == ("HostedCall", "idle", "")
            await call.hangup()
            await leaving

    run(main())

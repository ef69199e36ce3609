"""An app of asyncio on a stage: its loop goes on in a thread, and the test stays one of greenlets."""

from __future__ import annotations

import asyncio
import threading

import pytest

from relay_runtime import aio
from relay_runtime.testing import AppCrashed, LineFailure, RelayKit

pytestmark = pytest.mark.slow  # asyncio takes the time of the machine


def app() -> aio.RelayClient:
    client = aio.RelayClient("project", "token")

    @client.on_call
    async def serve(call: aio.Call) -> None:
        await call.answer()
        action = await call.play([{"type": "tts", "params": {"text": "Welcome."}}])
        await action.wait()
        await asyncio.sleep(0.01)
        if call.from_number.endswith("2"):
            raise LookupError("no such department")
        await call.hangup()

    @client.on_message
    async def reply(message: aio.Message) -> None:
        await client.send_message(to_number=message.from_number, from_number=message.to_number, body="Got it.")

    return client


def threads() -> list[str]:
    return sorted(each.name for each in threading.enumerate() if each.name in {"asyncio", "relay-runtime"})


def test_lines_speak_with_it_and_its_contexts_follow() -> None:
    client = app()
    with RelayKit(client, foreign_loop=True) as kit:
        assert kit.client is client
        kit.caller("+15550100001").dials("office").hears("welcome").is_hung_up_on()
        kit.caller("+15550100001").dials("billing").hears("welcome").is_hung_up_on()
        assert client.contexts == ["office", "billing"]
        assert threads() == ["asyncio", "relay-runtime"]
    assert client.contexts == []
    assert threads() == []


def test_it_can_be_connected_again_for_the_next_test() -> None:
    client = app()
    for _ in range(2):
        with RelayKit(client, foreign_loop=True) as kit:
            kit.caller().dials("office").hears("welcome").is_hung_up_on()


def test_messages_come_and_go() -> None:
    with RelayKit(app(), foreign_loop=True) as kit:
        kit.messages.arrives("hello", context="office")
        assert kit.messages.is_sent("got it").body == "Got it."


def test_a_coroutine_function_serves_the_calls_of_a_new_client() -> None:
    async def serve(call: aio.Call) -> None:
        await call.answer()

    with RelayKit(serve, foreign_loop=True, max_active_calls=3) as kit:
        assert isinstance(kit.client, aio.RelayClient)
        kit.caller().dials("office").is_answered().hangs_up()


def test_a_crash_of_its_code_fails_the_test_with_the_traceback() -> None:
    crash = pytest.raises(AppCrashed, match=r"LookupError: no such department")
    with crash, RelayKit(app(), foreign_loop=True) as kit:
        kit.caller("+15550100002").dials("office").hears("welcome").is_hung_up_on(reason="error")


def test_a_crash_that_is_expected_is_none() -> None:
    with RelayKit(app(), foreign_loop=True) as kit:
        kit.caller("+15550100002").dials("office").hears("welcome").app_crashes(LookupError)


def test_a_failure_of_a_line_shows_the_call() -> None:
    failure = pytest.raises(LineFailure, match=r"(?s)expected the caller to hear 'sales'.*hears 'Welcome\.'")
    with failure, RelayKit(app(), foreign_loop=True) as kit:
        kit.caller().dials("office").hears("sales", within=2)


def test_in_virtual_time_it_is_refused() -> None:
    with pytest.raises(TypeError, match="have the fixture relay_foreign_loop return True"), RelayKit(app()):
        pass
    assert threads() == []

"""A prompt that the server does not take: it fails once, and from then on before it cuts everybody's link."""

from __future__ import annotations

import asyncio
from typing import Any

import gevent
import pytest
from doubles.client import LIMIT, OFFICE, THEM, client_of
from doubles.threaded_sandbox import ThreadedSandbox

from relay_runtime import Call, CommandTooLarge, aio, retrying
from relay_runtime.sandbox import Caller, Sandbox

pytestmark = pytest.mark.scenario

SERVER = 64 * 1024  # bytes of the largest message that the server takes
PHONE = [[{"type": "phone", "params": {"from_number": OFFICE, "to_number": THEM}}]]


@pytest.fixture
def sandbox() -> Any:
    with Sandbox(time_scale=0.01, frame_limit=SERVER) as running, gevent.Timeout(LIMIT):
        yield running
        assert running.errors == []


def test_a_prompt_fails_once_in_cutting_the_link_and_then_before_it_is_sent(sandbox: Sandbox) -> None:
    errors: list[CommandTooLarge] = []
    with client_of(sandbox) as client:
        other = client.dial(PHONE)

        @client.on_call
        def serve(call: Call) -> None:
            call.answer()
            for _ in range(3):
                try:
                    retrying(call.play_tts, "x" * SERVER)  # for ever, if it were a connection that is lost
                except CommandTooLarge as error:
                    errors.append(error)
            call.play_tts("Goodbye").wait(LIMIT)

        outcome = sandbox.place(Caller("+15550100003").dials("office").hears("Goodbye").waits_for_hangup()).wait(LIMIT)
        assert outcome.ok
        assert outcome.heard == ("Goodbye",)
        first, *later = (str(error) for error in errors)
        assert first.startswith("calling.play is too large for the server, which closed the connection over its ")
        assert [error.startswith("calling.play was not sent: it has ") for error in later] == [True, True]
        assert all(error.size == error.limit > SERVER and not error.retryable for error in errors)
        assert client.stats.connections == 2
        assert sandbox.counters.resumes == 1
        assert other.play_tts("still here").wait(LIMIT).state == "finished"


def test_of_two_that_are_too_large_one_is_named_and_both_are_in_the_end(sandbox: Sandbox) -> None:
    with client_of(sandbox) as client:
        call = client.dial(PHONE)
        prompts = [gevent.spawn(retrying, call.play_tts, "x" * size) for size in (SERVER, 2 * SERVER)]
        for prompt in prompts:
            with pytest.raises(CommandTooLarge):
                prompt.get(timeout=LIMIT)
        assert call.play_tts("still here").wait(LIMIT).state == "finished"
        assert client.stats.connections <= 3


def test_a_client_that_connects_again_knows_it_still(sandbox: Sandbox) -> None:
    client = client_of(sandbox)
    with client, pytest.raises(CommandTooLarge, match=r"signalwire\.ping is too large for the server"):
        client.execute("signalwire.ping", {"payload": "x" * SERVER})
    with client:
        before = client.stats.connections
        with pytest.raises(CommandTooLarge, match=r"signalwire\.ping was not sent"):
            client.execute("signalwire.ping", {"payload": "x" * SERVER})
        assert client.stats.connections == before
        assert client.execute("signalwire.ping", {"payload": "x"})


def test_on_asyncio_it_is_the_same_error() -> None:
    async def talk(sandbox: ThreadedSandbox) -> list[str]:
        said = []
        server = sandbox.sandbox
        client = aio.RelayClient(project=server.project, token=server.token, host=server.url)
        async with client:
            call = await client.dial(PHONE)
            for _ in range(2):
                try:
                    await call.play_tts("x" * SERVER)
                except aio.CommandTooLarge as error:
                    said.append(str(error))
            await (await call.play_tts("Goodbye")).wait()
        return said

    with ThreadedSandbox(time_scale=0.01, frame_limit=SERVER) as running:
        first, second = asyncio.run(talk(running))
    assert "calling.play is too large for the server" in first
    assert "calling.play was not sent" in second

"""The answer of a call, whichever comes first: its state or the reply to what asked for it. With both faces."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from doubles.threaded_sandbox import LIMIT, ThreadedSandbox

import relay_runtime.aio
from relay_runtime import Call, RelayClient, Timing
from relay_runtime.sandbox import Callee, Caller, Sandbox

pytestmark = pytest.mark.scenario

US, THEM = "+15550100001", "+15550100002"
PHONE = [[{"type": "phone", "params": {"from_number": US, "to_number": THEM, "timeout": 10_000}}]]
TIMING = Timing(stop_timeout=2.0, call_linger=0.2)
CALLER = Caller(US).dials("office").hears("welcome", LIMIT).waits_for_hangup(LIMIT)
CALLEE = Callee().answers().hears("a call for you", LIMIT).waits_for_hangup(LIMIT)
ORDERS: list[dict[str, Any]] = [
    {},
    {"answered_first": True},
    {"dial_answered_first": True},
    {"events_first": True, "dial_answered_first": True},
]


@pytest.fixture(params=ORDERS, ids=lambda order: ", ".join(order) or "reply first")
def order(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The settings of the sandbox."""
    return dict(request.param)


def settings_of(sandbox: Sandbox) -> dict[str, Any]:
    login = {"project": sandbox.project, "token": sandbox.token, "host": sandbox.url}
    return {**login, "contexts": ["office"], "timing": TIMING}


def test_a_call_is_served_and_one_is_dialled_on_greenlets(order: dict[str, Any]) -> None:
    with Sandbox(time_scale=0.01, control_port=None, **order) as sandbox:
        sandbox.on_dial("*", CALLEE)
        client = RelayClient(**settings_of(sandbox))

        @client.on_call
        def serve(call: Call) -> None:
            call.answer()
            call.wait_for_answered(LIMIT)
            call.play_tts("welcome").wait(LIMIT)
            call.hangup()

        client.connect(LIMIT)
        try:
            assert sandbox.place(CALLER).wait(LIMIT).ok
            dialled = client.dial(PHONE)
            assert dialled.state == "answered"
            dialled.play_tts("a call for you").wait(LIMIT)
            dialled.hangup()
            assert sandbox.runs(THEM)[0].wait(LIMIT).ok
        finally:
            client.disconnect()
        assert sandbox.errors == []


def test_a_call_is_served_and_one_is_dialled_on_asyncio(order: dict[str, Any]) -> None:
    with ThreadedSandbox(**order) as server:
        server.do(server.sandbox.on_dial, "*", CALLEE)
        client = relay_runtime.aio.RelayClient(**settings_of(server.sandbox))

        @client.on_call
        async def serve(call: relay_runtime.aio.Call) -> None:
            await call.answer()
            await call.wait_for_answered(LIMIT)
            await (await call.play_tts("welcome")).wait(LIMIT)
            await call.hangup()

        async def main() -> None:
            async with client:
                run = server.do(server.sandbox.place, CALLER)
                assert (await asyncio.wrap_future(server.begin(run.wait, LIMIT))).ok
                dialled = await client.dial(PHONE)
                assert dialled.state == "answered"
                await (await dialled.play_tts("a call for you")).wait(LIMIT)
                await dialled.hangup()
                (leg,) = server.do(server.sandbox.runs, THEM)
                assert (await asyncio.wrap_future(server.begin(leg.wait, LIMIT))).ok

        asyncio.run(asyncio.wait_for(main(), LIMIT))
        assert server.sandbox.errors == []

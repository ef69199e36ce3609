"""What type checkers must see of `relay_runtime.aio`; a line that must not pass has an ignore, which must be needed."""

from __future__ import annotations

from typing import Any, assert_type

from relay_runtime.aio import (
    Action,
    ActionAborted,
    Call,
    CallStateEvent,
    CollectEvent,
    DetectEvent,
    MessageStateEvent,
    PlayEvent,
    RecordEvent,
    RelayClient,
    RelayEvent,
    parse_event,
    tts,
)


async def waits(call: Call) -> None:
    """Each action and each wait has its own event."""
    assert_type(await (await call.play([tts("Hello.")])).wait(), PlayEvent)
    assert_type((await call.play_tts("Hello.")).result, PlayEvent | None)
    assert_type(await (await call.record()).wait(), RecordEvent)
    assert_type((await (await call.prompt_tts("Hello.", {"digits": {"max": 1}})).wait()).digits, str)
    async for result in (await call.detect_digit()).results():
        assert_type(result, DetectEvent)
    async for event in (await call.collect(digits={"max": 1})).results():
        assert_type(event, CollectEvent)
    assert_type(await call.wait_for_ringing(), CallStateEvent)
    assert_type(await call.wait_for_answered(), CallStateEvent)
    assert_type(await call.wait_for_ending(), CallStateEvent)
    assert_type((await call.wait_for_ended()).end_reason, str)
    str((await (await call.play_tts("Hello.")).wait()).digits)  # type: ignore


async def others(client: RelayClient, running: list[Action], media: list[dict[str, Any]]) -> None:
    """Dials, messages, values."""
    device = {"type": "phone", "params": {"to_number": "+15550100001"}}
    call = await client.dial([[device]])
    assert_type(call, Call)
    message = await client.send_message(to_number="+15550100001", from_number="+15550100002", body="Hello.")
    assert_type(await message.wait(), MessageStateEvent)
    assert_type(await running[0].wait(), RelayEvent)
    assert_type(parse_event({"event_type": "calling.call.play", "params": {}}), RelayEvent)
    await call.play(media, on_completed=heard)
    await call.play(media, on_completed=recorded)  # type: ignore


async def heard(event: PlayEvent | ActionAborted) -> None:
    """A callback of a playback."""


def recorded(event: RecordEvent | ActionAborted) -> None:
    """A callback of a recording."""

"""Keeps a diary of a call by listeners, plain ones and a coroutine, and waits for events by what is in them."""

from relay_runtime.aio import (
    CALL_STATE_ENDED,
    EVENT_CALL_PLAY,
    EVENT_CALL_STATE,
    Call,
    PlayEvent,
    RelayClient,
    RelayEvent,
    parse_event,
)

client = RelayClient(contexts=["default"])


async def note_play(event: RelayEvent) -> None:
    typed = parse_event({"event_type": event.event_type, "params": event.params})
    assert isinstance(typed, PlayEvent)
    print(f"play {typed.state}")


def is_over(event: RelayEvent) -> bool:
    return event.params.get("call_state") == CALL_STATE_ENDED


@client.on_call
async def diary(call: Call) -> None:
    call.on(EVENT_CALL_STATE, lambda event: print(f"state {event.params['call_state']}"))
    call.on(EVENT_CALL_PLAY, note_play)
    await call.answer()
    await call.wait_for_answered(timeout=10)
    await call.play_tts("Every step of this call is written down.", on_completed=lambda _event: print("played"))
    end = await call.wait_for(EVENT_CALL_STATE, predicate=is_over, timeout=120)
    print(f"ended: {end.params['end_reason']}")


if __name__ == "__main__":
    client.run()

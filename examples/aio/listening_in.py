"""Copies the audio of a call: by tap to an RTP address, then as a stream to a WebSocket."""

from relay_runtime.aio import EVENT_CALL_STREAM, EVENT_CALL_TAP, Call, RelayClient

client = RelayClient(contexts=["default"])


@client.on_call
async def copied(call: Call) -> None:
    await call.answer()
    for kind in (EVENT_CALL_TAP, EVENT_CALL_STREAM):
        call.on(kind, lambda event: print(f"{event.event_type} is {event.params['state']}"))
    tap = await call.tap(
        {"type": "audio", "params": {"direction": "both"}},
        {"type": "rtp", "params": {"addr": "192.0.2.10", "port": 5000, "codec": "PCMU"}},
    )
    stream = await call.stream(
        "wss://example.com/audio",
        name="monitor",
        codec="PCMU",
        track="both_tracks",
        custom_parameters={"shift": "night"},
    )
    await (await call.play_tts("This call is listened to.")).wait()
    await stream.stop()
    await stream.wait(timeout=10)
    await tap.stop()
    await tap.wait(timeout=10)
    await call.hangup()


if __name__ == "__main__":
    client.run()

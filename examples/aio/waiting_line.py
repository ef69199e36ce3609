"""Has callers wait in a queue with music, and lets them out of it when they press star."""

from relay_runtime.aio import EVENT_CALL_QUEUE, Call, RelayClient, RelayEvent

LINE = "repairs"

client = RelayClient(contexts=["default"])


def note(event: RelayEvent) -> None:
    if event.params["status"] != "stats":  # these come every ten seconds
        print(f"{event.params['status']} in {event.params['name']}")


@client.on_call
async def wait_in_line(call: Call) -> None:
    await call.answer()
    call.on(EVENT_CALL_QUEUE, note)
    stay = f"stay-{call.call_id}"
    await call.queue_enter(LINE, control_id=stay, status_url="https://example.com/queue")
    star = await call.collect(digits={"max": 1}, initial_timeout=600, start_input_timers=True)
    music = await call.play([{"type": "audio", "params": {"url": "https://example.com/music.mp3"}}], loop=20)
    result = (await star.wait(timeout=600)).params["result"]
    if result["type"] == "digit":
        await music.stop()
        await call.queue_leave(LINE, control_id=stay)
        await (await call.play_tts("You have left the line.")).wait()
    await call.hangup()
    print("the line is done with")


if __name__ == "__main__":
    client.run()

"""Listeners, completion callbacks, and actions that run beside one another."""

from relay_runtime import Call, RelayClient, RelayEvent

client = RelayClient(contexts=["default"])


@client.on_call
def serve(call: Call) -> None:
    call.on("calling.call.play", lambda event: print(f"playing is {event.state}"))
    call.on("calling.call.state", lambda event: print(f"the call is {event.call_state}"))
    call.answer()
    call.wait_for_answered(timeout=30)

    # In the background: nobody waits for it, a function is called when it is over.
    music = call.play_audio("https://example.com/music.mp3", on_completed=lambda _event: print("the music is over"))
    digit = call.collect(digits={"max": 1}, initial_timeout=20, start_input_timers=True)
    result = digit.wait()
    print(f"collected {result.digits or result.type} while the music was {'over' if music.is_done else 'playing'}")
    music.stop()
    music.wait(timeout=10)

    call.send_digits("1234")
    sent = call.wait_for("calling.call.send_digits", timeout=30)
    print(f"the digits are {sent.params['state']}")
    call.hangup()
    print(f"ended by {call.wait_for_ended(timeout=10).params['end_reason']}")


@client.on_event
def other(event: RelayEvent) -> None:
    print(f"{event.event_type} belongs to no call")


if __name__ == "__main__":
    print("waiting for calls on the context default")
    client.run()

"""A voicemail box: asks for a message, records it, and prints where the recording is."""

from relay_runtime import ActionAborted, Call, CallEnded, RecordEvent, RelayClient

client = RelayClient(contexts=["default"])


def stored(event: RecordEvent | ActionAborted) -> None:
    """Note a recording; called when it is over, also when the caller has hung up meanwhile."""
    if isinstance(event, RecordEvent):
        print(f"recording {event.state}: {event.url} ({event.duration:.1f} s)")


@client.on_call
def take_message(call: Call) -> None:
    call.answer()
    call.play_tts("Please leave your message after the tone, and press pound when you are done.").wait()
    recording = call.record(
        {"beep": True, "format": "wav", "terminators": "#", "end_silence_timeout": 4, "max_length": 120},
        on_completed=stored,
    )
    try:
        recording.wait()
        call.play_tts("Thank you. Goodbye.").wait()
        call.hangup()
    except CallEnded:
        print("the caller has hung up")


if __name__ == "__main__":
    print("waiting for calls on the context default")
    client.run()

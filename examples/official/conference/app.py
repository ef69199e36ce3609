"""A conference: whoever calls is put into it. The handler returns, and the caller stays until he hangs up."""

from relay_runtime import Call, RelayClient

client = RelayClient(contexts=["default"])


@client.on_call
def take_part(call: Call) -> None:
    call.answer()
    call.play_tts("You are joining the weekly meeting.").wait()
    joined = call.join_conference("weekly", beep="onEnter", start_on_enter=True, max_participants=20)
    print(f"somebody has joined: {bool(joined['conference_id'])}")


if __name__ == "__main__":
    print("waiting for calls on the context default")
    client.run()

"""A room: callers meet the people who are in it by video. The handler returns when the call is in the room."""

from relay_runtime import Call, RelayClient

client = RelayClient(contexts=["default"])


@client.on_call
def show_in(call: Call) -> None:
    call.answer()
    call.play_tts("The others are waiting for you.").wait()
    call.join_room("garden-club", status_url="https://example.com/rooms")
    print("somebody is in the room")


if __name__ == "__main__":
    print("waiting for calls on the context default")
    client.run()

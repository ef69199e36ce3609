"""Bound keys: the server itself plays when the caller presses them, with no code of this program."""

from relay_runtime import Call, RelayClient

MENU = "Press star 1 for the weather, and star 2 for the news."
WEATHER = {"control_id": "weather", "play": [{"type": "tts", "params": {"text": "It stays dry until the evening."}}]}
NEWS = {"control_id": "news", "play": [{"type": "tts", "params": {"text": "The bridge is open again."}}]}

client = RelayClient(contexts=["default"])


@client.on_call
def bind(call: Call) -> None:
    call.answer()
    call.bind_digit("*1", "calling.play", bind_params=WEATHER, realm="menu", max_triggers=3)
    call.bind_digit("*2", "calling.play", bind_params=NEWS, realm="menu", max_triggers=3)
    call.play_tts(MENU).wait()
    print("the keys are bound")


if __name__ == "__main__":
    print("waiting for calls on the context default")
    client.run()

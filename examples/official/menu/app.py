"""A menu: plays a prompt, takes a digit, and answers, or connects the caller to a person."""

from relay_runtime import Call, ConnectEvent, RelayClient, phone, tts

AGENT = "+15550100007"

client = RelayClient(contexts=["default"])


@client.on_call
def serve(call: Call) -> None:
    call.answer()
    prompt = call.play_and_collect(
        [tts("Thank you for calling."), tts("Press 1 for sales, 2 for support, or 0 to speak to a person.")],
        {"digits": {"max": 1, "digit_timeout": 5.0}, "initial_timeout": 10.0},
    )
    # The whole body of the event is in params, as the server sent it; typed attributes are there too.
    result = prompt.wait().params.get("result", {})
    digits = result.get("params", {}).get("digits", "")
    print(f"the caller pressed {digits or 'nothing'}")

    if digits == "1":
        call.play_tts("Sales will be with you in a moment.").wait()
    elif digits == "2":
        call.play_tts("Please hold for support.").wait()
    elif digits == "0":
        transfer(call)
        return
    else:
        call.play_tts("Sorry, that is not one of the choices.").wait()
    call.hangup()


def transfer(call: Call) -> None:
    """Bridge the call to a person, and stay until the two are done."""
    call.play_tts("One moment, please.").wait()
    call.connect([[phone(AGENT, from_number=call.to_number, timeout=30)]], ringback=[tts("We are calling them.")])
    bridge = call.wait_for("calling.call.connect", lambda event: event.connect_state in {"connected", "failed"}, 60)
    assert isinstance(bridge, ConnectEvent)
    print(f"the bridge is {bridge.connect_state}")
    if bridge.connect_state == "failed":
        call.play_tts("Nobody is there at the moment. Goodbye.").wait()
        call.hangup()
    else:
        call.wait_for_ended()


if __name__ == "__main__":
    print("waiting for calls on the context default")
    client.run()

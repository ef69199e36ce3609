"""An agent of Amazon Bedrock takes the call. There is no action to wait for: the handler returns."""

from relay_runtime import Call, RelayClient

client = RelayClient(contexts=["default"])


@client.on_call
def hand_over(call: Call) -> None:
    call.answer()
    call.play_tts("You are speaking to our assistant.").wait()
    call.amazon_bedrock(
        prompt={"text": "You tell the opening hours of a museum: ten to six, closed on Mondays."},
        post_prompt={"text": "What did the caller want to know?"},
        ai_params={"end_of_speech_timeout": 800},
        global_data={"museum": "boats"},
    )
    print("the assistant has taken over")


if __name__ == "__main__":
    print("waiting for calls on the context default")
    client.run()

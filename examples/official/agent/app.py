"""An AI agent takes the call, and the handler returns when it has begun: it talks until the caller hangs up."""

from relay_runtime import Call, RelayClient

client = RelayClient(contexts=["default"])


@client.on_call
def hand_over(call: Call) -> None:
    call.answer()
    call.ai(
        prompt={"text": "You take orders for a pizzeria. Ask for the pizza, the size and the address.", "top_p": 0.4},
        post_prompt={"text": "Sum the order up as JSON."},
        post_prompt_url="https://example.com/orders",
        hints=["margherita", "calzone"],
        languages=[{"name": "English", "code": "en-US", "voice": "en-US-Neural2-F"}],
    )
    print("the agent has taken over")


if __name__ == "__main__":
    print("waiting for calls on the context default")
    client.run()

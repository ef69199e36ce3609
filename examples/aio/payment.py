"""Takes a payment by card over the phone's keys, and tells the caller how it went."""

from relay_runtime.aio import Call, RelayClient

client = RelayClient(contexts=["default"])


@client.on_call
async def till(call: Call) -> None:
    await call.answer()
    payment = await call.pay(
        "https://pay.example.com/connector",
        input_method="dtmf",
        charge_amount="12.50",
        currency="eur",
        security_code="true",
        postal_code="false",
        max_attempts="2",
        description="one book",
        valid_card_types="visa mastercard",
    )
    result = (await payment.wait(timeout=300)).params["result"]
    print(f"the payment: {result}")
    await (await call.play_tts("That is paid." if result == "success" else "That did not work.")).wait()
    await call.hangup()


if __name__ == "__main__":
    client.run()

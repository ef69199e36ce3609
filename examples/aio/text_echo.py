"""Answers a text message with a text message, and serves calls by the same client."""

from relay_runtime.aio import Call, Message, RelayClient

client = RelayClient(contexts=["default"])


@client.on_message
async def answer(message: Message) -> None:
    print(f"{message.direction}, {message.state}: {message.body} {message.media}")
    reply = await client.send_message(
        to_number=message.from_number,
        from_number=message.to_number,
        context=message.context,
        body=f"{len(message.body.split())} words, {len(message.media)} pictures. Thank you!",
    )
    await reply.wait(timeout=60)
    print(f"the reply was {reply.state}")


@client.on_call
async def hint(call: Call) -> None:
    await call.answer()
    await (await call.play_tts("This number reads texts. Please write.")).wait()
    await call.hangup()
    print("the hint was given")


if __name__ == "__main__":
    client.run()

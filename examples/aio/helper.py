"""Lets an AI agent talk with the caller, gives it a hint in between, and takes the call back at the end."""

import asyncio

from relay_runtime.aio import Call, RelayClient

client = RelayClient(contexts=["default"])


@client.on_call
async def helper(call: Call) -> None:
    await call.answer()
    heard = asyncio.create_task(call.wait_for("calling.ai.speech_detect", timeout=60))
    agent = await call.ai(
        prompt={"text": "You help people to find a book."},
        post_prompt={"text": "Sum up which book it was."},
        hints=["novel", "poem"],
        ai_params={"end_of_speech_timeout": 700},
    )
    await call.ai_message(role="user", message_text="greet the caller")
    print(f"the caller said: {(await heard).params['text']}")
    await call.ai_hold(timeout="30", prompt="I am asking the librarian.")
    await call.ai_unhold(prompt="The librarian says it is on the third floor.")
    await call.ai_message(role="user", message_text="thank the librarian")
    await agent.stop()
    await agent.wait(timeout=30)
    await (await call.play_tts("Goodbye from the library.")).wait()
    await call.hangup()
    print("the library is done")


if __name__ == "__main__":
    client.run()

"""A program of SignalWire's own client (signalwire-sdk), run by test_official_sdk.py in a process of its own.

It reaches the sandbox over wss, so nothing in it is patched. It prints one JSON object a line.
"""

import asyncio
import json
import logging
import sys
from typing import Any

from signalwire.relay.client import RelayClient

logging.disable(logging.CRITICAL)


def tell(what: str, **facts: Any) -> None:
    sys.stdout.write(json.dumps({"what": what, **facts}) + "\n")
    sys.stdout.flush()


def is_connected(event: Any) -> bool:
    return event.params.get("connect_state") == "connected"


async def serve_call(call: Any) -> None:
    await call.answer()
    await call.wait_for_answered(timeout=5)
    prompt = await call.prompt_tts("Press 1 for sales", collect={"digits": {"max": 1}})
    chosen = await prompt.wait(timeout=5)
    tell("collected", result=chosen.params["result"])
    collecting = await call.collect(digits={"max": 2, "digit_timeout": 5}, initial_timeout=200, start_input_timers=True)
    tell("collected again", result=(await collecting.wait(timeout=5)).params["result"])
    detecting = await call.detect_answering_machine(timeout=10)
    tell("detected", event=(await detecting.wait(timeout=5)).params["detect"]["params"]["event"])
    connected = asyncio.ensure_future(call.wait_for("calling.call.connect", is_connected, timeout=5))
    peer = {"type": "phone", "params": {"from_number": "+15550100099", "to_number": "+15550100005", "timeout": 20}}
    await call.connect([[peer]])
    heard = asyncio.ensure_future(call.wait_for("calling.user_event", timeout=20))
    tell("bridged", peer=bool((await connected).params["peer"]["call_id"]))
    await heard
    await call.disconnect()
    recording = await call.record({"format": "wav"})
    playing = await call.play_tts("Thank you. Goodbye.")
    tell("played", state=(await playing.wait(timeout=5)).params["state"])
    await recording.stop()
    recorded = await recording.wait(timeout=5)
    tell("recorded", state=recorded.params["state"], url=recorded.params["url"])
    await call.hangup()
    ended = await call.wait_for_ended(timeout=5)
    tell("ended", reason=ended.params.get("end_reason"))


async def main(host: str, project: str, token: str) -> None:
    client = RelayClient(project=project, token=token, host=host, contexts=["office"])
    served, texted = asyncio.Event(), asyncio.Event()

    @client.on_call
    async def on_call(call: Any) -> None:
        tell("offered", direction=call.direction)
        await serve_call(call)
        served.set()

    @client.on_message
    async def on_message(message: Any) -> None:
        tell("texted", body=message.body)
        texted.set()

    await client.connect()
    tell("connected", protocol=bool(client.relay_protocol))
    await asyncio.wait_for(served.wait(), 10)
    await asyncio.wait_for(texted.wait(), 10)

    await client.receive(["added"])
    sent = await client.send_message(to_number="+15550100003", from_number="+15550100099", body="hi", context="office")
    await sent.wait(timeout=5)
    tell("sent", state=sent.state)

    phone = {"type": "phone", "params": {"from_number": "+15550100099", "to_number": "+15550100002", "timeout": 20}}
    busy = {"type": "phone", "params": {"from_number": "+15550100099", "to_number": "+15550100004", "timeout": 20}}
    call = await client.dial([[busy], [phone]], dial_timeout=5)
    tell("dialled", state=call.state)
    await (await call.play_tts("This is a call for you")).wait(timeout=5)
    await call.wait_for_ended(timeout=5)
    tell("callee hung up")
    try:
        await client.dial([[busy]], dial_timeout=5)
    except Exception as error:
        tell("dial failed", error=type(error).__name__)
    await client.disconnect()
    tell("done")


def run_and_resume(host: str, project: str, token: str) -> None:
    """Serve one call with ``run()``, the way of the official client that reconnects."""
    client = RelayClient(project=project, token=token, host=host, contexts=["office"])

    @client.on_call
    async def on_call(call: Any) -> None:
        await call.answer()
        playing = await call.play_silence(120)
        tell("playing")
        tell("played", state=(await playing.wait(timeout=20)).params["state"])
        await call.hangup()
        tell("done")

    client.run()


if __name__ == "__main__":
    if sys.argv[4] == "resume":
        run_and_resume(*sys.argv[1:4])
    else:
        asyncio.run(asyncio.wait_for(main(*sys.argv[1:4]), 30))

"""A waiting line: callers are put into a queue, and whoever dials the agents' number takes the next of them.

The handler returns at once. The queue keeps the call, and so does the bridge to the agent.
"""

from relay_runtime import Call, RelayClient

AGENTS, LINE = "+15550100077", "support"

client = RelayClient(contexts=["default"])


@client.on_call
def serve(call: Call) -> None:
    call.answer()
    if call.device["params"]["to_number"] == AGENTS:
        call.connect([[{"type": "queue", "params": {"node_id": call.node_id, "queue_name": LINE}}]])
        print("an agent takes the next caller")
    else:
        call.play_tts("All lines are busy. You are in the queue now.").wait()
        call.queue_enter(LINE, wait_time=900)
        print("a caller is in the queue")


if __name__ == "__main__":
    print("waiting for calls on the context default")
    client.run()

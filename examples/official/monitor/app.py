"""A monitor: it looks at each call that is offered and leaves it to whoever else serves the context."""

from relay_runtime import Call, RelayClient, RelayEvent

client = RelayClient(contexts=["default"])


@client.on_call
def watch(call: Call) -> None:
    def note(event: RelayEvent) -> None:
        print(f"it is {event.params['call_state']}")

    call.on("calling.call.state", note)
    print(f"a call to {call.device['params']['to_number']} is offered")


if __name__ == "__main__":
    print("watching the context default")
    client.run()

"""Answers every text message with its own words; ``python app.py NUMBER TEXT`` sends one and waits for its delivery."""

import sys

from relay_runtime import Message, RelayClient

US = "+15550100099"

client = RelayClient(contexts=["default"])


@client.on_message
def echo(message: Message) -> None:
    print(f"a message of {len(message.body)} letters and {len(message.media)} files")
    answer = client.send_message(
        to_number=message.from_number,
        from_number=message.to_number,
        body=f"You wrote: {message.body}",
        on_completed=lambda event: print(f"the answer was {event.params.get('message_state')}"),
    )
    answer.on(lambda event: print(f"the answer is {event.message_state}"))


def send(number: str, text: str) -> None:
    with client:
        message = client.send_message(to_number=number, from_number=US, body=text, tags=["sample"])
        message.wait(timeout=60)
        print(f"the message was {message.state}{': ' + message.reason if message.reason else ''}")


if __name__ == "__main__":
    if sys.argv[1:]:
        send(*sys.argv[1:])
    else:
        print("waiting for messages on the context default")
        client.run()

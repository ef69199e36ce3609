"""Examples of what a client asks of the server."""

from __future__ import annotations

from relay_runtime import DialFailed, RelayClient, phone, serial
from verb_examples.staging import staged

__all__ = [
    "campaign",
    "connect",
    "dial",
    "disconnect",
    "drain",
    "execute",
    "hangup_call",
    "receive",
    "renew",
    "send_message",
    "unreceive",
]


@staged(connected=False)
def connect(client: RelayClient) -> None:
    """Connect, in a minute at most; the client was made with the context ``office``."""
    client.connect(timeout=60)


@staged(connected=False)
def disconnect(client: RelayClient) -> None:
    """Connect, and close the connection again; a call that were up would be hung up first."""
    client.connect()
    client.disconnect()


@staged(connected=False)
def drain(client: RelayClient) -> None:
    """Take no new calls, give the live ones a minute to end, and disconnect."""
    client.connect()
    client.drain(timeout=60)


def renew(client: RelayClient) -> None:
    """Go on with a new JWT, without a break."""
    client.renew(jwt_token="eyJ.new.token")


def receive(client: RelayClient) -> None:
    """Receive the calls and messages of another context too."""
    client.receive(["sales"])


def unreceive(client: RelayClient) -> None:
    """Receive those of a context no more."""
    client.receive(["night"])
    client.unreceive(["night"])


def dial(client: RelayClient) -> None:
    """Call somebody, give them half a minute to answer, and say something."""
    guest = phone("+15550100002", from_number="+15550100099", timeout=30)
    try:
        call = client.dial(serial(guest), tag="table-7", dial_timeout=40)
    except DialFailed:
        return  # its `reason` says whether they were busy, say
    call.play_tts("Your table is ready.").wait()
    call.hangup()


def campaign(client: RelayClient) -> None:
    """Call two people, one a second."""
    reminders = client.campaign("reminders", cps=1, at_once=2)
    for number in ("+15550100002", "+15550100003"):
        reminders.add(serial(phone(number, from_number="+15550100099")), key=number)
    for outcome in reminders.outcomes():
        if outcome.call is not None:
            outcome.call.hangup()


def send_message(client: RelayClient) -> None:
    """Send a text message, and wait until it is known what became of it."""
    message = client.send_message(
        to_number="+15550100002", from_number="+15550100099", context="office", body="Your table is ready."
    )
    message.wait(timeout=60)


def execute(client: RelayClient) -> None:
    """Send a method in the words of the wire, such as one that has no method here yet."""
    message = {"to_number": "+15550100002", "from_number": "+15550100099", "body": "Your table is ready."}
    client.execute("messaging.send", {"context": "office", **message})


def hangup_call(client: RelayClient) -> None:
    """Hang up all live calls, from outside of their code."""
    client.dial(serial(phone("+15550100002", from_number="+15550100099")))
    for call in client.live_calls():
        client.hangup_call(call.call_id)

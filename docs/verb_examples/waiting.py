"""Examples of the waits of a call, of a listener, and of a command in its own words."""

from __future__ import annotations

import zlib

from relay_runtime import Call, RelayTimeout, phone, serial
from verb_examples.staging import staged

__all__ = [
    "command",
    "offload",
    "on",
    "sleep",
    "wait_for",
    "wait_for_answered",
    "wait_for_ended",
    "wait_for_ending",
    "wait_for_ringing",
]


def wait_for(call: Call) -> None:
    """Connect the caller to a colleague, and wait 40 seconds for it to be known whether they answered."""
    call.connect(serial(phone("+15550100002", from_number="+15550100099", timeout=30)))
    try:
        call.wait_for("calling.call.connect", lambda event: event.params["connect_state"] != "connecting", timeout=40)
    except RelayTimeout:
        call.play_tts("Nobody is there.").wait()


def sleep(call: Call) -> None:
    """Let the caller wait for ten seconds; hooks and callbacks run meanwhile."""
    call.sleep(10)


def offload(call: Call) -> None:
    """Have a thread do what takes long, five seconds at most."""
    checksum = call.offload(zlib.crc32, b"all that the caller has ordered", timeout=5)
    call.play_tts(f"Your order has the number {checksum % 1000}.").wait()


def wait_for_ringing(call: Call) -> None:
    """Wait until the call has rung, which one that was answered has."""
    call.wait_for_ringing(timeout=5)


@staged(offered=True)
def wait_for_answered(call: Call) -> None:
    """Answer, and wait until the call is answered: the reply alone does not mean it."""
    call.answer()
    call.wait_for_answered(timeout=10)


def wait_for_ending(call: Call) -> None:
    """Hang up, and wait until the call ends."""
    call.hangup()
    call.wait_for_ending(timeout=10)


@staged(line=lambda line: line.hears("Goodbye").hangs_up())
def wait_for_ended(call: Call) -> None:
    """Leave it to the caller to hang up."""
    call.play_tts("Goodbye.").wait()
    call.wait_for_ended(timeout=30)


def on(call: Call) -> None:
    """Listen to the events of a kind while something else is done."""
    states: list[str] = []
    call.on("calling.call.play", lambda event: states.append(event.state))
    call.play_tts("Welcome.").wait()


def command(call: Call) -> None:
    """Send a method in the words of the wire, such as one that has no verb here yet."""
    call.command("calling.play", {"control_id": "greeting", "play": [{"type": "tts", "params": {"text": "Hi."}}]})
    call.wait_for("calling.call.play", lambda event: event.params["state"] == "finished")

"""Examples of the verbs that take, refuse, end, bridge and hand on a call."""

from __future__ import annotations

from relay_runtime import Call, parallel, phone, serial
from verb_examples.staging import staged

__all__ = ["answer", "connect", "disconnect", "hangup", "pass_", "refer", "transfer"]


@staged(offered=True)
def answer(call: Call) -> None:
    """Take the call, and end it after an hour at the latest."""
    call.answer(max_duration=3600)


def hangup(call: Call) -> None:
    """Say goodbye, and end the call."""
    call.play_tts("Goodbye.").wait()
    call.hangup()


@staged(offered=True)
def pass_(call: Call) -> None:
    """Leave calls to a number to another application, and answer the others."""
    if call.to_number == "+15550100099":
        call.pass_()
    else:
        call.answer()


def connect(call: Call) -> None:
    """Ring two phones at once, and stay until one side has hung up."""
    desk = phone("+15550100002", from_number="+15550100099", timeout=20)
    mobile = phone("+15550100003", from_number="+15550100099", timeout=20)
    call.connect(serial(parallel(desk, mobile)), max_duration=1800)
    call.wait_for("calling.call.connect", lambda event: event.params["connect_state"] == "connected")


def disconnect(call: Call) -> None:
    """Take the caller back from a colleague."""
    call.connect(serial(phone("+15550100002", from_number="+15550100099")))
    call.wait_for("calling.call.connect", lambda event: event.params["connect_state"] == "connected")
    call.disconnect(reason="the colleague is done")
    call.play_tts("How was the call?").wait()


@staged(caller=lambda who: who.over_sip().refers())
def refer(call: Call) -> None:
    """Send a caller who came over SIP to another address, and wait until it is known how that went."""
    call.refer({"type": "sip", "params": {"to": "sip:sales@example.com"}})
    call.wait_for("calling.call.refer", lambda event: event.params["state"] != "inProgress")


def transfer(call: Call) -> None:
    """Hand the call to a document of SWML; it is over for this program then."""
    call.transfer("https://example.com/after-hours.swml")

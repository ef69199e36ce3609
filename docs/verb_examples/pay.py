"""The example of the verb that takes a payment."""

from __future__ import annotations

from relay_runtime import Call
from verb_examples.staging import staged

__all__ = ["pay"]


@staged(caller=lambda who: who.pays())
def pay(call: Call) -> None:
    """Take 25.99 dollars by card."""
    payment = call.pay("https://example.com/connector", charge_amount="25.99", currency="usd", description="Order 4711")
    if payment.wait().result == "success":
        call.play_tts("Thank you.").wait()
    else:
        call.play_tts("Nothing was charged.").wait()

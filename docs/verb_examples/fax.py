"""Examples of the verbs that send and receive faxes."""

from __future__ import annotations

from relay_runtime import Call
from verb_examples.staging import staged

__all__ = ["receive_fax", "send_fax"]


@staged(caller=lambda who: who.is_fax(pages=2))
def send_fax(call: Call) -> None:
    """Send a document, and wait until it is through."""
    fax = call.send_fax("https://example.com/offer.pdf", header_info="Example Ltd.")
    if not fax.wait().success:
        call.hangup("error")


@staged(caller=lambda who: who.is_fax(pages=2))
def receive_fax(call: Call) -> None:
    """Take a fax; ``document`` says where it is."""
    received = call.receive_fax().wait()
    if received.success:
        call.user_event(event={"kind": "fax", "pages": received.pages, "url": received.document})

"""calling.send_fax and calling.receive_fax (protocol 7.3)."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from relay_runtime.sandbox.calls.action import Action
from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.ground.ids import new_id
from relay_runtime.sandbox.verbs.table import Control, fresh, sub_command, verb

_PAGE_SECONDS: Final = 2.0
_NO_FAX_SECONDS: Final = 3.0


class SendFaxParams(Control, kw_only=True):
    """Params of calling.send_fax."""

    document: Annotated[str, Meta(pattern="^https?://")]
    identity: str = ""
    header_info: str = "SignalWire"


class Fax(Action):
    """A transmission, page by page, with the machine that the script at the far end says there is.

    Args:
        call: the call.
        control_id: its name.
        document: the URL of the document.
        identity: our own number.
    """

    event_type = "calling.call.fax"
    after_end = True
    direction = ""

    def __init__(self, call: Call, control_id: str, document: str, identity: str = "") -> None:
        super().__init__(call, control_id)
        self._document = document
        self._identity = identity or str(call.device["params"].get("to_number", ""))
        self._pages = 0

    def start(self) -> None:
        """Begin with the first page, if there is a machine at the far end."""
        if self.call.run.script.facts.get("fax"):
            self.set_timer("page", _PAGE_SECONDS, self._page)
        else:
            self.set_timer("page", _NO_FAX_SECONDS, self._over, "The remote side is no fax machine")

    def _page(self) -> None:
        facts = self.call.run.script.facts
        self._pages += 1
        self.event(fax={"type": "page", "params": {"direction": self.direction, "number": self._pages}})
        if self._pages < facts["pages"]:
            self.set_timer("page", _PAGE_SECONDS, self._page)
        else:
            self._over(facts["fax_error"])

    def _over(self, error: str | None) -> None:
        params = {
            "direction": self.direction,
            "identity": self._identity,
            "remote_identity": self.call.run.number,
            "document": self._document if error is None or self.direction == "send" else "",
            "format": "pdf" if error is None else "",
            "pages": self._pages,
            "success": error is None,
            "result": 0 if error is None else 1,
            "result_text": error or "OK",
        }
        extra = {"state": "finished"} if self.ground.settings.event_shape == "sdk" else {}
        self.finish(fax={"type": "finished", "params": params}, **extra)

    def stop(self) -> None:
        """Abort."""
        self._over("The fax was stopped")

    def call_ends(self) -> None:
        """Abort since the call is over."""
        self._over("The call ended")


class SendFax(Fax):
    """An outgoing fax."""

    kind = "send_fax"
    direction = "send"


class ReceiveFax(Fax):
    """An incoming fax."""

    kind = "receive_fax"
    direction = "receive"


@verb("calling.send_fax", "Sending fax", SendFaxParams)
def send_fax(call: Call, params: SendFaxParams) -> None:
    """Send a document."""
    fresh(call, SendFax, params.control_id)
    call.begin(SendFax(call, params.control_id, params.document, params.identity))


@verb("calling.receive_fax", "Receiving fax", Control)
def receive_fax(call: Call, params: Control) -> None:
    """Receive a document."""
    fresh(call, ReceiveFax, params.control_id)
    call.begin(ReceiveFax(call, params.control_id, f"https://faxes.sandbox.invalid/{new_id()}.pdf"))


sub_command("calling.send_fax.stop", "Stopping fax", SendFax, SendFax.stop)
sub_command("calling.receive_fax.stop", "Stopping fax", ReceiveFax, ReceiveFax.stop)

"""calling.refer: a SIP REFER of the call (protocol 7.2)."""

from __future__ import annotations

from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from relay_runtime.sandbox.calls.action import Unnamed
from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.verbs.table import Params, RefusalError, fresh, verb

_SECONDS: Final = 1.0
_NOTIFIED: Final = {"success": "200", "busy": "486", "noAnswer": "480", "cancel": "487", "error": "500"}


class SipTarget(Struct, rename={"from_": "from"}):
    """Where the call is referred to."""

    to: Annotated[str, Meta(pattern="^sips?:.+")]
    from_: str = ""
    username: str = ""
    password: str = ""


class SipDevice(Struct, tag="sip"):
    """A SIP target."""

    params: SipTarget


class ReferParams(Params):
    """Params of calling.refer."""

    device: SipDevice


class Refer(Unnamed):
    """A REFER on its way; the script at the far end says how it ends.

    Args:
        call: the call.
        target: the SIP address.
    """

    kind = "refer"
    event_type = "calling.call.refer"

    def __init__(self, call: Call, target: str) -> None:
        super().__init__(call)
        self._target = target

    def start(self) -> None:
        """Send ``inProgress``."""
        self.event(state="inProgress", sip_refer_to=self._target)
        self.set_timer("over", _SECONDS, self._over, self.call.run.script.facts.get("refer", "success"))

    def _over(self, state: str) -> None:
        codes: dict[str, Any] = {"sip_refer_response_code": "202", "sip_notify_response_code": _NOTIFIED[state]}
        self.finish(state=state, sip_refer_to=self._target, **codes)

    def call_ends(self) -> None:
        """End as cancelled."""
        self.finish(state="cancel", sip_refer_to=self._target)


@verb("calling.refer", "Starting SIP REFER", ReferParams)
def refer(call: Call, params: ReferParams) -> None:
    """Refer the call to a SIP address; REFER is a request of SIP, so that no other call can be referred."""
    kind = call.device["type"]
    if kind != "sip":
        raise RefusalError("400", f"calling.refer: only a SIP call can be referred, and this one is of type {kind}")
    fresh(call, Refer, complaint="A SIP REFER is already in progress")
    call.begin(Refer(call, params.device.params.to))

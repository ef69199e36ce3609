"""calling.refer: a SIP REFER of the call (protocol 7.2)."""

from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta, Struct

from relay_runtime.sandbox.verbs.switches import Unnamed
from relay_runtime.sandbox.verbs.table import Params, RefusalError, answered, verb

if TYPE_CHECKING:
    from relay_runtime.sandbox.calls.call import Call

_SECONDS = 1.0
_NOTIFIED = {"success": "200", "busy": "486", "noAnswer": "480", "cancel": "487", "error": "500"}


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
        call: The call.
        target: The SIP address.
    """

    kind = "refer"
    event_type = "calling.call.refer"

    def __init__(self, call: "Call", target: str) -> None:
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
def refer(call: "Call", params: ReferParams) -> None:
    """Refer the call to a SIP address."""
    answered(call)
    if call.action(Refer, ""):
        raise RefusalError("409", "A SIP REFER is already in progress")
    call.begin(Refer(call, params.device.params.to))

"""calling.ai_sidecar: an AI observer that coaches the agent; in the vendor's draft only (protocol 7.6)."""

from __future__ import annotations

from typing import Any

from relay_runtime.sandbox.calls.action import Unnamed
from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.ground.clock import epoch_us
from relay_runtime.sandbox.ground.fields import Filled
from relay_runtime.sandbox.ground.ids import new_id
from relay_runtime.sandbox.verbs.table import Params, fresh, running, verb


class SidecarParams(Params, kw_only=True):
    """Params of calling.ai_sidecar."""

    lang: Filled
    prompt: str | dict[str, Any] = ""
    model: Any = None  # this and what follows is known to a server, and has no effect here
    params: Any = None
    direction: Any = None
    customer_role: Any = None
    permissions: Any = None
    action: Any = None
    url: Any = None
    global_data: Any = None
    SWAIG: Any = None


class TextParams(Params):
    """Params of calling.ai_sidecar.poke and .ask."""

    text: Filled


class Sidecar(Unnamed):
    """An observer on a call."""

    kind = "ai_sidecar"
    event_type = "calling.ai.sidecar"

    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self.ticks = 0

    def tell(self, what: str, **fields: Any) -> None:
        """Send something that the sidecar did."""
        self.ticks += 1
        about = {"content_type": "text/swaig", "content_disposition": "live", "conversation_type": "voice"}
        body = {"type": what, "ts": epoch_us(), "tick_id": self.ticks}
        channel = {"call_id": self.call.call_id}
        self.event(call_info={**about, **channel}, sidecar_event={**body, "channel_data": channel, **fields})

    def start(self) -> None:
        """Begin to listen."""
        self.listen()
        self.tell("start")

    def on_speech_ends(self, text: str) -> None:
        """Think about what was said."""
        self.tell("turn", text=text)

    def stop(self) -> None:
        """End."""
        if self.open:
            self.tell("stop", reason="requested")
            self.tell("final", summary="The call was observed.")
            self.close()


def _sidecar(call: Call) -> Sidecar:
    return running(call, Sidecar, complaint="No sidecar is attached to this call")


@verb("calling.ai_sidecar", "+OK", SidecarParams)
def ai_sidecar(call: Call, params: SidecarParams) -> None:  # noqa: ARG001
    """Attach a sidecar."""
    fresh(call, Sidecar, complaint="A sidecar is already attached to this call")
    call.begin(Sidecar(call))


@verb("calling.ai_sidecar.poke", "+OK", TextParams)
def poke(call: Call, params: TextParams) -> None:
    """Make the sidecar react."""
    _sidecar(call).tell("insight", raw=params.text)


@verb("calling.ai_sidecar.ask", "queued", TextParams)
def ask(call: Call, params: TextParams) -> dict[str, str]:
    """Ask the sidecar a question."""
    sidecar, ask_id = _sidecar(call), new_id()
    sidecar.tell("ask_request", ask_id=ask_id, text=params.text)
    sidecar.tell("ask_answer", ask_id=ask_id, raw=f"About {params.text}: nothing to add.")
    return {"ask_id": ask_id}


@verb("calling.ai_sidecar.stop", "+OK")
def stop(call: Call, params: Params) -> None:  # noqa: ARG001
    """Detach the sidecar."""
    _sidecar(call).stop()


@verb("calling.ai_sidecar.status", "+OK")
def status(call: Call, params: Params) -> dict[str, Any]:  # noqa: ARG001
    """Return its counters."""
    return {"data": {"ticks": _sidecar(call).ticks}}

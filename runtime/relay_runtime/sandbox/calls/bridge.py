"""A bridge between a call and the peer it was connected to (calling.connect of protocol 7.2)."""

from __future__ import annotations

from relay_runtime.sandbox.calls.call import Call
from relay_runtime.sandbox.calls.hunt import Hunt
from relay_runtime.sandbox.ground.frames import Frame
from relay_runtime.sandbox.ground.line import Heard

__all__ = ["Bridge"]


class Bridge:
    """A connect from its request to its end.

    Args:
        call: the call that is connected.
        tag: the label of the request.
    """

    def __init__(self, call: Call, tag: str) -> None:
        self.call = call
        self.tag = tag
        self.peer: Call | None = None
        self.hunt: Hunt | None = None
        self.ringback: Heard | None = None
        self.over = False

    def other(self, call: Call) -> Call | None:
        """Return the other party, when they are connected."""
        return self.peer if call is self.call else self.call

    def state(self, connect_state: str, **fields: str) -> None:
        """Send the state of the bridge to the client."""
        body: Frame = {"tag": self.tag, "connect_state": connect_state, **fields}
        if self.peer is not None:
            peer = {"node_id": self.peer.node_id, "call_id": self.peer.call_id, "tag": self.tag}
            body["peer"] = {**peer, "device": self.peer.device}
        self.call.event("calling.call.connect", **body)

    def ring(self, sound: Heard) -> None:
        """Let the caller hear a ringback."""
        self.ringback = sound
        self.call.line.plays(sound)

    def connected(self, peer: Call) -> None:
        """Let the two hear each other."""
        self._quiet()
        self.peer = peer
        peer.bridge = self
        self.call.line.bridged, peer.line.bridged = peer.line, self.call.line
        self.call.run.note("network", "connected to a peer")
        self.state("connected")

    def failed(self, reason: str, source: str) -> None:  # noqa: ARG002 (the signature of a hunt's end)
        """Give up: nobody answered."""
        if not self.over:
            self._quiet()
            self._apart()
            self.state("failed", failed_reason=reason)

    def disconnect(self, *, end_peer: bool) -> None:
        """Take the two apart; the peer is hung up, unless it was a call of its own right."""
        if self.over:
            return
        self._quiet()
        self._apart()
        if self.hunt is not None and not self.hunt.over:
            self.hunt.give_up()
        self.state("disconnected")
        if end_peer and self.peer is not None and self.peer.parent is self.call:
            self.peer.end("hangup", "outbound")

    def call_ends(self, call: Call) -> None:
        """Take the end of one of the two."""
        self.disconnect(end_peer=call is self.call)

    def _apart(self) -> None:
        self.over = True
        self.call.bridge = None
        self.call.line.part()
        if self.peer is not None:
            self.peer.bridge = None
            self.peer.line.part()

    def _quiet(self) -> None:
        if self.ringback is not None:
            self.ringback.stop()
            self.ringback = None

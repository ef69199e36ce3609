"""A session: what a login starts, what a lost socket leaves alive for a while, and what a resume picks up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from relay_runtime.sandbox.faults.arms import EventArm
from relay_runtime.sandbox.ground import frames
from relay_runtime.sandbox.ground.clock import Timer, epoch
from relay_runtime.sandbox.ground.ids import new_id
from relay_runtime.sandbox.ground.journal import Journal

if TYPE_CHECKING:
    from relay_runtime.sandbox.calls.call import Call
    from relay_runtime.sandbox.calls.exchange import Exchange
    from relay_runtime.sandbox.server.peer import Peer

__all__ = ["End", "Session"]

End = Literal["not_resumed", "restart", "forgotten", "server_restart"]

_MOST_OUTSTANDING: Final = 200_000  # events kept for a client that acknowledges nothing


class Session:
    """One client, across its connections.

    Args:
        exchange: where its calls and settings live.
        major: the protocol version the client announced.
        project: the project that it logged in with, if events shall carry that one; None is the sandbox's.

    Attributes:
        exchange: where its calls and settings live.
        ground: the clock, the settings and the ids of the sandbox.
        major: the protocol version the client announced last.
        sessionid: its id, which the login has returned.
        protocol: its address, by which a client resumes it.
        identity: the name of the client that the login has returned.
        authorization_state: what a client has to bring to resume it, if it brings any.
        event_acks: whether the client acknowledges events.
        peer: its connection, or None while it has none.
        calls: its calls, by id.
        journal: the frames of its connections.
        contexts: what it has subscribed to.
        logins: how often it was logged in to; from the second one on it was resumed.
        began: seconds since the epoch at its first login.
        ended: seconds since the epoch at its end; None while it is live.
        end_reason: why it ended: ``not_resumed`` (nobody came back in time), ``restart`` (its client was told to begin
            a new one), ``forgotten`` (the fault ``forget``), ``server_restart`` (without memory); None while it lives.
    """

    def __init__(self, exchange: Exchange, major: int, project: str | None = None) -> None:
        self.exchange = exchange
        self.ground = ground = exchange.ground
        self.major = major
        self._project = project
        self.sessionid = new_id()
        self.protocol = f"signalwire_{new_id()[:8]}_{new_id()}_{new_id()}"
        self.identity = f"{new_id()}@{ground.node_id}"
        self.authorization_state = f"{new_id()}:{new_id()}"
        self.contexts: set[str] = set()
        self.event_acks = True
        self.began = epoch()
        self.ended: float | None = None
        self.end_reason: End | None = None
        self.logins = 1
        self.peer: Peer | None = None
        self.calls: dict[str, Call] = {}
        self.journal = Journal.of(ground.settings, ground.frames)
        self._outstanding: dict[str, bytes] = {}
        self._unsent: set[str] = set()
        self._held: list[str] | None = None
        self._expiry: Timer | None = None

    def __repr__(self) -> str:
        state = "over" if self.over else "connected" if self.peer else "away"
        return f"<Session {self.sessionid} {state}>"

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.ended is not None

    @property
    def owner(self) -> frames.Frame:
        """The fields of an envelope that say whose events they are."""
        settings = self.ground.settings
        return {"project_id": self._project or settings.project, "space_id": settings.space}

    @property
    def unacked(self) -> int:
        """The number of events that were sent and not yet acknowledged."""
        return len(self._outstanding) - len(self._unsent)

    @property
    def queued(self) -> int:
        """The number of events that wait for the client to come back."""
        return len(self._unsent)

    def attach(self, peer: Peer) -> None:
        """Continue on this connection; an older one is dropped."""
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        former, self.peer = self.peer, peer
        if former is not None and former is not peer:
            former.drop()

    def detach(self, peer: Peer, *, resumable: bool = True) -> None:
        """Note that a connection is gone; the session ends when nobody resumes it in time."""
        if self.peer is not peer:
            return
        self.peer = None
        if not resumable:
            self.end("restart")
        elif not self.over:
            window = self.ground.settings.resume_window
            self._expiry = self.ground.clock.after_real(window, self.end, "not_resumed")

    def end(self, reason: End) -> None:
        """Forget the session and hang up its calls."""
        if self.over:
            return
        self.ended, self.end_reason = epoch(), reason
        if self._expiry is not None:
            self._expiry.cancel()
        self.exchange.forget_session(self)
        for call in list(self.calls.values()):
            call.end("error", "none")
        self._outstanding.clear()
        self._unsent.clear()

    def write(self, frame: frames.Frame | str | bytes) -> None:
        """Send a frame as it is, past the events that are kept for the client.

        Raises:
            LookupError: the session has no connection.
        """
        if self.peer is None:
            raise LookupError("this session has no connection now")
        raw = frames.encode(frame) if isinstance(frame, dict) else frame
        self.peer.write(raw.encode() if isinstance(raw, str) else raw)

    def cut(self, *, reset: bool = False) -> None:
        """Cut the socket without a close frame, if there is one; ``reset`` is for a TCP reset."""
        if self.peer is not None:
            self.peer.drop(reset=reset)

    def disconnect(self, *, restart: bool | None = None) -> None:
        """Send signalwire.disconnect, and close when the client has answered."""
        if self.peer is not None:
            self.peer.disconnect(restart=restart)

    def renew(self) -> None:
        """Change the authorization state, and push the new one; the old one is void."""
        self.authorization_state = f"{new_id()}:{new_id()}"
        self.push_state()

    def push_state(self) -> None:
        """Push the authorization state."""
        state = {"authorization_state": self.authorization_state}
        self.event("signalwire.authorization.state", state, channel="signalwire")

    def event(
        self, event_type: str, params: frames.Frame, *, context: str | None = None, channel: str | None = "calling"
    ) -> None:
        """Push an event; it is kept until the client acknowledges it."""
        body: frames.Frame = {"event_type": event_type}
        if channel is not None:
            body["event_channel"] = channel
        if context is not None:
            body["context"] = context
        body["timestamp"] = epoch()
        body |= self.owner
        body["params"] = params
        self.push(body)

    def push(self, body: frames.Frame) -> None:
        """Push a whole event envelope."""
        if self.over:
            return
        event_id = new_id()
        self._outstanding[event_id] = frames.request(event_id, "signalwire.event", body)
        self._unsent.add(event_id)
        self.ground.counters.events += 1
        if len(self._outstanding) > _MOST_OUTSTANDING:
            self._give_up_oldest()
        if self._held is not None:
            self._held.append(event_id)
        else:
            self._send(event_id)

    def acknowledged(self, event_id: Any) -> bool:
        """Note an acknowledgement; False when the id is none of ours."""
        return isinstance(event_id, str) and self._outstanding.pop(event_id, None) is not None

    def hold(self) -> None:
        """Keep back the events of a request until its reply is out."""
        self._held = []

    def release(self) -> list[str]:
        """Stop keeping back; return the ids of the events that wait."""
        held, self._held = self._held or [], None
        return held

    def send_held(self, event_ids: list[str]) -> None:
        """Send events that were kept back."""
        for event_id in event_ids:
            self._send(event_id)

    def redeliver(self) -> None:
        """Send, after a resume, what the client missed, and what it never acknowledged."""
        mode = self.ground.settings.redelivery
        for event_id, frame in list(self._outstanding.items()):
            if event_id in self._unsent:
                self._send(event_id)
                continue
            self.ground.counters.redelivered += mode != "none"
            if mode == "none":
                del self._outstanding[event_id]
            elif mode == "same_id":
                self._send(event_id)
            else:
                del self._outstanding[event_id]
                self.push(frames.decode(frame)["params"])

    def _send(self, event_id: str) -> None:
        frame = self._outstanding.get(event_id)
        if frame is None or self.peer is None:
            return
        arm = self.exchange.faults.take_event(frame, self) if self.exchange.faults.event_arms else None
        if arm is None:
            self._write(event_id, frame)
        else:
            self._send_armed(arm, event_id, frame)

    def _write(self, event_id: str, frame: bytes) -> None:
        if self.peer is None:
            return
        self._unsent.discard(event_id)
        if not self.event_acks:
            self._outstanding.pop(event_id, None)
        self.peer.write(frame)

    def _send_armed(self, arm: EventArm, event_id: str, frame: bytes) -> None:
        """Send an event under a fault that was armed for its type."""
        peer = self.peer
        if peer is None:
            return
        if arm.withhold:
            self._outstanding.pop(event_id, None)
            self._unsent.discard(event_id)
            return
        if arm.cut == "before":
            peer.drop(reset=arm.reset)
            return
        if arm.truncate:
            peer.link.truncate_next()
        if arm.delay:
            self.ground.clock.after_real(arm.delay, self._write, event_id, frame)
        else:
            self._write(event_id, frame)
        if arm.duplicate:
            peer.write(frame)
        if arm.again:
            self.push(frames.decode(frame)["params"])
        if arm.cut == "after":
            peer.drop(reset=arm.reset, flush=not arm.reset)

    def _give_up_oldest(self) -> None:
        oldest = next(iter(self._outstanding))
        del self._outstanding[oldest]
        self._unsent.discard(oldest)
        self.ground.counters.events_dropped += 1

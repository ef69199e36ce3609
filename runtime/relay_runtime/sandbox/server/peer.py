"""One connection to the sandbox: reads frames, performs requests, writes replies and events in order."""

from __future__ import annotations

from typing import Any, Final

import gevent
import msgspec

from relay_runtime.sandbox.calls.exchange import Exchange
from relay_runtime.sandbox.calls.session import Session
from relay_runtime.sandbox.faults.arms import Arm
from relay_runtime.sandbox.ground import frames
from relay_runtime.sandbox.ground.clock import Timer, epoch, now
from relay_runtime.sandbox.ground.frames import ErrorCode, JsonRpcError
from relay_runtime.sandbox.ground.ids import new_id
from relay_runtime.sandbox.ground.journal import Journal
from relay_runtime.sandbox.server.link import Link
from relay_runtime.sandbox.server.login import connect_result, log_in
from relay_runtime.sandbox.server.websocket import GuardedWebSocket
from relay_runtime.sandbox.verbs.table import RefusalError, perform

__all__ = ["Peer"]

_READS_BEFORE_YIELD: Final = 32
_LONGEST_TURN: Final = 0.005  # real seconds for which a flooded socket may keep the others waiting
_DISCONNECT_SECONDS: Final = 2.0  # for the client to answer signalwire.disconnect


class Peer:
    """The server's side of one connection.

    Args:
        exchange: what the requests act on.
        socket: the connection.
    """

    def __init__(self, exchange: Exchange, socket: GuardedWebSocket) -> None:
        self.exchange = exchange
        self.ground = exchange.ground
        self.link = Link(socket, exchange.ground.clock, exchange.faults)
        self.session: Session | None = None
        self.journal: Journal = Journal(100, 256 * 1024, count=exchange.ground.frames)
        self.resumable = True
        self._pings: dict[str, Timer] = {}
        self._ping_timer: Timer | None = None
        self._farewell: str | None = None

    def serve(self) -> None:
        """Read until the connection is over; runs in the connection's own greenlet."""
        try:
            turn, reads = now(), 0
            while (message := self.link.receive()) is not None:
                self._received(message)
                reads += 1
                if reads % _READS_BEFORE_YIELD == 0 or now() - turn > _LONGEST_TURN:
                    gevent.sleep(0)
                    turn = now()
        finally:
            self._gone()

    def _gone(self) -> None:
        if self._ping_timer is not None:
            self._ping_timer.cancel()
        for timer in self._pings.values():
            timer.cancel()
        self._pings.clear()
        self.link.end()
        if self.session is not None:
            self.session.detach(self, resumable=self.resumable)
        else:
            self.exchange.lobby.absorb(self.journal)

    def _received(self, message: str | bytes) -> None:
        self.ground.counters.frames_in += 1
        try:
            frame = frames.decode(message)
        except (msgspec.DecodeError, RecursionError):
            self.journal.write("in", message)
            self.write(frames.error(None, ErrorCode.PARSE_ERROR, "Parse error"))
            return
        method = frame.get("method") if isinstance(frame, dict) else None
        self.journal.write("in", message, method if isinstance(method, str) else None)
        if not isinstance(frame, dict):
            self.write(frames.error(None, ErrorCode.INVALID_REQUEST, "A frame must be a JSON object"))
        elif "method" in frame:
            self.exchange.requests.note(method, self.session, self.journal)
            self._requested(frame)
        else:
            self._answered(frame)

    def _answered(self, frame: frames.Frame) -> None:
        """Take a reply of the client: the acknowledgement of an event, or an answer to our own request."""
        answer_id = frame.get("id")
        if self.session is not None and self.session.acknowledged(answer_id):
            return
        timer = self._pings.pop(answer_id, None) if isinstance(answer_id, str) else None
        if timer is not None:
            timer.cancel()
        elif answer_id is not None and answer_id == self._farewell:
            self.link.close(1000, "disconnected")

    def _requested(self, frame: frames.Frame) -> None:
        request_id, method, params = frame.get("id"), frame["method"], frame.get("params")
        if not isinstance(method, str) or frame.get("jsonrpc") != "2.0":
            self.write(frames.error(request_id, ErrorCode.INVALID_REQUEST, "Not a JSON-RPC 2.0 request"))
        elif not isinstance(params, dict):
            self.write(frames.error(request_id, ErrorCode.INVALID_PARAMS, f"{method}: params must be an object"))
        elif self.session is None and method not in {"signalwire.connect", "signalwire.ping"}:
            text = f"{method}: signalwire.connect must be the first request of a connection"
            self.write(frames.error(request_id, ErrorCode.INVALID_REQUEST, text))
        else:
            arm = self.exchange.faults.take(method, self.session)
            if arm is None:
                self._serve(request_id, method, params)
            else:
                self._serve_armed(arm, request_id, method, params)

    def _serve(self, request_id: Any, method: str, params: frames.Frame) -> None:
        if method == "signalwire.connect":
            self._connect(request_id, params)
            return
        reply, events = self._performed(request_id, method, params)
        self.deliver(None if request_id is None else reply, events, first=self.ground.settings.come_first(method))

    def _performed(self, request_id: Any, method: str, params: frames.Frame) -> tuple[bytes, list[str]]:
        """Perform a request; return the frame of its reply and the ids of the events it caused."""
        if method == "signalwire.ping":
            return frames.result(
                request_id, {key: params[key] for key in ("timestamp", "payload") if key in params}
            ), []
        session = self.session
        if session is None:
            return frames.error(request_id, ErrorCode.INVALID_REQUEST, f"{method}: not logged in"), []
        session.hold()
        try:
            return self._outcome(session, request_id, method, params), session.release()
        finally:
            session.release()

    def _outcome(self, session: Session, request_id: Any, method: str, params: frames.Frame) -> bytes:
        try:
            return frames.result(request_id, perform(session, method, params))
        except RefusalError as refusal:
            return frames.result(request_id, refusal.result(params))
        except JsonRpcError as refused:
            return frames.error(request_id, refused.code, refused.message, refused.data)
        except Exception as error:  # noqa: BLE001 - the connection goes on
            self.ground.internal_error(error, method)
            return frames.error(request_id, ErrorCode.INTERNAL_ERROR, f"{method}: internal error of the sandbox")

    def deliver(self, reply: bytes | None, events: list[str], *, first: bool) -> None:
        """Write a reply and the events that belong to it, which may come first."""
        session = self.session
        if first and session is not None:
            session.send_held(events)
        if reply is not None:
            self.write(reply)
        if not first and session is not None:
            session.send_held(events)

    def _serve_armed(self, arm: Arm, request_id: Any, method: str, params: frames.Frame) -> None:
        """Serve a request under a fault that was armed for its method."""
        if arm.cut == "before":
            self.drop(reset=arm.reset)
        elif method == "signalwire.connect" and not arm.answers:
            self._connect(request_id, params, arm)
        else:
            reply, events = (b"", []) if arm.instead else self._performed(request_id, method, params)
            arm.send(self, arm.answer(request_id, params) if arm.answers else reply, events, params)

    def _connect(self, request_id: Any, params: frames.Frame, arm: Arm | None = None) -> None:
        if self.session is not None:
            text = "signalwire.connect: this connection is already logged in"
            self.write(frames.error(request_id, ErrorCode.INVALID_REQUEST, text))
            return
        try:
            session, restored = log_in(self.exchange, params)
        except JsonRpcError as refused:
            self._refuse(request_id, refused)
            return
        self.session = session
        session.journal.absorb(self.journal)
        self.journal = session.journal
        reply = frames.result(request_id, connect_result(session, restored=restored))
        session.attach(self)
        self.ground.counters.resumes += restored
        self.ground.counters.sessions += not restored
        if arm is None:
            self.write(reply)
        else:
            arm.send(self, reply, [], params)
        if not restored:
            session.push_state()
        else:
            session.redeliver()
        self._ping_later()

    def _refuse(self, request_id: Any, refused: JsonRpcError) -> None:
        self.ground.counters.logins_refused += 1
        if self.ground.settings.refusal_shape == "result" and refused.code == ErrorCode.NOT_AUTHENTICATED:
            self.write(frames.result(request_id, {"code": "401", "message": "Unauthorized"}))
        else:
            self.write(frames.error(request_id, refused.code, refused.message, refused.data))

    def write(self, frame: bytes) -> None:
        """Send a frame and note it in the journal; never blocks."""
        self.journal.write("out", frame)
        self.ground.counters.frames_out += 1
        self.link.send(frame)

    def drop(self, *, reset: bool = False, flush: bool = False) -> None:
        """Cut the connection without a close frame, at once or when what is queued has been sent."""
        if flush:
            self.link.cut_after_flush()
        else:
            self.link.abort(reset=reset)

    def disconnect(self, *, restart: bool | None) -> None:
        """Send signalwire.disconnect and close when it is answered, or a little later (protocol 2.6)."""
        self._farewell = new_id()
        self.resumable = restart is not True
        params: frames.Frame = {} if restart is None else {"restart": restart}
        self.write(frames.request(self._farewell, "signalwire.disconnect", params))
        self.ground.clock.after_real(_DISCONNECT_SECONDS, self.link.close, 1000, "disconnected")

    def _ping_later(self) -> None:
        interval = self.ground.settings.ping_interval
        if interval is not None:
            self._ping_timer = self.ground.clock.after_real(interval, self._ping)

    def _ping(self) -> None:
        ping_id = new_id()
        self._pings[ping_id] = self.ground.clock.after_real(self.ground.settings.ping_timeout, self._deaf)
        self.write(frames.request(ping_id, "signalwire.ping", {"timestamp": epoch(), "payload": ping_id}))
        self._ping_later()

    def _deaf(self) -> None:
        """Drop a client that did not answer a ping (protocol 2.5), unless it never got it."""
        if self.link.deaf:
            return
        self.ground.counters.deaf += 1
        self.drop()

"""What the load server knows of one client: the calls, what is not yet acked, and who is told about it.

It outlives a connection, so that a session can be resumed after the socket was cut.
"""

import time
from collections import Counter
from collections.abc import Callable
from typing import Protocol

import msgspec

from benchmarks.load import frames

PROTOCOL = b"signalwire_bench_6a5b4c3d-8e2f-4a0b-9c8d-7e6f5a4b3c2d"
AUTHORIZATION_STATE = b"b3BhcXVlYmxvYg:dGFnZ2Vk"

OnAck = Callable[[], None] | None


class Link(Protocol):
    """The socket of the moment."""

    def write(self, data: bytes) -> None: ...

    def cut(self) -> None: ...


class Params(msgspec.Struct, gc=False):
    """The parameters of a request that the load server looks at."""

    call_id: str = ""
    control_id: str = ""
    body: str = ""
    protocol: str = ""
    authorization_state: str = ""


class Incoming(msgspec.Struct, gc=False):
    """A frame from the client: a request, or the reply to one of our events."""

    id: str
    method: str | None = None
    params: Params | None = None


class LoadCall:
    """One call, from its offer until the client has acked that it ended."""

    __slots__ = ("control_id", "id", "offered_at", "parked")

    def __init__(self, call_id: bytes) -> None:
        self.id = call_id
        self.control_id = b""
        self.offered_at = 0.0
        self.parked = False


class Workload:
    """What a workload is told. Each workload overrides what it cares for."""

    parks_calls = False

    def answered(self, delay: float) -> None:
        """A call was answered, `delay` seconds after its offer was written."""

    def parked(self, call: LoadCall) -> None:
        """A call was parked in a prompt that does not finish by itself."""

    def commanded(self, call: LoadCall) -> None:
        """The client sent `calling.user_event` for a held call."""

    def ended(self, call: LoadCall) -> None:
        """The client has acked that the call ended."""

    def message(self, body: str) -> bytes | None:
        """A text message was sent; return its id to have it delivered, None if it was a report to us."""

    def connected(self) -> None:
        """The client logged in; `Switchboard.restored` tells whether it resumed its session."""

    def disconnected(self) -> None:
        """The socket is gone."""


class Switchboard:
    """The state of the session and the frames waiting to be written.

    Args:
        number: Tells it, and its calls, from those of other sessions.
    """

    def __init__(self, number: int = 0) -> None:
        self._number = number
        self.calls: dict[str, LoadCall] = {}
        self.unacked: dict[int, OnAck] = {}
        self.workload = Workload()
        self.acks = 0
        self.strays: Counter[str] = Counter()
        self.connects = 0
        self.restored = False
        self.link: Link | None = None
        self._sequence = 0
        self._outgoing: list[bytes] = []
        self._offered: list[LoadCall] = []
        self._requests: dict[str, Callable[[bytes, LoadCall], None]] = {
            "calling.answer": self._answer,
            "calling.play": self._play,
            "calling.end": self._end,
            "calling.user_event": self._user_event,
        }

    # -- writing ------------------------------------------------------------------------------------------------------

    def push(self, payload: bytes) -> None:
        """Queue one text frame until `flush`."""
        length = len(payload)
        outgoing = self._outgoing
        outgoing.append(frames.HEADERS[length] if length < frames.SMALL_LIMIT else frames.header(length))
        outgoing.append(payload)

    def flush(self) -> None:
        """Write what is queued in one go; it is dropped when there is no client."""
        if self._offered:
            now = time.perf_counter()
            for call in self._offered:
                call.offered_at = now
            self._offered.clear()
        if self._outgoing and self.link is not None:
            self.link.write(b"".join(self._outgoing))
        self._outgoing.clear()

    def event(self, template: bytes, *fields: bytes, on_ack: OnAck = None) -> None:
        """Queue an event; `on_ack` is called when the client has acknowledged it."""
        self._sequence = number = self._sequence + 1
        self.unacked[number] = on_ack
        self.push(template % (*frames.stamped(number), *fields))

    def offer(self) -> LoadCall:
        """Queue the offer of a new call; its clock starts when it is written."""
        call_id = f"{self._sequence:08x}-2b7e-4c55-9d1f-3f1b6a2e9d{self._number:02x}"
        call = self.calls[call_id] = LoadCall(call_id.encode())
        self.event(frames.OFFER, call.id)
        self._offered.append(call)
        return call

    def finish(self, call: LoadCall) -> None:
        """Queue the two events with which a call ends; the workload is told when the last one is acked."""
        del self.calls[call.id.decode()]
        self.event(frames.ENDING, call.id)
        workload = self.workload
        self.event(frames.ENDED, call.id, on_ack=lambda: workload.ended(call))

    # -- reading ------------------------------------------------------------------------------------------------------

    def receive(self, frame: Incoming) -> None:
        """Handle one frame of the client."""
        method = frame.method
        if method is None:
            self._acked(frame.id)
            return
        params = frame.params or Params()
        request = frame.id.encode()
        handler = self._requests.get(method)
        if handler is None:
            self._other(method, request, params)
            return
        call = self.calls.get(params.call_id)
        if call is None:
            self.strays[f"{method} for a call that is over or unknown"] += 1
            self.push(frames.GONE_REPLY % request)
            return
        if params.control_id:
            call.control_id = params.control_id.encode()
        handler(request, call)

    def _acked(self, event_id: str) -> None:
        try:
            on_ack = self.unacked.pop(int(event_id[:8], 16))
        except (KeyError, ValueError):
            self.strays["reply to no event of ours, or a second one"] += 1
            return
        self.acks += 1
        if on_ack is not None:
            on_ack()

    def _answer(self, request: bytes, call: LoadCall) -> None:
        self.workload.answered(time.perf_counter() - call.offered_at)
        self.push(frames.CALL_REPLIES["calling.answer"] % (request, call.id))
        self.event(frames.ANSWERED, call.id)

    def _play(self, request: bytes, call: LoadCall) -> None:
        self.push(frames.PLAY_REPLY % (request, call.id, call.control_id))
        self.event(frames.PLAYING, call.id, call.control_id)
        if self.workload.parks_calls:
            call.parked = True
            self.workload.parked(call)
        else:
            self.event(frames.FINISHED, call.id, call.control_id)

    def _end(self, request: bytes, call: LoadCall) -> None:
        self.push(frames.CALL_REPLIES["calling.end"] % (request, call.id))
        self.finish(call)

    def _user_event(self, request: bytes, call: LoadCall) -> None:
        self.push(frames.CALL_REPLIES["calling.user_event"] % (request, call.id))
        self.workload.commanded(call)

    def _other(self, method: str, request: bytes, params: Params) -> None:
        if method == "messaging.send":
            message_id = self.workload.message(params.body)
            self.push(frames.SEND_REPLY % (request, message_id or b"report"))
        elif method == "signalwire.connect":
            self._connect(request, params)
        elif method == "signalwire.receive":
            self.push(frames.RECEIVE_REPLY % request)
        elif method == "signalwire.ping":
            self.push(frames.PING_REPLY % request)
        else:
            self.strays[f"unknown method {method}"] += 1
            self.push(frames.UNKNOWN_METHOD % request)

    def _connect(self, request: bytes, params: Params) -> None:
        self.restored = (
            self.connects > 0
            and params.protocol.encode() == PROTOCOL
            and params.authorization_state.encode() == AUTHORIZATION_STATE
        )
        self.connects += 1
        self.push(frames.CONNECT_REPLY % (request, PROTOCOL, b"true" if self.restored else b"false"))
        if not self.restored:
            self.event(frames.AUTHORIZATION, AUTHORIZATION_STATE)
        self.workload.connected()

"""The floor: the least that a Python process on gevent must do for the same frames.

It reads, splits frames (websockets' Sans-I/O parser), decodes (msgspec, only the fields it needs), acks, answers, and
writes once per turn of the hub. No actors, no greenlet a call, no timeouts, no errors, no features: it is a limit to
measure against and nothing to build on. What every client has to keep it keeps: which request a reply belongs to, where
a call is, and the session to resume.
"""

import os
from collections.abc import Callable
from typing import Any

import gevent
import msgspec
from gevent import socket
from gevent.event import Event
from websockets.client import ClientProtocol
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode
from websockets.speedups import apply_mask
from websockets.uri import parse_uri

from benchmarks.clients.launch import (
    CONTEXT,
    OUR_NUMBER,
    PROJECT,
    PROMPT,
    REPORT_PREFIX,
    THEIR_NUMBER,
    TOKEN,
    Launch,
    SendOrder,
)

READ_SIZE = 65536
MASK_BLOCK = 4096

ACK = '{"jsonrpc":"2.0","id":"%s","result":{}}'
_REQUEST = '{"jsonrpc":"2.0","id":"%%08x-3c1d-4e5f-8a6b-7c8d9e0f1a2b","method":"%s","params":{%s}}'
_ADDRESS = '"node_id":"%s","call_id":"%s"'
ANSWER = _REQUEST % ("calling.answer", _ADDRESS)
PLAY = _REQUEST % (
    "calling.play",
    _ADDRESS
    + ',"control_id":"%s-9e4f-4d27-8a60-c1e2f3a4b5c6","play":[{"type":"tts","params":{"text":"'
    + PROMPT
    + '"}}]',
)
END = _REQUEST % ("calling.end", _ADDRESS + ',"reason":"hangup"')
HERE = _REQUEST % ("calling.user_event", _ADDRESS + ',"event":{"name":"here"}')
SEND = _REQUEST % (
    "messaging.send",
    f'"context":"{CONTEXT}","to_number":"{THEIR_NUMBER}","from_number":"{OUR_NUMBER}","body":"%s"',
)


class Body(msgspec.Struct, gc=False):
    """The inner parameters of an event."""

    node_id: str = ""
    call_id: str = ""
    call_state: str = ""
    state: str = ""
    kind: str = ""
    message_state: str = ""
    body: str = ""
    authorization_state: str = ""


class Envelope(msgspec.Struct, gc=False):
    """The parameters of `signalwire.event`."""

    event_type: str = ""
    params: Body | None = None


class Result(msgspec.Struct, gc=False):
    """The result of a reply."""

    code: str = ""
    protocol: str = ""


class Incoming(msgspec.Struct, gc=False):
    """A frame from the server."""

    id: str
    params: Envelope | None = None
    result: Result | None = None


Step = Callable[[Result], None]


class Wire:
    """The socket: splits what comes in; gathers what goes out and writes it in one send per hub turn."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._protocol = ClientProtocol(parse_uri(f"ws://127.0.0.1:{port}/"))
        self._masks = b""
        self._mask_at = 0
        self._outgoing: list[bytes] = []
        self._written = Event()
        self._shake_hands()

    def _shake_hands(self) -> None:
        self._protocol.send_request(self._protocol.connect())
        self._socket.sendall(b"".join(self._protocol.data_to_send()))
        while not self._protocol.events_received():
            self._protocol.receive_data(self._socket.recv(READ_SIZE))
        if self._protocol.handshake_exc is not None:
            raise self._protocol.handshake_exc
        self._socket.settimeout(None)

    def read(self) -> list[Any]:
        """Return the frames of the next read, [] when the connection is over."""
        try:
            data = self._socket.recv(READ_SIZE)
        except OSError:
            return []
        if not data:
            return []
        self._protocol.receive_data(data)
        return self._protocol.events_received() or self.read()

    def send(self, text: str) -> None:
        """Queue a masked text frame (RFC 6455 section 5.3); masks are drawn from the system in blocks."""
        payload = text.encode()
        length = len(payload)
        if self._mask_at == len(self._masks):
            self._masks, self._mask_at = os.urandom(MASK_BLOCK), 0
        mask = self._masks[self._mask_at : self._mask_at + 4]
        self._mask_at += 4
        head = bytes((0x81, 0x80 | length)) if length < 126 else bytes((0x81, 0xFE, length >> 8, length & 0xFF))
        outgoing = self._outgoing
        if not outgoing:
            self._written.set()
        outgoing.append(head + mask + apply_mask(payload, mask))

    def write_for_ever(self) -> None:
        """Write what has gathered each time the hub comes round; ends when the connection does."""
        while True:
            self._written.wait()
            self._written.clear()
            data = b"".join(self._outgoing)
            self._outgoing.clear()
            try:
                self._socket.sendall(data)
            except OSError:
                return

    def close(self) -> None:
        self._socket.close()


class Floor:
    """One app over one wire at a time: answer, speak, hang up; answer a roll call; send messages when told."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._decode = msgspec.json.Decoder(Incoming).decode
        self._wire: Wire
        self._sequence = 0
        self._pending: dict[int, Step] = {}
        self._nodes: dict[str, str] = {}
        self._session = ""
        self._authorization = ""
        self._to_send = 0
        self._undelivered = 0
        self._delivered = 0
        self._events: dict[str, Callable[[Body], None]] = {
            "calling.call.receive": self._on_offer,
            "calling.call.state": self._on_state,
            "calling.call.play": self._on_play,
            "calling.user_event": self._on_user_event,
            "messaging.receive": self._on_message,
            "messaging.state": self._on_message_state,
            "signalwire.authorization.state": self._on_authorization,
        }

    def run(self) -> None:
        """Connect, serve until the connection is over, and connect again."""
        while True:
            self._wire = Wire(self._launch.port)
            writer = gevent.spawn(self._wire.write_for_ever)
            self._log_in()
            self._serve()
            self._wire.close()
            writer.kill()

    def _serve(self) -> None:
        decode, send, events = self._decode, self._wire.send, self._events
        while frames := self._wire.read():
            for frame in frames:
                if type(frame) is not WebSocketFrame or frame.opcode is not Opcode.TEXT:
                    continue
                incoming = decode(frame.data)
                envelope = incoming.params
                if envelope is None:
                    step = self._pending.pop(int(incoming.id[:8], 16))
                    if incoming.result is not None:
                        step(incoming.result)
                    continue
                send(ACK % incoming.id)
                if envelope.params is not None:
                    events[envelope.event_type](envelope.params)
            gevent.sleep(0)

    def _request(self, template: str, step: Step, *fields: str) -> None:
        self._sequence = number = self._sequence + 1
        self._pending[number] = step
        self._wire.send(template % (number, *fields))

    def _log_in(self) -> None:
        fields = (
            '"version":{"major":2,"minor":0,"revision":0},"agent":"floor","event_acks":true,'
            f'"authentication":{{"project":"{PROJECT}","token":"{TOKEN}"}},"contexts":["{CONTEXT}"]'
        )
        if self._session:
            fields += f',"protocol":"{self._session}","authorization_state":"{self._authorization}"'
        self._request(_REQUEST % ("signalwire.connect", fields), self._on_connected)

    def _on_connected(self, result: Result) -> None:
        self._session = result.protocol
        self._launch.connected(None)

    def _on_authorization(self, body: Body) -> None:
        self._authorization = body.authorization_state

    def _on_offer(self, body: Body) -> None:
        self._nodes[body.call_id] = body.node_id
        self._request(ANSWER, lambda _: self._speak(body.node_id, body.call_id), body.node_id, body.call_id)

    def _speak(self, node_id: str, call_id: str) -> None:
        self._request(PLAY, _nothing, node_id, call_id, call_id[:8])

    def _on_play(self, body: Body) -> None:
        if body.state == "finished":
            self._request(END, _nothing, body.node_id, body.call_id)

    def _on_state(self, body: Body) -> None:
        if body.call_state == "ended":
            del self._nodes[body.call_id]

    def _on_user_event(self, body: Body) -> None:
        if body.kind == "roll_call":
            self._request(HERE, _nothing, body.node_id, body.call_id)

    def _on_message(self, body: Body) -> None:
        order = SendOrder.parse(body.body)
        if order is None:
            return
        self._to_send = self._undelivered = order.count
        self._delivered = 0
        for _ in range(order.senders):
            self._send_next()

    def _send_next(self) -> None:
        if self._to_send:
            self._to_send -= 1
            self._request(SEND, lambda _: self._send_next(), "bench")

    def _on_message_state(self, body: Body) -> None:
        if body.message_state != "delivered":
            return
        self._delivered += 1
        self._undelivered -= 1
        if not self._undelivered:
            self._request(SEND, _nothing, f"{REPORT_PREFIX}{self._delivered}")


def _nothing(_: Result) -> None:
    """Take a reply that asks for nothing more."""


def main(launch: Launch) -> None:
    Floor(launch).run()

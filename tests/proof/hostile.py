"""Frames that no server should send, made by seed: built of odd pieces, or good ones with their bytes changed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import msgspec

from relay_actors.wire.events import EVENT_CLASSES

__all__ = ["AT_ONCE", "Hostile", "mutated"]

AT_ONCE = 40
"""How many calls the frames are about at a time."""
_CHANGE = 4000  # frames, after which they are about other calls
_OFTEN = ("calling.call.receive", "calling.call.state", "calling.call.dial", "messaging.state")

_IDS = [
    b'"e1"', b'""', b"null", b"1", b"-0", b"1.5", b"1e400", b"-1e400", b"[]", b"{}", b"true", b'"\\ud800"', b"9" * 400,
    b'"' + b"x" * 300 + b'"', b'"\\u0000"', b"NaN", b'["a",{"b":[]}]', b"18446744073709551616",
]  # fmt: skip
_ATOMS = [
    *_IDS, b'"finished"', b'"ended"', b'"answered"', b'"playing"', b'"+15550100001"', b'{"call_id":"call-0-1"}',
    b"[[[[[]]]]]", b'{"type":"digit","params":{"digits":"1"}}', b'{"params":null}', b"-Infinity", b"0", b"2147483648",
    b'"\\ud83d\\ude00"', "\"\u2028\u00ff\U0001f600\"".encode(), b"1e-320", b'{"":"","\\u0000":1}', b'"200"', b"404",
    b'"-32002"', b'{"a":1,"a":2}', b'"nan"', b'"-inf"', b'"1e400"', b'"7"', b'" 7 "', b'"7_000"', b"-7", b"7.5",
]  # fmt: skip
_NESTED = [b"type", b"event", b"digits", b"confidence", b"url", b"duration", b"size", b"pages", b"number", b"code"]
_METHODS = [
    b'"signalwire.event"', b'"signalwire.event"', b'"signalwire.event"', b'"signalwire.ping"', b'"calling.play"',
    b'"signalwire.receive"', b'""', b"null", b"7", b"[]", b'"\\ud800"', b'"signalwire.\\u0065vent"',
    b'"SIGNALWIRE.EVENT"',
]  # fmt: skip
_KINDS = [*EVENT_CLASSES, "calling.queue", "calling.call.surprise", "messaging.surprise", "queuing.relay.tasks", ""]
_STATES = ["created", "ringing", "answered", "ending", "ended", "finished", "playing", "error", "no_input", "connected"]
_DEPTHS = (3, 90, 190, 230, 500, 1100, 3000)


class Hostile:
    """Makes frames; the same seed makes the same ones.

    Args:
        seed: seeds all that is by chance.
        ids: gives ids of commands that wait for their reply at this moment, so that some replies hit.
    """

    def __init__(self, seed: int, ids: Callable[[], list[str]] = list) -> None:
        self.chance = random.Random(seed)
        self._ids = ids
        self._number = 0
        names = {field.encode_name for kind in EVENT_CLASSES.values() for field in msgspec.structs.fields(kind)}
        self._fields = sorted(names - {"(envelope)"})
        self._makers: list[Callable[[], bytes]] = [
            self._event, self._envelope, self._reply, self._changed, self._spliced, self._noise, self._deep, self._big,
        ]  # fmt: skip
        self._weights = [60, 15, 15, 60, 10, 3, 1, 0.02]

    @property
    def calls(self) -> list[str]:
        """The ids of the calls that the frames are about at this time."""
        return [f"call-{self._number // _CHANGE}-{number}" for number in range(AT_ONCE)]

    def frames(self, count: int) -> list[bytes]:
        """Return so many frames."""
        return [make() for make in self.chance.choices(self._makers, self._weights, k=count)]

    # Good frames

    def good(self) -> dict[str, Any]:
        """Return an event or a reply as a server sends it, about one of the calls."""
        chance = self.chance
        self._number += 1
        if chance.random() < 0.15:
            known = self._ids()
            identity = chance.choice(known) if known else "nobody"
            return {"jsonrpc": "2.0", "id": identity, "result": {"code": "200", "message": "OK"}}
        kind = chance.choice(_OFTEN if chance.random() < 0.3 else _KINDS[:-5])
        body = {
            "node_id": "n1", "call_id": chance.choice(self.calls), "control_id": f"k{chance.randrange(9)}",
            "call_state": chance.choice(_STATES), "state": chance.choice(_STATES), "tag": f"t{chance.randrange(9)}",
            "message_id": f"m{chance.randrange(50)}",
            "context": "office", "direction": "inbound", "device": {"type": "phone", "params": {}},
        }  # fmt: skip
        envelope = {"event_type": kind, "event_channel": "calling", "timestamp": 1.76e9 + self._number, "params": body}
        return {"jsonrpc": "2.0", "id": f"e{self._number}", "method": "signalwire.event", "params": envelope}

    # Bad ones

    def _event(self) -> bytes:
        """An event of a known type whose fields hold odd things."""
        chance, frame = self.chance, self.good()
        if "params" not in frame:
            return json.dumps(frame).encode()
        names = chance.choices(self._fields, k=chance.randrange(1, 6))
        odd = b"".join(b',"%b":%b' % (name.encode(), self._odd()) for name in names)
        text = json.dumps(frame).encode()
        return text[:-3] + odd + text[-3:]

    def _odd(self) -> bytes:
        """An odd value, or an object that holds some where an event reads them."""
        chance = self.chance
        if chance.random() < 0.8:
            return chance.choice(_ATOMS)
        inner = b",".join(b'"%b":%b' % (name, chance.choice(_ATOMS)) for name in chance.sample(_NESTED, k=3))
        return b'{"params":{%b}}' % inner if chance.random() < 0.5 else b"{%b}" % inner

    def _envelope(self) -> bytes:
        """A request whose envelope holds odd things, some of them twice."""
        chance = self.chance
        envelope = b",".join(
            b'"%b":%b' % (name, chance.choice(_ATOMS))
            for name in chance.choices(
                [b"event_type", b"timestamp", b"project_id", b"params", b"payload", b"context"], k=3
            )
        )
        params = chance.choice([b"{%b}" % envelope, b"{%b}" % envelope, b"null", b"[]", b"7", b'"x"', b"{}"])
        identity, method = chance.choice(_IDS), chance.choice(_METHODS)
        pieces = [b'"jsonrpc":"2.0"', b'"id":%b' % identity, b'"method":%b' % method, b'"params":%b' % params]
        if chance.random() < 0.3:
            pieces.append(chance.choice(pieces))
        if chance.random() < 0.3:
            pieces.remove(chance.choice(pieces))
        chance.shuffle(pieces)
        return b"{%b}" % b",".join(pieces)

    def _reply(self) -> bytes:
        """A reply to a command that waits, or to none, with an odd result or error."""
        chance, known = self.chance, self._ids()
        identity = b'"%b"' % chance.choice(known).encode() if known and chance.random() < 0.5 else chance.choice(_IDS)
        name = chance.choice([b"result", b"error", b"result", b"nothing"])
        code, message = chance.choice(_ATOMS), chance.choice(_ATOMS)
        body = chance.choice([b'{"code":%b,"message":%b,"data":%b}' % (code, message, code), chance.choice(_ATOMS)])
        return b'{"jsonrpc":"2.0","id":%b,"%b":%b}' % (identity, name, body)

    def _changed(self) -> bytes:
        """A good frame with some of its bytes changed, doubled, dropped or moved."""
        chance = self.chance
        data = bytearray(json.dumps(self.good()).encode())
        for _ in range(chance.randrange(1, 4)):
            start = chance.randrange(len(data) + 1)
            end = min(len(data), start + chance.randrange(12))
            match chance.randrange(5):
                case 0:
                    data[start:end] = b""
                case 1:
                    data[start:start] = data[start:end] * 3
                case 2:
                    data[start:end] = chance.randbytes(end - start)
                case 3:
                    data[start:start] = chance.choice(_ATOMS)
                case 4:
                    del data[end:]
        return bytes(data)

    def _spliced(self) -> bytes:
        """The head of one good frame and the tail of another."""
        one, other = (json.dumps(self.good()).encode() for _ in range(2))
        return one[: self.chance.randrange(len(one))] + other[self.chance.randrange(len(other)) :]

    def _noise(self) -> bytes:
        return self.chance.randbytes(self.chance.randrange(64))

    def _deep(self) -> bytes:
        """Lists or objects within each other, in any place of a frame."""
        depth = self.chance.choice(_DEPTHS)
        nested = self.chance.choice([b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth, b"[" * depth])
        place = self.chance.choice([
            b"%b",
            b'{"id":%b,"method":"signalwire.event","params":{}}',
            b'{"id":"e","method":"signalwire.event","params":{"event_type":"calling.call.state","params":%b}}',
            b'{"id":"e","method":"signalwire.event","params":{"event_type":"calling.call.play","params":'
            b'{"call_id":"call-0-1","x":%b}}}',
            b'{"id":"p","method":"signalwire.ping","params":{"payload":%b}}',
            b'{"id":"r","error":{"code":1,"message":"x","data":%b}}',
        ])  # fmt: skip
        return place % nested

    def _big(self) -> bytes:
        """A frame of a megabyte, or a number of thousands of digits."""
        filling = self.chance.choice([b'"' + b"x" * 1_000_000 + b'"', b"9" * 5_000, b"[" + b"1," * 100_000 + b"1]"])
        return (
            b'{"id":"b","method":"signalwire.event","params":{"event_type":"calling.call.play","params":{"a":%b}}}'
            % filling
        )


def mutated(data: bytes, chance: random.Random) -> bytes | None:
    """Return a frame with one of its values replaced by an odd one; None for what is no JSON object."""
    try:
        frame = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(frame, dict) or not frame:
        return None
    place = frame
    while (inner := [value for value in place.values() if isinstance(value, dict) and value]) and chance.random() < 0.7:
        place = chance.choice(inner)
    place[chance.choice([*place, "params", "call_id"])] = "(odd)"
    return json.dumps(frame).encode().replace(b'"(odd)"', chance.choice(_ATOMS))

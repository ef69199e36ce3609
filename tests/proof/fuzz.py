"""A flood of hostile frames through the whole client: connection, router, messages, calls; only the socket is not real.

SEED=1 FRAMES=1000000 python -m proof.fuzz     run, print the figures, write them to docs/reliability.md
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import gevent
from event_values import oddities
from gevent import subprocess
from gevent.event import Event
from loguru import logger

from proof import document
from proof.hostile import AT_ONCE, Hostile
from proof.leaks import census, left_over
from relay_actors.call.call import CallActor
from relay_actors.timing import Timing
from relay_actors.wire.events import parse_event
from relay_actors.wire.frames import Frame, decode_frame
from relay_runtime import RelayClient, RelayError, websocket

__all__ = ["Figures", "flood"]

TIMING = Timing(
    request_timeout=0.5, call_linger=0.2, early_ttl=0.5, message_ttl=1.0, stop_timeout=0.5, close_timeout=0.5
)
_BATCH = 200
_PROBE_EVERY = 20  # batches
_LIMIT = 60.0  # seconds for the client to answer a good frame among the bad ones
_METHOD = re.compile(rb'"method":"([a-z._]+)"')
_IDENTITY = re.compile(rb'"id":"([^"]+)"')
_CALL = re.compile(rb'"call_id":"([^"]+)"')


class Server:
    """The other end, in memory: lets the client in, answers most commands, and sends what it is given."""

    def __init__(self, seed: int) -> None:
        self.waiting: deque[str] = deque(maxlen=64)  # commands that got no reply
        self.hostile = Hostile(seed, lambda: list(self.waiting))
        self.connections = 0
        self.answers: Counter[str] = Counter()
        self.pongs: set[bytes] = set()
        self._incoming: list[str | bytes] = []
        self._changed = Event()
        self._closed = False

    def connect(self, *_: Any, **__: Any) -> Server:
        self.connections += 1
        self._closed = False
        return self

    def deliver(self, *frames: str | bytes) -> None:
        self._incoming += frames
        self._changed.set()

    # The client's transport

    def receive_batch(self) -> list[str | bytes]:
        while not self._incoming:
            if self._closed:
                raise websocket.ConnectionClosed(1006, "closed")
            self._changed.clear()
            self._changed.wait()
        batch, self._incoming = self._incoming, []
        return batch

    def send_text(self, data: bytes) -> None:
        method = _METHOD.search(data)
        if method is None:
            self.answers["answers"] += 1
            if b"probe-" in data:
                self.pongs.add(data)
            return
        self.answers["commands"] += 1
        self._perform(method[1], data)

    def send_texts(self, data: list[bytes]) -> None:
        for each in data:
            self.send_text(each)

    def _perform(self, method: bytes, data: bytes) -> None:
        identity = _IDENTITY.search(data)
        assert identity is not None
        if method == b"signalwire.connect":
            self.deliver(b'{"jsonrpc":"2.0","id":"%b","result":{"protocol":"signalwire_fuzz"}}' % identity[1])
        elif self.hostile.chance.random() < 0.1 and b"probe-" not in data:
            self.waiting.append(identity[1].decode())
        else:
            self.deliver(b'{"jsonrpc":"2.0","id":"%b","result":{"code":"200","message":"OK"}}' % identity[1])
        if method == b"calling.end" and (call := _CALL.search(data)):
            self.deliver(_event(b"calling.call.state", b'"call_id":"%b","call_state":"ended"' % call[1]))

    def close(self, *_: Any, **__: Any) -> None:
        self.abort()

    def abort(self) -> None:
        self._closed = True
        self._changed.set()


def _event(kind: bytes, body: bytes) -> bytes:
    head = b'{"jsonrpc":"2.0","id":"%b","method":"signalwire.event","params":' % os.urandom(8).hex().encode()
    return head + b'{"event_type":"%b","params":{"node_id":"n",%b}}}' % (kind, body)


class Speaks(CallActor):
    """Answers, says something, asks something, and hangs up."""

    served = 0
    heard = 0

    def on_event(self, event: Any) -> None:
        Speaks.heard += 1

    def run(self) -> None:
        try:
            self.answer()
            self.play_tts("Hello", on_completed=lambda event: event.params).wait(0.2)
            self.prompt_tts("Press 1", {"digits": {"max": 1}}).wait(0.2)
            self.hangup()
        except RelayError:
            pass  # what hostile replies and events make of it
        finally:
            Speaks.served += 1


@dataclass
class Figures:
    """What came of a flood.

    Attributes:
        frames: how many were pushed.
        seconds: how long it took.
        escapes: whatever got out of the client's guards; empty when nothing did.
        lines: the figures, as they are printed.
    """

    frames: int = 0
    seconds: float = 0.0
    escapes: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


class Escapes:
    """Listens for what must not happen: errors in the log, greenlets that die of an exception."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.levels: Counter[str] = Counter()
        self._sink = logger.add(self._hear, level="DEBUG", format="{message}")
        self._print = gevent.get_hub().print_exception

    def _hear(self, message: Any) -> None:
        record = message.record
        self.levels[record["level"].name] += 1
        if record["level"].no >= 40:
            self.found.append(str(message)[:2000])

    def __enter__(self) -> Escapes:
        gevent.get_hub().print_exception = self._die
        return self

    def _die(self, context: Any, kind: Any, value: Any, traceback: Any) -> None:
        if isinstance(kind, type) and issubclass(kind, Exception):
            self.found.append(f"a greenlet died: {kind.__name__}: {value} in {context}")

    def __exit__(self, *_: object) -> None:
        logger.remove(self._sink)
        del gevent.get_hub().print_exception


def flood(seed: int, frames: int) -> Figures:
    """Push frames through a client, and see that it lives on. Blocks the current greenlet."""
    figures = Figures()
    before = census()
    with Escapes() as escapes:
        _flood(figures, escapes, seed, frames)
    figures.escapes += escapes.found
    figures.escapes += [f"left over: {each}" for each in left_over(before)]
    rate = figures.frames / figures.seconds
    figures.lines.insert(
        0, f"{figures.frames} frames in {figures.seconds:.1f} s ({rate:,.0f} a second): {len(figures.escapes)} escapes"
    )
    return figures


def _flood(figures: Figures, escapes: Escapes, seed: int, frames: int) -> None:
    server = Server(seed)
    client = RelayClient(
        "project", "token", host="ws://127.0.0.1:9", contexts=["office"], max_active_calls=AT_ONCE,
        call_actor=Speaks, timing=TIMING,
    )  # fmt: skip
    reached: Counter[str] = Counter()

    def hear(event: Any) -> None:
        repr(event)
        reached["handlers"] += 1

    for register in (client.on_event, client.on_message, client.on_task):
        register(hear)
    heard = Speaks.heard
    with mock.patch.object(websocket, "connect", server.connect):
        client.connect(timeout=_LIMIT)
        begun = time.monotonic()
        dialling = [gevent.spawn(_dial, client, number) for number in range(3)]
        _push(figures, client, server, frames)
        figures.seconds = time.monotonic() - begun
        gevent.killall(dialling)
        _check(figures, client, server)
        client.disconnect()
    stats = client.stats
    figures.lines = [
        f"answered {server.answers['answers']} of them; {Speaks.heard - heard} reached calls, {reached['handlers']} "
        f"handlers, {stats.events_duplicate} were recognised as delivered before, {stats.events_unrouted} given up",
        f"meanwhile {stats.calls_admitted} calls were served, {server.answers['commands']} commands sent, "
        f"{stats.dials.total()} dials made; {escapes.levels.total()} lines of log",
    ]


def _dial(client: RelayClient, number: int) -> None:
    while True:
        try:
            client.dial(
                [[{"type": "phone", "params": {"to_number": "+15550100001"}}]], tag=f"t{number}", dial_timeout=0.2
            )
        except RelayError:
            gevent.sleep(0.01)


def _push(figures: Figures, client: RelayClient, server: Server, count: int) -> None:
    batches = 0
    while figures.frames < count and not figures.escapes:
        size = min(_BATCH, count - figures.frames)
        pushed = server.hostile.frames(size)
        server.deliver(*pushed)
        figures.frames += size
        batches += 1
        while server._incoming:
            gevent.sleep(0)
        for frame in pushed:
            figures.escapes += _read(frame)
        if batches % _PROBE_EVERY == 0:
            _probe(figures, server, batches)
            _end_all(client, server)


def _read(data: bytes) -> list[str]:
    """Read every property of the event in a frame; return what is odd about them."""
    frame = decode_frame(data)
    if not isinstance(frame, Frame) or frame.params is None or not frame.params.event_type:
        return []
    return oddities(parse_event(frame.params))


def _probe(figures: Figures, server: Server, number: int) -> None:
    """The client must answer a good frame among the bad ones."""
    server.pongs.clear()
    server.deliver(b'{"jsonrpc":"2.0","id":"probe-%d","method":"signalwire.ping","params":{"payload":"x"}}' % number)
    end = time.monotonic() + _LIMIT
    while not server.pongs and time.monotonic() < end:
        gevent.sleep(0.001)
    if not server.pongs:
        figures.escapes.append(f"the client answers no ping any more, after {figures.frames} frames")


def _end_all(client: RelayClient, server: Server) -> None:
    """End the calls that are up: they stay where the flood has said that they are, in rooms, conferences, queues."""
    for call in client.live_calls():
        server.deliver(_event(b"calling.call.state", b'"call_id":"%b","call_state":"ended"' % call.call_id.encode()))


def _check(figures: Figures, client: RelayClient, server: Server) -> None:
    """The router must serve a good call, when what the flood began is over."""
    if server.connections != 1:
        figures.escapes.append(f"the connection was lost: {server.connections} logins")
    end = time.monotonic() + _LIMIT
    _end_all(client, server)
    served, number = Speaks.served, 0
    while Speaks.served == served and time.monotonic() < end:
        number += 1
        offer = b'"call_id":"probe-call-%d","call_state":"created","context":"office","direction":"inbound"' % number
        server.deliver(_event(b"calling.call.receive", offer))
        gevent.sleep(1.2)
    if Speaks.served == served:
        figures.escapes.append("the client serves no call any more")


def _guided() -> str:
    """Have atheris look for more, in a process of its own, where it is installed; return what came of it."""
    if importlib.util.find_spec("atheris") is None:
        return "atheris is not installed here, and was left out"
    command = [sys.executable, "-m", "proof.fuzz_guided"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    done = re.search(r"Done (\d+) runs in (\d+) second", run.stderr)
    if run.returncode or done is None:
        return f"atheris found an escape:\n{run.stdout[-4000:]}{run.stderr[-4000:]}"
    return f"atheris, which looks for new paths through decoder and router: {done[1]} frames in {done[2]} s: 0 escapes"


def main() -> int:
    """Run with SEED and FRAMES of the environment; the exit code is 1 when anything escaped."""
    logger.remove()
    seed, frames = int(os.environ.get("SEED", "1")), int(os.environ.get("FRAMES", "1000000"))
    figures = flood(seed, frames)
    lines = [f"seed {seed}: {figures.lines[0]}", *figures.lines[1:], *figures.escapes[:20], _guided()]
    print("\n".join(lines))
    document.write("fuzz", "    $ make fuzz\n\n" + "\n".join(f"- {line}" for line in lines))
    return 1 if figures.escapes or "found an escape" in lines[-1] else 0


if __name__ == "__main__":
    sys.exit(main())

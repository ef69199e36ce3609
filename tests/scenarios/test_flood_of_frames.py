"""A server that sends frames without a pause: timers have their turn, and memory stays where it is."""

from __future__ import annotations

import contextlib
import json
import resource
import time
from collections.abc import Iterator

import gevent
import pytest
from gevent.event import Event
from websocket_peer import Peer, Servers, frame, text
from websockets.frames import Opcode

from relay_runtime import RelayClient, RelayError
from relay_runtime.sandbox import Sandbox

pytestmark = [pytest.mark.scenario, pytest.mark.proof]

SECONDS = 3.0  # of the processor, as all times here: a machine that pauses, or has others to serve, fails nobody
LONGEST = 1.0  # seconds that a sleeper of 10 ms may take: 5 and more before passes were bounded, 0.1 measured since
PATIENCE = 60.0  # seconds of the clock
ROOM = 64  # MiB that the process may grow by


def json_text(**fields: object) -> bytes:
    return text(json.dumps(fields))


def event(number: int, kind: str, **params: object) -> bytes:
    """An event; an id that is a list is acknowledged, and nobody takes its event for one that came before."""
    return json_text(id=[number], method="signalwire.event", params={"event_type": kind, "params": params})


def block_of(kind: str) -> bytes:
    """Return a piece of a flood."""
    numbers = range(1000)
    match kind:
        case "pings":
            return frame(Opcode.PING) * 16_384
        case "pongs":
            return frame(Opcode.PONG) * 16_384
        case "fragments":
            return frame(Opcode.TEXT, fin=False) + frame(Opcode.CONT, fin=False) * 16_384 + frame(Opcode.CONT)
        case "small JSON":
            return text("{}") * 8192
        case "no JSON":
            return text("x") * 8192
        case "acks":
            return b"".join(json_text(id=f"a{number}", result={}) for number in numbers)
        case "requests":
            return b"".join(json_text(id=f"p{number}", method="signalwire.ping", params={}) for number in numbers)
        case "tiny events":
            return b"".join(event(number, "calling.conference") for number in numbers)
        case "events of unknown calls":
            return b"".join(event(number, "calling.call.play", call_id=f"c{number}") for number in numbers)
    raise LookupError(kind)


class Flood:
    """A server that lets a client in, or does not, and then pours; from a greenlet of the same hub."""

    def __init__(self, kind: str, *, lets_in: bool) -> None:
        self.block = block_of(kind)
        self.lets_in = lets_in
        self.begun = Event()

    def __call__(self, peer: Peer) -> None:
        if self.lets_in:
            login = json.loads(peer.expect_frame().data)
            peer.send(json_text(id=login["id"], result={"protocol": "p"}))
        gevent.spawn(peer.wait_for_end)
        with contextlib.suppress(OSError):  # the client has gone
            while not peer.over.is_set():
                peer.send(self.block)
                self.begun.set()


class Sleeper:
    """Sleeps for 10 ms at a time; ``longest`` is what the process worked meanwhile at most."""

    def __init__(self) -> None:
        self.longest = 0.0
        self.turns = 0
        self._greenlet = gevent.spawn(self._run)

    def _run(self) -> None:
        while True:
            begun = time.process_time()
            gevent.sleep(0.01)
            self.longest = max(self.longest, time.process_time() - begun)
            self.turns += 1

    def stop(self) -> None:
        self._greenlet.kill()


def memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@pytest.fixture
def serve() -> Iterator[Servers]:
    servers = Servers()
    yield servers
    servers.finish()


KINDS = [
    "pings", "pongs", "fragments", "small JSON", "no JSON", "acks", "requests", "tiny events",
    "events of unknown calls",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_flood_leaves_timers_and_other_clients_their_turn(serve: Servers, kind: str) -> None:
    flood = Flood(kind, lets_in=True)
    with Sandbox(time_scale=0.01, control_port=None) as sandbox:
        other = RelayClient(project=sandbox.project, token=sandbox.token, host=sandbox.url, contexts=["office"])
        client = RelayClient("p", "t", host=serve(flood).url)
        with other, client:
            assert flood.begun.wait(10)
            before, sleeper, answered = memory(), Sleeper(), 0
            end = time.process_time() + SECONDS
            while time.process_time() < end:
                other.execute("signalwire.ping", {})
                answered += 1
            sleeper.stop()
    assert sleeper.longest < LONGEST
    assert answered >= SECONDS / LONGEST
    assert memory() - before < ROOM


@pytest.mark.parametrize("kind", ["small JSON", "tiny events", "no JSON"])
def test_a_flood_before_the_login_ends_the_connection_and_is_not_kept(serve: Servers, kind: str) -> None:
    client = RelayClient("p", "t", host=serve(Flood(kind, lets_in=False)).url)
    before, sleeper = memory(), Sleeper()
    connecting = gevent.spawn(client.connect, timeout=PATIENCE)
    end = time.monotonic() + PATIENCE
    while client.stats.connections_ended["EarlyFlood"] < 2 and time.monotonic() < end:
        gevent.sleep(0.01)
    sleeper.stop()
    client.disconnect()
    with pytest.raises(RelayError):
        connecting.get()
    assert client.stats.connections_ended["EarlyFlood"] >= 2
    assert sleeper.longest < LONGEST
    assert memory() - before < ROOM

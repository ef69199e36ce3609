"""Every fault of a sandbox over a socket and in memory: a client sees the same frames in one order, and one end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from doubles.hub import turns, until
from doubles.ways import Talk, Way, by

from relay_runtime import websocket
from relay_runtime.sandbox import Caller, Sandbox
from relay_runtime.sandbox.faults.malformed import MALFORMED

pytestmark = pytest.mark.slow  # one of the two ways is over sockets

Play = Callable[[Sandbox, Talk], object]
MARK = {"jsonrpc": "2.0", "method": "mark", "params": {}}


def played(way: Way, play: Play, **settings: Any) -> dict[str, Any]:
    """Play with a client that is logged in; return what it saw, how it ended, and what the sandbox counted."""
    with by(way, **settings) as sandbox:
        talk = Talk(way, sandbox)
        said = play(sandbox, talk)
        if not talk.end:
            talk.hang_up()
        until(lambda: not sandbox.exchange.peers, "the server's end of the connection to be over")
        return {"said": said, "seen": talk.result(), "counted": repr(sandbox.counters)}


def same(play: Play, **settings: Any) -> dict[str, Any]:
    """Play by both ways, see that nothing differs, and return what was."""
    over_socket = played("socket", play, **settings)
    in_memory = played("memory", play, **settings)
    assert in_memory == over_socket
    return in_memory


def pushed(sandbox: Sandbox, talk: Talk) -> None:
    """Have the server push a frame, and wait for it."""
    sandbox.push(None, MARK)
    until(talk.has('"mark"'), "the frame that was pushed")


@pytest.mark.parametrize("kind", sorted(MALFORMED))
def test_every_malformed_frame_looks_the_same(kind: str) -> None:
    def play(sandbox: Sandbox, talk: Talk) -> str:
        sandbox.faults.malform(kind)
        sandbox.push(None, MARK)
        until(lambda: talk.end or talk.has('"mark"')(), "the frame behind the malformed one, or the end")
        return talk.end and "ended"

    seen, end = same(play)["seen"]
    assert len(seen) > 2 or end


def test_a_ping_flood_is_answered_the_same_as_far_as_it_is_answered() -> None:
    def play(sandbox: Sandbox, talk: Talk) -> None:
        sandbox.faults.malform("ping_flood")
        talk.ping()

    assert "1000" in same(play)["seen"][1]


@pytest.mark.parametrize("reset", [False, True])
def test_a_cut_ends_it_and_takes_what_was_not_sent_yet(reset: bool) -> None:
    def play(sandbox: Sandbox, talk: Talk) -> None:
        pushed(sandbox, talk)
        sandbox.push(None, {"method": "lost"})
        sandbox.faults.cut(reset=reset)
        talk.over()

    seen, end = same(play)["seen"]
    assert seen[-1] != '{"method":"lost"}'
    assert ("ConnectionResetError" in end) is reset


def test_a_frame_that_is_cut_in_the_middle_is_never_seen() -> None:
    def play(sandbox: Sandbox, talk: Talk) -> None:
        sandbox.faults.truncate()
        sandbox.push(None, MARK)
        talk.over()

    seen, end = same(play)["seen"]
    assert "mark" not in seen[-1]
    assert "1006" in end


def test_what_stands_still_comes_in_order_when_it_goes_on() -> None:
    def play(sandbox: Sandbox, talk: Talk) -> list[bool]:
        sandbox.faults.stall(0.05)
        asked = talk.ask("signalwire.ping", {"payload": 7})
        sandbox.push(None, MARK)
        turns()
        still = [talk.has('"mark"')(), talk.has(asked)()]
        talk.ping()
        return still

    assert same(play)["said"] == [False, False]


def test_a_half_open_connection_is_silent_until_it_is_cut() -> None:
    def play(sandbox: Sandbox, talk: Talk) -> int:
        sandbox.faults.half_open()
        talk.ask("signalwire.ping", {})
        sandbox.push(None, MARK)
        turns()
        seen = len(talk.seen)
        sandbox.cut()
        talk.over()
        return seen

    assert same(play)["said"] == 2


def test_a_session_that_is_forgotten_is_not_resumed() -> None:
    def play(sandbox: Sandbox, talk: Talk) -> list[str | bytes]:
        sandbox.faults.forget()
        talk.over()
        return sandbox.ended_sessions()[-1].end_reason or ""

    assert same(play)["said"] == "forgotten"


@pytest.mark.parametrize("restart", [None, False, True])
def test_an_announced_end_is_answered_and_followed_by_a_close_frame(restart: bool | None) -> None:
    def play(sandbox: Sandbox, talk: Talk) -> None:
        sandbox.disconnect(restart=restart)
        until(talk.has("signalwire.disconnect"), "the announcement")
        identity = sandbox.session().peer._farewell
        talk.send({"id": identity, "result": {}})
        talk.over()

    seen, end = same(play)["seen"]
    assert "signalwire.disconnect" in seen[-1]
    assert "1000" in end


def test_an_announced_end_that_nobody_answers_comes_all_the_same() -> None:
    def play(sandbox: Sandbox, talk: Talk) -> None:
        sandbox.disconnect()
        talk.over()

    assert "1000" in same(play)["seen"][1]


@pytest.mark.parametrize("memory", [True, False])
def test_a_restart_ends_the_connection_and_keeps_the_session_with_a_memory(memory: bool) -> None:
    def play(way: Way) -> Play:
        def again(sandbox: Sandbox, talk: Talk) -> Any:
            protocol = sandbox.session().protocol
            sandbox.restart(memory=memory)
            talk.over()
            back = Talk(way, sandbox, protocol)
            back.ping()
            back.hang_up()
            return back.result(), sandbox.session().protocol == protocol

        return again

    over_socket, in_memory = played("socket", play("socket")), played("memory", play("memory"))
    assert in_memory == over_socket
    assert in_memory["said"][1] is memory


ARMS = {
    "cut before": {"cut": "before"},
    "cut during": {"cut": "during"},
    "cut after": {"cut": "after"},
    "reset before": {"cut": "before", "reset": True},
    "reset after": {"cut": "after", "reset": True},
    "truncate": {"truncate": True},
    "withhold": {"withhold": True},
    "withhold events": {"withhold_events": True},
    "duplicate": {"duplicate": True},
    "delay": {"delay": 0.02},
    "events first": {"events_first": True},
    "error": {"error": {"code": -32603, "message": "no"}},
    "patch": {"patch": {"code": 200}},
}


@pytest.mark.parametrize("arm", ARMS, ids=str)
def test_an_armed_request_is_answered_the_same(arm: str) -> None:
    def play(sandbox: Sandbox, talk: Talk) -> str:
        run = sandbox.place(Caller("+15550100001").dials("office").waits_for_hangup())
        until(talk.has("calling.call.receive"), "the offer")
        address = {"node_id": sandbox.exchange.ground.node_id, "call_id": run.call_id}
        sandbox.arm("calling.answer", **ARMS[arm])
        talk.ask("calling.answer", address)
        turns()
        if not talk.end and "cut" not in ARMS[arm]:
            talk.ping()
        if "delay" in ARMS[arm]:
            until(talk.has('"answered"'), "the event that was late")
        elif {"cut", "truncate"} & ARMS[arm].keys():
            talk.over()
        return str(run.status)

    same(play)


EVENT_ARMS = {
    "withhold": {"withhold": True},
    "duplicate": {"duplicate": True},
    "again": {"again": True},
    "truncate": {"truncate": True},
    "cut before": {"cut": "before"},
    "cut after": {"cut": "after"},
    "reset before": {"cut": "before", "reset": True},
}


@pytest.mark.parametrize("arm", EVENT_ARMS, ids=str)
def test_an_armed_event_comes_the_same(arm: str) -> None:
    def play(sandbox: Sandbox, talk: Talk) -> None:
        sandbox.arm_event("calling.call.receive", **EVENT_ARMS[arm])
        sandbox.place(Caller("+15550100001").dials("office").waits_for_hangup())
        if {"cut", "truncate"} & EVENT_ARMS[arm].keys():
            talk.over()
        else:
            talk.ping()

    same(play)


DISTURBED = {
    "delay": {"delay": 0.02},
    "duplicate": {"duplicate": 1.0},
    "reorder": {"reorder": 1.0},
    "lose": {"lose": 1.0},
    "slow reader": {"slow_reader": 0.01},
    "by chance": {"duplicate": 0.5, "reorder": 0.3, "lose": 0.2},
}


@pytest.mark.parametrize("how", DISTURBED, ids=str)
def test_a_disturbed_way_disturbs_the_same_frames(how: str) -> None:
    def play(sandbox: Sandbox, talk: Talk) -> None:
        sandbox.faults.disturb(**DISTURBED[how])
        for number in range(20):
            sandbox.push(None, {"number": number})
        sandbox.faults.calm()
        talk.ping()
        until(lambda: not sandbox.session().peer.link._late)
        talk.ping()

    same(play, seed=3)


def test_a_message_that_is_too_long_for_the_server_ends_it_with_1009() -> None:
    def play(_sandbox: Sandbox, talk: Talk) -> None:
        talk.ask("signalwire.ping", {"payload": "x" * 5000})
        talk.over()

    assert "1009" in same(play, frame_limit=4096)["seen"][1]


def test_a_client_that_answers_no_ping_is_cut() -> None:
    def play(_sandbox: Sandbox, talk: Talk) -> None:
        talk.over()

    assert "1006" in same(play, ping_interval=0.05, ping_timeout=0.02)["seen"][1]  # before a second ping


def test_a_sandbox_that_stops_ends_it() -> None:
    def play(sandbox: Sandbox, talk: Talk) -> None:
        sandbox.stop()
        talk.over()
        sandbox.start()

    assert "1006" in same(play)["seen"][1]


@pytest.mark.parametrize("way", ["socket", "memory"])
def test_a_server_that_does_not_read_fills_the_clients_buffer(way: Way) -> None:
    with by(way) as sandbox:
        talk = Talk(way, sandbox, write_limit=2**20)
        sandbox.faults.stall(30.0)
        fills = "x" * 2**16
        with pytest.raises(websocket.WriteBufferFull):
            for _ in range(1024):
                talk.ask("signalwire.ping", {"payload": fills})
                turns(10)
        talk.socket.abort()
        talk.over()

import json

import msgspec
import pytest
from benchmarks.load.switchboard import AUTHORIZATION_STATE, PROTOCOL, Incoming, Switchboard, Workload


class Recorder(Workload):
    def __init__(self):
        self.told = []

    def answered(self, delay):
        self.told.append("answered")

    def ended(self, call):
        self.told.append(("ended", call.id))


class Wire:
    """A client that sends frames by hand and reads what the switchboard writes."""

    def __init__(self):
        self.board = Switchboard()
        self.board.workload = self.recorder = Recorder()
        self.board.link = self
        self._written = b""

    def write(self, data):
        self._written += data

    def cut(self):
        raise AssertionError("nobody cuts this line")

    def send(self, **frame):
        self.board.receive(msgspec.convert(frame, Incoming))

    def request(self, method, **params):
        self.send(id="r1", method=method, params=params)
        return self.read()

    def read(self):
        """Return the frames written since the last time."""
        self.board.flush()
        found, data, self._written = [], self._written, b""
        while data:
            start, size = (4, int.from_bytes(data[2:4], "big")) if data[1] == 126 else (2, data[1])
            found.append(json.loads(data[start : start + size]))
            data = data[start + size :]
        return found

    def offered(self):
        call = self.board.offer()
        self.read()
        return call


@pytest.fixture
def wire():
    return Wire()


def kinds(frames):
    """Name each frame by what it is: `reply`, or the event's type and state."""
    names = []
    for frame in frames:
        body = frame.get("params", {}).get("params", {})
        state = body.get("call_state") or body.get("state") or ""
        names.append(f"{frame['params']['event_type']} {state}".strip() if body else "reply")
    return names


def test_an_answer_gets_a_reply_and_then_the_answered_event(wire):
    call = wire.offered()
    assert kinds(wire.request("calling.answer", call_id=call.id.decode())) == ["reply", "calling.call.state answered"]
    assert wire.recorder.told == ["answered"]


def test_a_prompt_begins_and_finishes_at_once(wire):
    call = wire.offered()
    frames = wire.request("calling.play", call_id=call.id.decode(), control_id="k9")
    assert kinds(frames) == ["reply", "calling.call.play playing", "calling.call.play finished"]
    assert {frame["params"]["params"]["control_id"] for frame in frames[1:]} == {"k9"}


def test_a_parked_prompt_does_not_finish(wire):
    wire.recorder.parks_calls = True
    call = wire.offered()
    frames = wire.request("calling.play", call_id=call.id.decode(), control_id="k9")
    assert kinds(frames) == ["reply", "calling.call.play playing"]
    assert call.parked


def test_a_call_counts_as_ended_when_the_client_has_acked_that(wire):
    call = wire.offered()
    frames = wire.request("calling.end", call_id=call.id.decode())
    assert kinds(frames) == ["reply", "calling.call.state ending", "calling.call.state ended"]
    wire.send(id=frames[1]["id"])
    assert wire.recorder.told == []
    wire.send(id=frames[2]["id"])
    assert wire.recorder.told == [("ended", call.id)]


def test_an_event_is_acked_once_and_a_second_ack_is_counted_as_a_stray(wire):
    wire.board.offer()
    (offer,) = wire.read()
    wire.send(id=offer["id"])
    wire.send(id=offer["id"])
    wire.send(id="not one of ours")
    assert (wire.board.acks, wire.board.strays.total()) == (1, 2)
    assert not wire.board.unacked


def test_a_command_for_a_call_that_is_over_gets_404_and_is_counted_as_a_stray(wire):
    call = wire.offered()
    wire.request("calling.end", call_id=call.id.decode())
    (reply,) = wire.request("calling.end", call_id=call.id.decode())
    assert reply["result"]["code"] == "404"
    assert wire.board.strays == {"calling.end for a call that is over or unknown": 1}


def test_an_unknown_method_gets_an_error(wire):
    (reply,) = wire.request("calling.sing")
    assert reply["error"]["code"] == -32601


def test_a_first_login_is_a_new_session_and_brings_its_credential(wire):
    reply, event = wire.request("signalwire.connect")
    assert reply["result"]["session_restored"] is False
    assert event["params"]["params"]["authorization_state"] == AUTHORIZATION_STATE.decode()


def test_a_login_with_the_sessions_credential_restores_it(wire):
    wire.request("signalwire.connect")
    session = {"protocol": PROTOCOL.decode(), "authorization_state": AUTHORIZATION_STATE.decode()}
    (reply,) = wire.request("signalwire.connect", **session)
    assert reply["result"]["session_restored"] is True
    assert wire.board.restored


def test_a_login_with_another_credential_does_not_restore_the_session(wire):
    wire.request("signalwire.connect")
    reply, _ = wire.request("signalwire.connect", protocol=PROTOCOL.decode(), authorization_state="wrong")
    assert reply["result"]["session_restored"] is False


def test_what_is_queued_without_a_client_is_dropped(wire):
    wire.board.link = None
    wire.board.offer()
    wire.board.flush()
    wire.board.link = wire
    assert wire.read() == []
